/* What was done against the incident, by whom and when. */
#include <stdlib.h>

#include "analyze/kube/incident/cloud.h"
#include "analyze/kube/network/selector.h"
#include "analyze/kube/objects/podspec.h"

/* Controllers make a new pod at once, or after some back-off. */
#define REPLACED_WITHIN (300 * NANOSECONDS)
/* And end what does not fit the workload any more; a rollout waits for the new ones. */
#define CONTROLLER_WITHIN (120 * NANOSECONDS)

const char *act_name(enum act_kind k)
{
    static const char *const names[] = {
        "label",  "network-policy", "network-policy-removed",
        "cordon", "uncordon",       "evict",
        "scale",  "delete-pod",     "revoke",
        "rotate", "checkpoint",     "collect",
        "enter",  "debug-node",     "delete",
        "other"};
    return names[k];
}

/* -- what one request does ---------------------------------------------------------- */

static bool deletes(const struct request *r)
{
    return bytes_starts(r->verb, BYTES("delete"));
}

static bool act_on_node(const struct request *r, enum act_kind *out)
{
    const json_t *flag = request_written(r, "spec/unschedulable");
    if (deletes(r))
        *out = ACT_DELETE;
    else if (json_is_true(flag))
        *out = ACT_CORDON;
    else if (json_is_false(flag) || json_is_null(flag))
        *out = ACT_UNCORDON;
    else
        *out = ACT_OTHER;
    /* Metadata level: something was changed, and the log does not tell what. */
    return flag || deletes(r) || request_writes(r);
}

static bool act_on_pod(const struct scope *s, const struct request *r, enum act_kind *out)
{
    if (request_debugs_node(s, r))
        *out = ACT_DEBUG_NODE;
    else if (bytes_is(r->subresource, "eviction"))
        *out = ACT_EVICT;
    else if (bytes_is(r->subresource, "log"))
        *out = ACT_COLLECT;
    else if (request_enters(r))
        *out = ACT_ENTER;
    else if (deletes(r))
        *out = ACT_DELETE_POD;
    else if (request_written(r, "metadata/labels"))
        *out = ACT_LABEL;
    else if (request_writes(r))
        *out = ACT_OTHER;
    else if (bytes_is(r->verb, "get") && scope_is_pod(s, r->namespace, r->name))
        *out = ACT_COLLECT;
    else
        return false;
    return true;
}

/* Rights are taken by a change of roles and bindings, accounts by their deletion. */
static bool act_on_rights(const struct request *r, enum act_kind *out)
{
    static const char *const resources[] = {"roles", "clusterroles", "rolebindings",
                                            "clusterrolebindings",
                                            "securitycontextconstraints"};
    *out = ACT_REVOKE;
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (bytes_is(r->resource, resources[i]))
            return request_writes(r);
    return bytes_is(r->resource, "serviceaccounts") && deletes(r);
}

static bool act_of(const struct scope *s, const struct request *r, enum act_kind *out)
{
    struct bytes namespace, pod;
    if (bytes_is(r->resource, "nodes") && bytes_is(r->subresource, "proxy")) {
        *out = request_checkpoints(r, &namespace, &pod) ? ACT_CHECKPOINT : ACT_OTHER;
        return true;
    }
    if (bytes_is(r->resource, "nodes") && r->subresource.n == 0 && request_writes(r))
        return act_on_node(r, out);
    if (bytes_is(r->resource, "pods"))
        return act_on_pod(s, r, out);
    if (request_of_policy(r) && request_writes(r)) {
        *out = deletes(r) ? ACT_POLICY_REMOVED : ACT_POLICY;
        return true;
    }
    if (bytes_is(r->resource, "secrets") && request_writes(r)) {
        *out = r->written == VALUES_LEFT ? ACT_OTHER : ACT_ROTATE;
        return true;
    }
    if (bytes_is(r->subresource, "scale") ||
        (request_writes(r) && request_written(r, "spec/replicas"))) {
        *out = ACT_SCALE;
        return request_writes(r);
    }
    if (act_on_rights(r, out))
        return true;
    *out = deletes(r) ? ACT_DELETE : ACT_OTHER;
    return deletes(r) ||
           (request_writes(r) && r->subresource.n == 0 && scope_owns_pod(s, r));
}

/* -- all ---------------------------------------------------------------------------- */

static bool is_held(const struct incident *in, const struct rbac_binding *b)
{
    const struct scope *s = in->scope;
    for (size_t k = 0; k < json_array_size(b->subjects); k++) {
        const json_t *subject = json_array_get(b->subjects, k);
        for (size_t i = 0; i < s->reached.n; i++) {
            const struct reached *who = s->reached.v[i];
            struct subject of = {who->what, BYTES_NONE};
            if (who->identity && rbac_subject_matches(subject, b->namespace, &of))
                return true;
        }
    }
    return false;
}

