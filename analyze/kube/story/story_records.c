/* Facts from records: requests, alerts, log lines, acts against the incident. */
#include "analyze/kube/incident/injection.h"
#include "analyze/kube/story/story.h"
#include "analyze/kube/tactics.h"

/* A session in the pod belongs to the first sign when it began this shortly before it. */
#define LEADS_IN (10 * 60 * NANOSECONDS)

static struct bytes kept(const struct story *y, struct text *t)
{
    struct bytes copy = arena_copy(&y->in->scope->arena, text_bytes(t));
    text_release(t);
    return copy;
}

/* -- requests ----------------------------------------------------------------------- */

/* What guards or tells of the cluster, rather than what it is for. */
static bool is_guard(const struct request *r)
{
    return bytes_is(r->resource, "events") || request_of_policy(r) ||
           bytes_ends(r->resource, BYTES("webhookconfigurations"));
}

static const char *phase_of(const struct request *r)
{
    bool deletes = bytes_starts(r->verb, BYTES("delete"));
    if (bytes_contains(r->resource, BYTES("reviews")))
        return "discovery";
    if (bytes_is(r->resource, "secrets"))
        return "credential access";
    if (bytes_is(r->resource, "serviceaccounts"))
        return r->subresource.n ? "credential access" : "persistence";
    if (bytes_contains(r->resource, BYTES("role")))
        return request_writes(r) ? "privilege escalation" : "discovery";
    if (request_enters(r))
        return "lateral movement";
    if (is_guard(r) && request_writes(r))
        return "defense evasion";
    if (deletes || request_scales_to_nothing(r))
        return "impact";
    return request_writes(r) ? "execution" : "discovery";
}

/* A workload that asks for the pods of others is looking for a way on, also where there
 * is none of that name. */
static bool looks_around(const struct scope *s, const struct request *r)
{
    return bytes_is(r->resource, "pods") && !r->subresource.n && !request_writes(r) &&
           !bytes_eq(r->namespace, s->pod.namespace);
}

/* A component's and a client's bookkeeping. */
static bool is_bookkeeping(const struct request *r)
{
    static const char *const resources[] = {"leases", "endpoints", "endpointslices"};
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (bytes_is(r->resource, resources[i]))
            return true;
    return bytes_is(r->subresource, "status") ||
           (bytes_is(r->resource, "events") && !bytes_starts(r->verb, BYTES("delete")));
}

/* Whatever the attacker wrote that the account had not written before. */
static bool writes_anew(const struct incident *in, const struct request *r)
{
    return request_writes(r) && request_succeeded(r) && !is_bookkeeping(r) &&
           !journal_is_habit(in->scope, r, in->first_sign);
}

static bool enters_pod(const struct scope *s, const struct request *r)
{
    return bytes_is(r->resource, "pods") && request_enters(r) &&
           scope_is_pod(s, r->namespace, r->name);
}

/* Of a session in the pod: the address and the client, as the log has them. */
static void where_from(struct text *t, const struct request *r)
{
    text_str(t, r->source.n ? ", from " : "");
    text_add(t, r->source);
    text_str(t, r->agent.n ? " with " : "");
    text_add(t, bytes_sub(r->agent, 0, bytes_find_byte(r->agent, ' ')));
}

/* Who acted, and with whose name: the two are different people. */
static void who_of(struct text *t, const struct request *r)
{
    story_who(t, r->user.n ? r->user : r->as);
    story_known_as(t, r);
    if (!r->as.n || !r->user.n)
        return;
    text_str(t, " as ");
    text_add(t, r->as);
}

static struct fact fact_of(const struct story *y, const struct request *r)
{
    struct text who = {0}, what = {0};
    who_of(&who, r);
    story_what(&what, r);
    if (enters_pod(y->in->scope, r))
        where_from(&what, r);
    if (r->ordered) {
        text_str(&what, ", as ");
        who_of(&what, r->caused);
        text_str(&what, " had ordered: ");
        story_what(&what, r->caused);
    }
    struct fact f = {.time = r->time,
                     .kind = EVENT_API_REQUEST,
                     .precision = r->precision,
                     .phase = phase_of(r),
                     .lead = kept(y, &who),
                     .sentence = kept(y, &what),
                     .confidence = CONFIDENCE_HIGH};
    for (size_t k = 0; k < r->span_count; k++)
        fact_span(&f, r->spans[k]);
    return f;
}

static void add_requests(struct story *y)
{
    const struct scope *s = y->in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && (telling(r) || looks_around(s, r) || writes_anew(y->in, r)) &&
            is_attackers(y->in, r))
            story_add(y, fact_of(y, r));
    }
}

/* Somebody whom nothing else shows to be the attacker was in the pod shortly before the
 * first sign; what an account does there every day leads to nothing. */
static bool leads_in(const struct incident *in, const struct request *r)
{
    const struct scope *s = in->scope;
    if (r->folded || !enters_pod(s, r) || !request_succeeded(r) || is_attackers(in, r) ||
        is_control_plane(request_as(r)))
        return false;
    instant asked = incident_place(in, EVENT_API_REQUEST, &r->spans[0], r->time);
    return r == in->entered || (asked <= in->first_placed &&
                                asked >= instant_after(in->first_placed, -LEADS_IN) &&
                                !journal_is_habit(s, r, r->time));
}

static void add_sessions(struct story *y)
{
    const struct scope *s = y->in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!leads_in(y->in, r))
            continue;
        struct fact f = fact_of(y, r);
        f.phase = "initial access";
        /* An injection that the container logged is another way in. */
        f.leads_in = r == y->in->entered || !y->in->first_line;
        fact_against(&f, "Somebody's own work in the pod begins in the same way.");
        story_add(y, f);
    }
}

