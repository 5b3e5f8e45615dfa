/* Was it an intrusion at all? People debug, install and restart in pods; what their work
 * explains is told, but not as an attack. */
#include "analyze/kube/incident/incident.h"

/* One may be an image's own habit. Where nothing tells whether somebody entered, it takes
 * more than a tool that was installed and started. */
#define UNEXPLAINED_KINDS 2
#define UNCOVERED_KINDS   3

/* The session of a person in the pod that the sensors' first sign is the other side of.
 */
static const struct request *entering(const struct incident *in)
{
    const struct scope *s = in->scope;
    const struct alert *a = in->first_alert;
    const struct mark *p = in->first_process;
    if (!a && !p)
        return NULL;
    instant seen = a ? incident_place(in, EVENT_RUNTIME_ALERT, &a->span, a->time)
                     : incident_place(in, EVENT_RUNTIME_EVENT, &p->span, p->time);
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !request_enters_pod(r) || !request_succeeded(r) ||
            !is_person(r->user) || r->as.n || !scope_is_pod(s, r->namespace, r->name) ||
            scope_holds(s, r))
            continue;
        if (incident_opens_at(in, r, seen))
            return r;
    }
    return NULL;
}

static bool is_one_of(const struct finding *f, const char *const *kinds)
{
    while (*kinds && strcmp(f->kind->id, *kinds) != 0)
        kinds++;
    return *kinds != NULL;
}

/* What somebody at a shell does who installs a tool and starts it. */
static const char *const of_session[] = {"runtime_new_binary",
                                         "runtime_shell_then_new_binary", NULL};

/* A line of a server's log shows what was sent to it, not that it worked: every server
 * on the Internet has such lines. */
static const char *const only_sent[] = {"log_jndi", "log_reverse_shell", NULL};

/* A rule about the API is about the whole cluster: where the pod is known, what others
 * did elsewhere says nothing of it, and what came from it is asked of
 * has_attackers_request().
 */
static bool is_elsewhere(const struct incident *in, const struct finding *f)
{
    return in->scope->pod.how && strncmp(f->kind->id, "audit_", 6) == 0;
}

static bool has_grave_finding(const struct incident *in)
{
    const struct findings *all = in->scope->analysis->findings;
    for (size_t i = 0; i < all->n; i++) {
        const struct finding *f = all->v[i];
        if (f->severity == SEVERITY_CRITICAL && !f->not_decidable &&
            !is_elsewhere(in, f) && !is_one_of(f, only_sent) &&
            !(in->entered && is_one_of(f, of_session)))
            return true;
    }
    return false;
}

static bool has_attackers_request(const struct incident *in)
{
    const struct scope *s = in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && is_attackers(in, r) &&
            (telling(r) || scope_holds(s, r)->from.n))
            return true;
    }
    return false;
}

/* Kinds of grave things that a sensor saw in the pod. Where the log of the API server
 * covers the moment and shows nobody who entered it, no session explains them. */
static bool is_unexplained(const struct incident *in)
{
    const struct scope *s = in->scope;
    const struct findings *all = s->analysis->findings;
    struct intern *kinds = intern_new();
    struct text pod = {0};
    name_object(&pod, s->pod.namespace, s->pod.name);
    bool covered = s->audit_first != INSTANT_NONE && in->first_placed >= s->audit_first &&
                   in->first_placed <= s->audit_last;
    for (size_t i = 0; i < all->n && !in->entered; i++) {
        const struct finding *f = all->v[i];
        struct bytes id = bytes_str(f->kind->id);
        bool of_sensor =
            bytes_starts(id, BYTES("runtime_")) || bytes_starts(id, BYTES("tetragon_")) ||
            bytes_starts(id, BYTES("tracee_")) || bytes_starts(id, BYTES("kubearmor_")) ||
            bytes_starts(id, BYTES("guardduty_"));
        if (of_sensor && f->severity >= SEVERITY_HIGH && !f->not_decidable &&
            bytes_eq(f->subject, text_bytes(&pod)))
            intern_put(kinds, id);
    }
    bool several = intern_count(kinds) >= (covered ? UNEXPLAINED_KINDS : UNCOVERED_KINDS);
    intern_free(kinds);
    text_release(&pod);
    return several;
}

void incident_doubt(struct incident *in)
{
    in->entered = entering(in);
    bool injected = in->first_line && in->first_alert && !in->entered;
    in->shown =
        in->first_sign != INSTANT_NONE && (injected || has_attackers_request(in) ||
                                           has_grave_finding(in) || is_unexplained(in));
}
