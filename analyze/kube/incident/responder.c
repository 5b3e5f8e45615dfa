/* What responders do themselves and rules call grave: the kubelet is asked for a
 * checkpoint of the pod, a policy is deleted that the attacker had made. It is told, at
 * its place in the order of containment, and not as an attack.
 *
 * Nothing is excused by what somebody calls himself: a responder is a person, not the
 * attacker as far as the evidence shows, who held the incident back from the same
 * address; and only those two acts are, on what is the incident's. */
#include "analyze/kube/incident/incident.h"

/* -- who ----------------------------------------------------------------------------- */

/* Did the same person from the same address hold something back, with success? What only
 * looks (a log, a checkpoint) or opens is not enough. */
static bool acted_against(const struct incident *in, const struct request *r)
{
    static const enum act_kind against[] = {ACT_LABEL,  ACT_POLICY, ACT_CORDON,
                                            ACT_EVICT,  ACT_SCALE,  ACT_DELETE_POD,
                                            ACT_REVOKE, ACT_ROTATE};
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        bool kind = false;
        for (size_t k = 0; k < sizeof against / sizeof *against; k++)
            kind |= a->kind == against[k];
        if (kind && a->effective && a->request && bytes_eq(a->by, r->user) &&
            bytes_eq(a->request->source, r->source))
            return true;
    }
    return false;
}

static bool is_responders(const struct incident *in, const struct request *r)
{
    return in->first_sign != INSTANT_NONE && r->time >= in->first_placed && !r->as.n &&
           is_person(r->user) && !scope_holds(in->scope, r) && acted_against(in, r);
}

/* -- what ---------------------------------------------------------------------------- */

/* "pods shop/web-0" that the attacker made or changed. */
static bool is_reached(const struct scope *s, const char *resource,
                       struct bytes namespace, struct bytes name)
{
    struct text t = {0};
    text_printf(&t, "%s ", resource);
    name_object(&t, namespace, name);
    bool reached = scope_reached(s, text_bytes(&t), false) != NULL;
    text_release(&t);
    return reached;
}

static const char *captures(const struct incident *in, const struct request *r)
{
    struct bytes namespace, pod;
    if (!request_checkpoints(r, &namespace, &pod) ||
        !(scope_is_pod(in->scope, namespace, pod) ||
          is_reached(in->scope, "pods", namespace, pod)))
        return NULL;
    return "a checkpoint of the pod, asked for by somebody who holds the incident back";
}

/* Made by the attacker, not only changed: what stood there before may be missed. */
static const char *takes_back_policy(const struct incident *in, const struct request *r)
{
    struct history made = incident_history(in, r->namespace, r->name, INSTANT_NONE);
    bool attackers = false;
    if (!bytes_is(r->verb, "delete") || !r->name.n || r->subresource.n)
        return NULL;
    for (size_t i = 0; i < made.n && made.v[i]->time < r->time; i++) {
        const struct request *w = made.v[i];
        if (bytes_eq(w->resource, r->resource) && bytes_eq(w->group, r->group) &&
            bytes_is(w->verb, "create"))
            attackers = is_attackers(in, w);
    }
    return attackers ? "the attacker had made it; it was deleted by somebody who holds "
                       "the incident back"
                     : NULL;
}

/* -- the findings -------------------------------------------------------------------- */

static bool is_told_of(const struct finding *f, const struct request *r)
{
    for (size_t i = 0; i < r->span_count; i++)
        if (f->spans[0].item == r->spans[i].item &&
            f->spans[0].offset == r->spans[i].offset)
            return true;
    return false;
}

/* A finding of several requests is left as it is: one of them may be another's. */
static void excuse(struct incident *in, const struct request *r, const char *rule,
                   const char *why)
{
    const struct findings *all = in->scope->analysis->findings;
    for (size_t i = 0; i < all->n; i++) {
        struct finding *f = all->v[i];
        if (strcmp(f->kind->id, rule) != 0 || f->span_count != 1 || !is_told_of(f, r))
            continue;
        f->severity = SEVERITY_INFO;
        finding_argument(f, "response", bytes_str(why));
    }
}

void incident_responders(struct incident *in)
{
    for (size_t i = 0; i < in->acts.n; i++) {
        struct act *a = in->acts.v[i];
        const struct request *r = a->request;
        bool captured = a->kind == ACT_CHECKPOINT,
             removed = a->kind == ACT_POLICY_REMOVED;
        if (!r || !(captured || removed) || !is_responders(in, r))
            continue;
        const char *why = captured ? captures(in, r) : takes_back_policy(in, r);
        if (!why)
            continue;
        if (removed)
            a->note = "the attacker had made it";
        excuse(in, r, captured ? "audit_node_proxy" : "audit_network_policy_removed",
               why);
    }
}
