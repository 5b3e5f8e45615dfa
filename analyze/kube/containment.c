/* The containment document: what was done, what it really blocks, what came after, and
 * whether evidence was kept before it was destroyed. */
#include <stdlib.h>

#include "analyze/kube/claims/claim_words.h"
#include "analyze/kube/network/network.h"
#include "analyze/kube/objects/podspec.h"

/* -- acts --------------------------------------------------------------------------- */

static void put_detail(json_t *o, const struct scope *s, const struct act *a)
{
    const json_t *body = a->request ? a->request->request : NULL;
    const json_t *labels = tree_get(body, "metadata/labels");
    const json_t *shown = a->kind == ACT_LABEL ? labels : NULL;
    if (a->kind == ACT_LABEL && json_is_array(body))
        shown = body; /* the operations of a JSON patch */
    if (a->kind == ACT_POLICY)
        shown = tree_get(body, "spec");
    if (a->kind == ACT_SCALE)
        shown = tree_get(body, "spec/replicas");
    char *text = shown ? json_dumps(shown, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    put_text(o, "detail", s, bytes_str(text));
    free(text);
}

static json_t *render_act(const struct incident *in, const struct act *a)
{
    const struct scope *s = in->scope;
    json_t *o = a->request ? render_request(s, a->request) : render_mark(s, a->mark);
    json_t *named = json_object();
    put_word(named, "what", act_name(a->kind));
    put_text(named, "by", s, a->by);
    json_object_update(named, o);
    json_decref(o);
    put_detail(named, s, a);
    if (a->note)
        put_word(named, "note", a->note);
    if (a->replaced)
        put_text(named, "replaced_by", s, a->replaced->name);
    return named;
}

static json_t *acts_section(const struct incident *in)
{
    json_t *array = json_array();
    for (size_t i = 0; i < in->acts.n; i++)
        json_array_append_new(array, render_act(in, in->acts.v[i]));
    return array;
}

/* -- order -------------------------------------------------------------------------- */

static const struct act *first_act(const struct incident *in, enum act_kind kind,
                                   bool of_pod)
{
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        bool own = !a->request ||
                   scope_is_pod(in->scope, a->request->namespace, a->request->name);
        if (a->kind == kind && a->effective && (own || !of_pod))
            return a;
    }
    return NULL;
}

static json_t *order_rule(const struct incident *in, const char *rule,
                          const struct act *first, const struct act *second)
{
    json_t *o = json_object();
    struct span spans[2];
    size_t n = 0;
    put_word(o, "rule", rule);
    if (first)
        spans[n++] = first->span;
    if (second)
        spans[n++] = second->span;
    const char *why = first && second ? NULL
                      : first         ? "the second step is not in the evidence"
                      : second        ? "the first step is not in the evidence"
                                      : "neither step is in the evidence";
    json_t *held =
        first && second ? json_boolean(first->time <= second->time) : json_null();
    json_object_set_new(o, "held", held);
    put_word(o, "why", why);
    put_time(o, "first", first ? first->time : INSTANT_NONE, PRECISION_MICROSECOND);
    put_time(o, "second", second ? second->time : INSTANT_NONE, PRECISION_MICROSECOND);
    json_object_set_new(o, "spans", render_spans(in->scope, spans, n));
    return o;
}

/* The policy by which the pod was isolated; where a plugin's own may have done it, the
 * first. */
static const struct act *isolating_act(const struct incident *in)
{
    const struct act *found = NULL;
    if (in->isolated == INSTANT_NONE)
        return incident_other_policies(in) ? first_act(in, ACT_POLICY, false) : NULL;
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        if (a->kind == ACT_POLICY && a->effective && a->time <= in->isolated)
            found = a;
    }
    return found;
}

static const struct act *first_destruction(const struct incident *in)
{
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        if (a->ends && a->own)
            return a;
    }
    return NULL;
}

/* A pod that the attacker made and that was deleted: was it captured? Only its own
 * checkpoint or logs would show what ran in it. */
static bool was_collected(const struct incident *in, const struct act *deletion)
{
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        bool captures = a->kind == ACT_COLLECT || a->kind == ACT_CHECKPOINT;
        if (captures && a->request && a->time <= deletion->time &&
            (bytes_eq(a->request->name, deletion->request->name) ||
             bytes_contains(a->request->uri, deletion->request->name)))
            return true;
    }
    return false;
}