bool request_let_through(const struct request *r, const struct request *asked)
{
    bool cluster = bytes_is(r->resource, "clusterrolebindings");
    struct text by = {0};
    text_str(&by, cluster ? " ClusterRoleBinding \"" : " RoleBinding \"");
    text_add(&by, r->name);
    text_str(&by, cluster ? "\"" : "/");
    text_add(&by, r->namespace);
    text_str(&by, cluster ? "" : "\"");
    bool let = r->name.n && bytes_contains(asked->reason, text_bytes(&by));
    text_release(&by);
    return let;
}

static bool let_attacker_through(const struct incident *in, const struct request *r)
{
    const struct scope *s = in->scope;
    bool found = false;
    for (size_t i = 0; r->name.n && i < s->requests.n && !found; i++) {
        const struct request *a = s->requests.v[i];
        found = !a->folded && a->time < r->time && a->reason.n && is_attackers(in, a) &&
                request_let_through(r, a);
    }
    return found;
}

/* A write to a binding, or to the role of one, that names an identity of the attacker. */
static bool touches_rights(const struct incident *in, const struct request *r)
{
    bool role = bytes_ends(r->resource, BYTES("roles"));
    if (!request_writes(r) || r->subresource.n ||
        !(role || bytes_ends(r->resource, BYTES("rolebindings"))))
        return false;
    for (size_t i = 0; i < in->rbac.bindings.n; i++) {
        const struct rbac_binding *b = in->rbac.bindings.v[i];
        bool same =
            role ? bytes_eq(b->role, r->name) &&
                       b->role_cluster == bytes_is(r->resource, "clusterroles")
                 : bytes_eq(b->name, r->name) && bytes_eq(b->namespace, r->namespace);
        if (same && b->from <= r->end && r->time <= b->until && is_held(in, b))
            return true;
    }
    return !role && let_attacker_through(in, r);
}

/* A policy that would select the pod if it stood in the pod's namespace. */
static bool is_misplaced(const struct incident *in, const struct request *r)
{
    const json_t *selector = tree_get(r->request, "spec/podSelector");
    const struct version *last = in->labels.n ? in->labels.v[in->labels.n - 1] : NULL;
    return request_is(r, "networkpolicies", "") && last && json_object_size(selector) &&
           !bytes_eq(r->namespace, in->scope->pod.namespace) &&
           selector_matches(selector, last->object, NULL);
}

static bool is_response(const struct incident *in, const struct request *r)
{
    bool concerns = r->in_scope || touches_rights(in, r) || is_misplaced(in, r) ||
                    request_debugs_node(in->scope, r);
    return !r->folded && concerns && !r->dry_run && r->time != INSTANT_NONE &&
           r->time >= in->first_placed &&
           !scope_holds(in->scope, r->ordered ? r->caused : r) &&
           !is_control_plane(r->user) && !is_component_agent(r->agent);
}

static void add_act(struct incident *in, struct act a)
{
    struct act *kept = arena_new(&in->scope->arena, struct act);
    *kept = a;
    list_add(&in->acts, kept);
}

static int by_time(const void *a, const void *b)
{
    const struct act *x = *(void *const *)a, *y = *(void *const *)b;
    return moment_compare(x->time, &x->span, y->time, &y->span);
}

static bool is_workload(const struct request *r)
{
    static const char *const resources[] = {
        "deployments", "replicasets", "statefulsets",      "daemonsets",
        "jobs",        "cronjobs",    "deploymentconfigs", "replicationcontrollers"};
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (bytes_is(r->resource, resources[i]))
            return true;
    return request_of_namespace(r);
}

/* More or fewer replicas end nothing in particular; none end all. */
static bool ends_pod(const struct request *r, enum act_kind kind)
{
    switch (kind) {
    case ACT_DELETE_POD:
    case ACT_EVICT:
        return true;
    case ACT_SCALE:
        return request_scales_to_nothing(r);
    default:
        return kind == ACT_DELETE && is_workload(r);
    }
}

/* What the workload made in the place of a pod that was ended. */
static const struct request *replacement(const struct scope *s, const struct request *r)
{
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *made = s->requests.v[i];
        if (!made->folded && made->time >= r->time &&
            made->time < instant_after(r->time, REPLACED_WITHIN) &&
            request_is(made, "pods", "") && bytes_is(made->verb, "create") &&
            request_succeeded(made) && s->pod.owner_name.n &&
            bytes_eq(made->owner_name, s->pod.owner_name) &&
            bytes_eq(made->namespace, s->pod.namespace))
            return made;
    }
    return NULL;
}

