/* What responders do themselves and rules call grave: the kubelet is asked for a
 * checkpoint of the pod, a policy is deleted that the attacker or they had made, a debug
 * pod is put onto the node. It is told, at its place in the order of containment, and not
 * as an attack.
 *
 * Nothing is excused by what somebody calls himself: a responder is a person, not the
 * attacker as far as the evidence shows, who held the incident back from the same
 * address; and only those acts are, on what is the incident's. */
#include "analyze/kube/incident/incident.h"
#include "analyze/kube/places.h"

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

/* Who made the policy, the last before it was deleted; not who only changed it: what
 * stood there before may be missed. NULL: the log does not show it. */
static const struct request *maker_of_policy(const struct incident *in,
                                             const struct request *r)
{
    struct history made = incident_history(in, r->namespace, r->name, INSTANT_NONE);
    const struct request *maker = NULL;
    if (!bytes_is(r->verb, "delete") || !r->name.n || r->subresource.n)
        return NULL;
    for (size_t i = 0; i < made.n && made.v[i]->time < r->time; i++) {
        const struct request *w = made.v[i];
        if (bytes_eq(w->resource, r->resource) && bytes_eq(w->group, r->group) &&
            bytes_is(w->verb, "create"))
            maker = w;
    }
    return maker;
}

static bool pod_ended(const struct incident *in, instant until)
{
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        if (a->ends && a->own && a->time <= until)
            return true;
    }
    return false;
}

/* Made and deleted by the same person from the same place. */
static bool is_own(const struct request *maker, const struct request *r)
{
    return maker && is_person(r->user) && !r->as.n && bytes_eq(maker->user, r->user) &&
           bytes_eq(maker->source, r->source);
}

/* While the pod lives, the end of what held it back is the end of the containment. */
static bool opens_pod(struct incident *in, const struct request *r)
{
    const char *before = isolation_gap(in, instant_after(r->time, -1)),
               *after = isolation_gap(in, instant_after(r->end, 1));
    return in->shown && !pod_ended(in, r->time) && after &&
           (!before || strcmp(before, after) != 0);
}

static const char *takes_back_policy(struct incident *in, const struct request *r)
{
    const struct request *maker = maker_of_policy(in, r);
    if (maker && is_attackers(in, maker))
        return "the attacker had made it; it was deleted by somebody who holds the "
               "incident back";
    if (!is_own(maker, r) || maker->time < in->first_placed || opens_pod(in, r))
        return NULL;
    return !in->shown ? "whoever had made it, when something was seen, deleted it: "
                        "nothing in the evidence shows an intrusion"
           : pod_ended(in, r->time)
               ? "whoever had made it against the incident deleted it, "
                 "after the pod was ended"
               : "whoever had made it against the incident deleted it; "
                 "the pod is as isolated, or as open, as before";
}

/* A debug pod of kubectl on the node of the pod, or on one that the attacker reached. */
static bool is_incidents_node(const struct scope *s, struct bytes node)
{
    struct text user = {0};
    text_str(&user, "system:node:");
    text_add(&user, node);
    bool reached = scope_reached(s, text_bytes(&user), true) != NULL;
    text_release(&user);
    return node.n && (reached || bytes_eq(node, s->pod.node));
}

bool request_debugs_node(const struct scope *s, const struct request *r)
{
    const json_t *body = r->response ? r->response : r->request;
    return request_is(r, "pods", "") && bytes_is(r->verb, "create") &&
           bytes_starts(r->name, BYTES("node-debugger-")) &&
           is_incidents_node(s, tree_string(body, "spec/nodeName"));
}

/* -- the findings -------------------------------------------------------------------- */

/* Every place of the finding is one of the request's, whose record may stand in several
 * files. */
static bool is_only_of(const struct finding *f, const struct request *r)
{
    size_t told = 0;
    for (size_t k = 0; k < f->span_count; k++)
        for (size_t i = 0; i < r->span_count; i++)
            told += f->spans[k].item == r->spans[i].item &&
                    f->spans[k].offset == r->spans[i].offset;
    return !f->more_spans && told && told >= f->span_count;
}