static void tell_destroyed(struct incident *in, json_t *array)
{
    const struct act *checkpoint = first_act(in, ACT_CHECKPOINT, false);
    const struct act *own = first_destruction(in);
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        if (!a->ends || (a->own && a != own)) /* it ends but once */
            continue;
        bool kept =
            a->own ? checkpoint && checkpoint->time <= a->time : was_collected(in, a);
        if (kept)
            continue;
        struct finding f =
            kube_finding_of_request(in->scope, KUBE_DESTROYED_FIRST, a->request);
        f.confidence = CONFIDENCE_MEDIUM;
        if (in->shown) /* else ordinary work explains all: pods come and go */
            kube_found(in->scope, &f);
        json_t *o = order_rule(in, "a pod is captured before it is deleted", NULL, a);
        json_object_set_new(o, "held", json_false());
        json_array_append_new(array, o);
    }
}

/* A pod that the attacker had entered or made, and took away. */
static void tell_destroyed_by_attacker(struct incident *in)
{
    struct scope *s = in->scope;
    for (size_t i = 0; in->shown && i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        const struct act gone = {.request = r, .time = r->time};
        if (r->folded || !is_attackers(in, r) || !request_succeeded(r) ||
            !request_is(r, "pods", "") || !bytes_is(r->verb, "delete") ||
            !scope_reached(s, scope_object_key(s, r), false) || was_collected(in, &gone))
            continue;
        struct finding f = kube_finding_of_request(s, KUBE_DESTROYED_FIRST, r);
        f.confidence = CONFIDENCE_MEDIUM;
        kube_found(s, &f);
    }
}

static json_t *order_section(struct incident *in)
{
    json_t *array = json_array();
    const struct act *label = first_act(in, ACT_LABEL, true);
    const struct act *policy = isolating_act(in);
    const struct act *cordon = first_act(in, ACT_CORDON, false);
    const struct act *checkpoint = first_act(in, ACT_CHECKPOINT, false);
    const struct act *rotation = first_act(in, ACT_ROTATE, false);
    const struct act *destruction = first_destruction(in);
    json_array_append_new(
        array, order_rule(in, "network isolation before capture", policy, checkpoint));
    json_array_append_new(
        array, order_rule(in, "the label that the policy selects", label, policy));
    json_array_append_new(
        array,
        order_rule(in, "the node closed to new pods before capture", cordon, checkpoint));
    json_array_append_new(array, order_rule(in, "capture before the pod is destroyed",
                                            checkpoint, destruction));
    json_array_append_new(
        array,
        order_rule(in, "isolation before credentials are rotated", policy, rotation));
    tell_destroyed(in, array);
    tell_destroyed_by_attacker(in);
    return array;
}

/* -- what stays --------------------------------------------------------------------- */

/* What was made is taken back when it is deleted; what was changed, by another change. */
static bool takes_back(const struct request *r, const struct request *later)
{
    return !bytes_is(r->verb, "create") || bytes_starts(later->verb, BYTES("delete"));
}

static bool deletes_whole(const struct request *r)
{
    return bytes_starts(r->verb, BYTES("delete")) && request_succeeded(r) &&
           r->subresource.n == 0;
}

static bool leaves_something(const struct request *r)
{
    return request_writes(r) && request_succeeded(r) && r->name.n &&
           r->subresource.n == 0 && !bytes_starts(r->verb, BYTES("delete")) &&
           !bytes_contains(r->resource, BYTES("reviews")) &&
           !bytes_is(r->resource, "events");
}

static bool is_denied(const struct request *approval)
{
    const json_t *conditions = tree_get(approval->request, "status/conditions");
    for (size_t i = 0; i < json_array_size(conditions); i++)
        if (bytes_is(tree_string(json_array_get(conditions, i), "type"), "Denied"))
            return true;
    return false;
}

/* A certificate that was signed stays good until its end, whatever becomes of the request
 * for it: an API server knows no revocation. */
static bool outlives_deletion(const struct incident *in, const struct request *r)
{
    bool approved = false;
    if (!bytes_is(r->resource, "certificatesigningrequests"))
        return false;
    struct history h = incident_history(in, r->namespace, r->name, r->time);
    for (size_t i = 0; i < h.n; i++)
        approved |= bytes_eq(h.v[i]->resource, r->resource) &&
                    bytes_is(h.v[i]->subresource, "approval") && !is_denied(h.v[i]);
    return approved;
}

/* What took it back since, and whether the attacker wrote it again: the last write of the
 * attacker to an object stands for all of them. What the attacker deleted is gone too. */
struct since {
    const struct request *undone;
    bool written_again;
};

static bool is_same_kind(const struct request *a, const struct request *b)
{
    return bytes_eq(a->resource, b->resource) ||
           (request_of_namespace(a) && request_of_namespace(b));
}

/* The namespace was deleted since, and with it all that was in it. */
static const struct request *went_with_namespace(const struct incident *in,
                                                 const struct request *r)
{
    if (!r->namespace.n)
        return NULL;
    struct history h = incident_history(in, BYTES_NONE, r->namespace, r->time);
    for (size_t i = 0; i < h.n; i++)
        if (request_of_namespace(h.v[i]) && deletes_whole(h.v[i]))
            return h.v[i];
    return NULL;
}