static void add_login(struct story *y)
{
    const struct incident *in = y->in;
    struct text t = {0}, who = {0};
    if (!in->login)
        return;
    story_who(&who, in->guessed->subject);
    text_str(&t, "logged in with a password that was found by trying, from ");
    text_add(&t, in->login->source);
    struct fact f = {.time = in->login->time,
                     .kind = EVENT_API_REQUEST,
                     .precision = in->login->precision,
                     .phase = "initial access",
                     .lead = kept(y, &who),
                     .sentence = kept(y, &t),
                     .confidence = CONFIDENCE_MEDIUM};
    fact_span(&f, in->login->spans[0]);
    story_add(y, f);
}

/* -- alerts and log lines ----------------------------------------------------------- */

static bool is_before(const struct incident *in, enum event_kind kind,
                      const struct span *span, instant time)
{
    return incident_place(in, kind, span, time) < in->first_placed;
}

static void add_alerts(struct story *y)
{
    struct scope *s = y->in->scope;
    for (size_t i = 0; i < s->alerts.n; i++) {
        const struct alert *a = s->alerts.v[i];
        struct text t = {0};
        if (!a->in_scope || a->drop_notice ||
            is_before(y->in, EVENT_RUNTIME_ALERT, &a->span, a->time))
            continue;
        text_byte(&t, '"');
        text_add(&t, a->rule);
        text_byte(&t, '"');
        struct bytes detail = a->command.n ? a->command : a->process;
        text_str(&t, detail.n ? ": " : "");
        text_add(&t, detail);
        if (a->file.n && !bytes_contains(detail, a->file)) {
            text_str(&t, " on ");
            text_add(&t, a->file);
        }
        struct fact f = {.time = a->time,
                         .kind = EVENT_RUNTIME_ALERT,
                         .precision = a->precision,
                         .phase = tactic_of_tags(a->tags),
                         .lead = BYTES("The sensor on the node reported"),
                         .sentence = kept(y, &t),
                         .confidence = CONFIDENCE_MEDIUM};
        fact_span(&f, a->span);
        story_add(y, f);
    }
}

/* By what it looks like: not every attack is a command. */
static struct bytes logged(const struct story *y, struct bytes line)
{
    const char *what = injection_in(line);
    struct text t = {0};
    text_str(&t, "The container logged ");
    if (!what)
        text_str(&t, "what a rule calls grave:");
    else if (strcmp(what, INJECTION_COMMAND) == 0)
        text_str(&t, "a request with a command in it:");
    else
        text_printf(&t, "what looks like an attack (%s):", what);
    return kept(y, &t);
}

static void add_lines(struct story *y)
{
    struct scope *s = y->in->scope;
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        struct text t = {0};
        if (m->kind != EVENT_LOG_LINE || is_before(y->in, m->kind, &m->span, m->time))
            continue;
        text_add(&t, m->message);
        struct fact f = {.time = m->time,
                         .kind = EVENT_LOG_LINE,
                         .precision = m->precision,
                         .phase =
                             injection_in(m->message) ? "initial access" : "execution",
                         .lead = logged(y, m->message),
                         .sentence = kept(y, &t),
                         .confidence = CONFIDENCE_MEDIUM};
        fact_span(&f, m->span);
        fact_against(&f, "The line shows what was asked for, not that it was run.");
        story_add(y, f);
    }
}

/* -- the response ------------------------------------------------------------------- */

static void cordoning(struct text *t, const struct act *a)
{
    text_str(t, a->kind == ACT_CORDON ? "cordoned node " : "allowed new pods on node ");
    name_target(t, a->request);
    story_outcome(t, a->request);
}

static void response(struct text *t, const struct act *a)
{
    if (!a->request && a->kind == ACT_REVOKE) {
        story_cloud(t, a->mark);
        return;
    }
    if (!a->request) {
        text_str(t, "all processes of the container were frozen and dumped");
        return;
    }
    if (a->kind == ACT_CORDON || a->kind == ACT_UNCORDON) {
        cordoning(t, a);
        return;
    }
    story_what(t, a->request);
    if (a->kind == ACT_LABEL)
        text_str(t, " (its labels)");
    if (a->kind == ACT_CHECKPOINT)
        text_str(t, ", to make a checkpoint");
}

static void add_response(struct story *y)
{
    for (size_t i = 0; i < y->in->acts.n; i++) {
        const struct act *a = y->in->acts.v[i];
        struct text t = {0};
        if (a->kind == ACT_OTHER || (a->request && !request_writes(a->request)))
            continue;
        struct text who = {0};
        response(&t, a);
        if (a->request || a->kind == ACT_REVOKE)
            story_who(&who, a->by);
        else
            text_str(&who, "A checkpoint was made:");
        story_known_as(&who, a->request);
        struct fact f = {.time = a->time,
                         .kind = a->request ? EVENT_API_REQUEST : a->mark->kind,
                         .precision = a->precision,
                         .phase = "response",
                         .lead = kept(y, &who),
                         .sentence = kept(y, &t),
                         .confidence = CONFIDENCE_HIGH};
        fact_span(&f, a->span);
        for (size_t k = 1; a->request && k < a->request->span_count; k++)
            fact_span(&f, a->request->spans[k]);
        story_add(y, f);
    }
}

void story_add_records(struct story *y)
{
    add_lines(y);
    add_alerts(y);
    story_add_processes(y);
    story_add_cloud(y);
    add_requests(y);
    add_sessions(y);
    add_login(y);
    add_response(y);
}