/* A finding of several requests is left as it is: one of them may be another's. */
static void excuse(struct incident *in, const struct request *r, const char *rule,
                   const char *why)
{
    const struct findings *all = in->scope->analysis->findings;
    for (size_t i = 0; i < all->n; i++) {
        struct finding *f = all->v[i];
        if (strcmp(f->kind->id, rule) != 0 || !is_only_of(f, r))
            continue;
        f->severity = SEVERITY_INFO;
        finding_argument(f, "response", bytes_str(why));
    }
}

static void excuse_act(struct incident *in, struct act *a)
{
    const struct request *r = a->request;
    bool captured = a->kind == ACT_CHECKPOINT;
    const char *why = captured ? captures(in, r) : takes_back_policy(in, r);
    const struct request *maker = captured ? NULL : maker_of_policy(in, r);
    if (!captured && is_own(maker, r) && opens_pod(in, r))
        a->note =
            "whoever had made it deleted it, and the pod, which lives, is open again";
    if (!why)
        return;
    if (!captured)
        a->note = is_attackers(in, maker) ? "the attacker had made it"
                                          : "by whoever had made it";
    excuse(in, r, captured ? "audit_node_proxy" : "audit_network_policy_removed", why);
}

/* Of a false alarm no act is told: nobody would know against what. */
static void excuse_without_sign(struct incident *in)
{
    const struct scope *s = in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && bytes_ends(r->resource, BYTES("networkpolicies")) &&
            is_own(maker_of_policy(in, r), r))
            excuse(in, r, "audit_network_policy_removed",
                   "whoever had made it deleted it, and nothing in the evidence shows an "
                   "intrusion");
    }
}

/* -- debug pods ---------------------------------------------------------------------- */

/* The debug pod itself, and the sessions that the same person has in it. */
static bool is_of_debugging(const struct request *pod, const struct request *r)
{
    return r == pod ||
           (bytes_is(r->resource, "pods") && bytes_eq(r->namespace, pod->namespace) &&
            bytes_eq(r->name, pod->name) && bytes_eq(r->user, pod->user) &&
            bytes_eq(r->source, pod->source) && !r->as.n);
}

static struct intern *places_of_debugging(const struct scope *s,
                                          const struct request *pod)
{
    struct intern *places = intern_new();
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        size_t n = is_of_debugging(pod, r) ? r->span_count : 0;
        for (size_t k = 0; k < n; k++)
            places_add(places, &r->spans[k]);
    }
    return places;
}

/* Does every place of the finding belong to those? */
static bool is_of_these(const struct intern *places, const struct finding *f)
{
    for (size_t i = 0; i < f->span_count; i++)
        if (!places_have(places, &f->spans[i]))
            return false;
    return !f->more_spans;
}

static bool is_of_pod(const struct request *pod, const struct intern *places,
                      const struct finding *f)
{
    if (strcmp(f->kind->id, "event_node_shell") == 0)
        return bytes_ends(f->subject, pod->name);
    return bytes_starts(bytes_str(f->kind->id), BYTES("audit_")) &&
           is_of_these(places, f);
}

static void excuse_debugging(struct incident *in, const struct request *pod)
{
    const struct findings *all = in->scope->analysis->findings;
    struct intern *places = places_of_debugging(in->scope, pod);
    for (size_t i = 0; i < all->n; i++) {
        struct finding *f = all->v[i];
        if (f->severity <= SEVERITY_LOW || !is_of_pod(pod, places, f))
            continue;
        f->severity = SEVERITY_LOW;
        finding_argument(f, "response",
                         BYTES("a debug pod on the node, by somebody who holds the "
                               "incident back"));
    }
    intern_free(places);
}

void incident_responders(struct incident *in)
{
    if (in->first_sign == INSTANT_NONE)
        excuse_without_sign(in);
    for (size_t i = 0; i < in->acts.n; i++) {
        struct act *a = in->acts.v[i];
        if (!a->request || !is_responders(in, a->request))
            continue;
        if (a->kind == ACT_CHECKPOINT || a->kind == ACT_POLICY_REMOVED)
            excuse_act(in, a);
        if (a->kind == ACT_DEBUG_NODE)
            excuse_debugging(in, a->request);
    }
}