static struct since since_write(const struct incident *in, const struct request *r)
{
    struct since since = {0};
    struct history h = incident_history(in, r->namespace, r->name, r->time);
    for (size_t i = 0; i < h.n && !since.written_again; i++) {
        const struct request *later = h.v[i];
        bool attackers = is_attackers(in, later);
        if (!is_same_kind(later, r))
            continue;
        if (attackers && leaves_something(later))
            since.written_again = true;
        else if (attackers && !deletes_whole(later))
            continue;
        else if (!since.undone && later->subresource.n == 0 && takes_back(r, later) &&
                 !is_control_plane(later->user) && !is_component_agent(later->agent))
            since.undone = later;
    }
    if (!since.undone)
        since.undone = went_with_namespace(in, r);
    return since;
}

/* What was made runs the attacker's programs, whatever becomes of the pod. */
static bool runs_something(const struct request *r)
{
    static const char *const workloads[] = {"pods",        "deployments",
                                            "daemonsets",  "statefulsets",
                                            "replicasets", "jobs",
                                            "cronjobs",    "deploymentconfigs",
                                            "rollouts",    "replicationcontrollers",
                                            NULL};
    return bytes_is(r->verb, "create") && word_is_one_of(r->resource, workloads);
}

static json_t *remains_section(struct incident *in)
{
    struct scope *s = in->scope;
    json_t *array = json_array();
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !is_attackers(in, r) || !leaves_something(r) ||
            journal_is_habit(s, r, in->first_placed))
            continue;
        struct since since = since_write(in, r);
        const struct request *undone = outlives_deletion(in, r) ? NULL : since.undone;
        if (since.written_again)
            continue;
        json_t *o = render_request(s, r);
        json_object_set_new(o, "reverted", json_boolean(undone != NULL));
        if (undone)
            json_object_set_new(o, "reverted_by", render_request(s, undone));
        json_array_append_new(array, o);
        if (undone)
            continue;
        json_object_set_new(o, "runs", json_boolean(runs_something(r)));
        if (runs_something(r))
            list_add(&in->left_running, s->requests.v[i]);
        struct finding f = kube_finding_of_request(s, KUBE_NOT_REVERTED, r);
        kube_found(s, &f);
    }
    return array;
}

/* -- the document ------------------------------------------------------------------- */

static json_t *limits_section(const struct incident *in)
{
    static const char *const always[] = {
        "Network policies need a network plugin that enforces them; the package cannot "
        "show that one does.",
        "A policy never holds back connections inside the pod (loopback), to and from "
        "its "
        "own node, or replies; connections that stood before may go on.",
        "A pod or node whose address is not in the evidence is taken to have none of a "
        "public block of addresses.",
        "Credentials that left the pod work from anywhere; no policy of the pod stops "
        "them."};
    json_t *array = json_array();
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        json_array_append_new(array, json_string(always[i]));
    if (incident_other_policies(in))
        json_array_append_new(
            array,
            json_string(
                "Policies of kinds that are not computed (Antrea's, say) are in the "
                "evidence: what they block is not told."));
    if (in->scope->connections_left)
        json_array_append_new(
            array, json_sprintf("%llu connections that the network plugin saw are not "
                                "judged: there are too many.",
                                (unsigned long long)in->scope->connections_left));
    if (tree_true(podspec_of(in->scope->manifest), "hostNetwork"))
        json_array_append_new(
            array,
            json_string("The pod is on its node's network: policies do not apply."));
    return array;
}

json_t *containment_document(struct incident *in)
{
    struct scope *s = in->scope;
    json_t *o = json_object();
    struct text t = {0};
    put_word(o, "schema", "exhibit/containment/1");
    name_object(&t, s->pod.namespace, s->pod.name);
    put_text(o, "pod", s, text_bytes(&t));
    text_release(&t);
    json_t *isolation = isolation_section(in);
    incident_acts(in);
    incident_responders(in);
    incident_outlives(in);
    put_time(o, "first_sign", in->first_sign, PRECISION_NANOSECOND);
    put_time(o, "isolated", in->isolated, PRECISION_MICROSECOND);
    put_time(o, "contained", in->contained, PRECISION_MICROSECOND);
    json_object_set_new(o, "actions", acts_section(in));
    json_object_set_new(o, "plugin_policies", plugin_policies(in));
    json_object_set_new(o, "isolation", isolation);
    json_object_set_new(o, "connections", connections_section(in));
    json_object_set_new(o, "after", after_section(in));
    json_object_set_new(o, "order", order_section(in));
    json_object_set_new(o, "remains", remains_section(in));
    json_object_set(o, "still_valid", in->outlives);
    json_object_set_new(o, "limits", limits_section(in));
    return o;
}