/* What the pods are made from is the attacker's: then a new one is no better. */
static bool is_poisoned(const struct scope *s)
{
    for (size_t i = 0; i < s->reached.n; i++) {
        const struct reached *r = s->reached.v[i];
        struct bytes rest = r->what, resource, of;
        bytes_split(&rest, ' ', &resource);
        of = bytes_from(rest, bytes_find_byte(rest, '/') + 1);
        bool same =
            bytes_starts(s->pod.owner_name, of) && of.n > 0 &&
            bytes_eq(bytes_sub(rest, 0, bytes_find_byte(rest, '/')), s->pod.namespace);
        if (!r->identity && same && !bytes_is(resource, "pods"))
            return true;
    }
    return false;
}

/* A template or a node selector that leaves no place for the pod: what was written ends
 * it by way of its controller. */
static const struct request *ended_by_controller(const struct scope *s,
                                                 const struct request *r)
{
    for (size_t i = 0; scope_owns_pod(s, r) && i < s->requests.n; i++) {
        const struct request *gone = s->requests.v[i];
        if (!gone->folded && gone->time >= r->time &&
            gone->time < instant_after(r->time, CONTROLLER_WITHIN) &&
            request_is(gone, "pods", "") && bytes_is(gone->verb, "delete") &&
            is_control_plane(gone->user) && request_succeeded(gone) &&
            scope_is_pod(s, gone->namespace, gone->name))
            return gone;
    }
    return NULL;
}

static struct act act_of_request(const struct incident *in, const struct request *r,
                                 enum act_kind kind)
{
    const struct scope *s = in->scope;
    struct bytes namespace = s->pod.namespace;
    bool all = (request_of_namespace(r) && bytes_eq(r->name, namespace)) ||
               (r->name.n == 0 && bytes_eq(r->namespace, namespace));
    struct act a = {.kind = kind,
                    .time = r->time,
                    .precision = r->precision,
                    .by = request_as(r->ordered ? r->caused : r),
                    .request = r,
                    .span = r->spans[0],
                    .effective = request_succeeded(r),
                    .ends = request_succeeded(r) && ends_pod(r, kind),
                    .own = all || scope_is_pod(s, r->namespace, r->name) ||
                           scope_owns_pod(s, r),
                    .note = r->ordered ? "by a GitOps tool, as was ordered" : NULL};
    bool by_controller = kind == ACT_OTHER && ended_by_controller(s, r);
    if (by_controller) {
        a.kind = ACT_SCALE;
        a.ends = true;
        a.note = "its controller then ended the pod";
    }
    if (a.ends && (by_controller || scope_is_pod(s, r->namespace, r->name)))
        a.replaced = replacement(s, r);
    if (a.replaced && is_poisoned(s))
        a.note = "its workload, which the attacker had written, made another pod";
    else if (a.replaced)
        a.note = "its workload made another pod";
    if (bytes_is(r->resource, "secrets") && r->written == VALUES_LEFT)
        a.note = "its values were left as they were";
    if (kind == ACT_POLICY && is_misplaced(in, r))
        a.note = "in another namespace than the pod, where it selects nothing of it";
    return a;
}

/* Deleting another pod does not hold this one back. */
static bool contains(const struct incident *in, const struct act *a)
{
    bool ended = a->ends && a->own && !(a->replaced && is_poisoned(in->scope));
    return a->effective && ended && a->time >= in->first_placed;
}

void incident_acts(struct incident *in)
{
    struct scope *s = in->scope;
    enum act_kind kind;
    for (size_t i = 0; in->first_sign != INSTANT_NONE && i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (is_response(in, r) && act_of(s, r, &kind))
            add_act(in, act_of_request(in, r, kind));
    }
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        bool dumped = m->kind == EVENT_CHECKPOINT && m->time != INSTANT_NONE;
        if (dumped || (in->first_sign != INSTANT_NONE && cloud_against(in, m)))
            add_act(in, (struct act){.kind = dumped ? ACT_CHECKPOINT : ACT_REVOKE,
                                     .time = m->time,
                                     .precision = m->precision,
                                     .by = m->actor,
                                     .mark = m,
                                     .span = m->span,
                                     .effective = true});
    }
    if (in->acts.n > 1)
        qsort(in->acts.v, in->acts.n, sizeof *in->acts.v, by_time);
    /* Isolation from before the first sign did not hold the attacker back. */
    if (in->isolated >= in->first_placed)
        in->contained = in->isolated;
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        if (contains(in, a) && (in->contained == INSTANT_NONE || a->time < in->contained))
            in->contained = a->time;
    }
}
