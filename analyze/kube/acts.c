/* What was done against the incident, by whom and when. */
#include <stdlib.h>

#include "analyze/kube/incident.h"
#include "analyze/kube/podspec.h"

const char *act_name(enum act_kind k)
{
    static const char *const names[] = {
        "label",   "network-policy", "cordon", "uncordon", "evict",
        "scale",   "delete-pod",     "revoke", "rotate",   "checkpoint",
        "collect", "enter",          "delete", "other"};
    return names[k];
}

/* -- what one request does ---------------------------------------------------------- */

static bool deletes(const struct request *r)
{
    return bytes_starts(r->verb, BYTES("delete"));
}

/* Of a patch or the whole object; JSON patches are lists of operations. */
static const json_t *patched(const struct request *r, const char *path,
                             const char *pointer)
{
    const json_t *value = tree_get(r->request, path);
    for (size_t i = 0; !value && i < json_array_size(r->request); i++) {
        const json_t *operation = json_array_get(r->request, i);
        if (bytes_starts(tree_string(operation, "path"), bytes_str(pointer)))
            value = tree_get(operation, "value");
    }
    return value;
}

static bool act_on_node(const struct request *r, enum act_kind *out)
{
    const json_t *flag = patched(r, "spec/unschedulable", "/spec/unschedulable");
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
    if (bytes_is(r->subresource, "eviction"))
        *out = ACT_EVICT;
    else if (bytes_is(r->subresource, "log"))
        *out = ACT_COLLECT;
    else if (request_enters(r))
        *out = ACT_ENTER;
    else if (deletes(r))
        *out = ACT_DELETE_POD;
    else if (patched(r, "metadata/labels", "/metadata/labels"))
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
                                            "clusterrolebindings"};
    *out = ACT_REVOKE;
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (bytes_is(r->resource, resources[i]))
            return request_writes(r);
    return bytes_is(r->resource, "serviceaccounts") && deletes(r);
}

static bool act_of(const struct scope *s, const struct request *r, enum act_kind *out)
{
    if (bytes_is(r->resource, "nodes") && bytes_is(r->subresource, "proxy")) {
        *out = bytes_contains(r->uri, BYTES("/checkpoint/")) ? ACT_CHECKPOINT : ACT_OTHER;
        return true;
    }
    if (bytes_is(r->resource, "nodes") && r->subresource.n == 0 && request_writes(r))
        return act_on_node(r, out);
    if (bytes_is(r->resource, "pods"))
        return act_on_pod(s, r, out);
    if (bytes_contains(r->resource, BYTES("networkpolic")) && request_writes(r)) {
        *out = ACT_POLICY;
        return true;
    }
    if (bytes_is(r->resource, "secrets") && request_writes(r)) {
        *out = ACT_ROTATE;
        return true;
    }
    if (bytes_is(r->subresource, "scale") ||
        (request_writes(r) && patched(r, "spec/replicas", "/spec/replicas"))) {
        *out = ACT_SCALE;
        return request_writes(r);
    }
    if (act_on_rights(r, out))
        return true;
    *out = ACT_DELETE;
    return deletes(r);
}

/* -- all ---------------------------------------------------------------------------- */

static bool is_response(const struct incident *in, const struct request *r)
{
    return !r->folded && r->in_scope && r->time != INSTANT_NONE &&
           r->time >= in->first_placed && !scope_holds(in->scope, r) &&
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
        "deployments", "replicasets", "statefulsets", "daemonsets",
        "jobs",        "cronjobs",    "namespaces",   "replicationcontrollers"};
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (bytes_is(r->resource, resources[i]))
            return true;
    return false;
}

/* More or fewer replicas end nothing in particular; none end all. */
static bool ends_pod(const struct request *r, enum act_kind kind)
{
    const json_t *replicas = patched(r, "spec/replicas", "/spec/replicas");
    switch (kind) {
    case ACT_DELETE_POD:
    case ACT_EVICT:
        return true;
    case ACT_SCALE:
        return json_is_integer(replicas) && json_integer_value(replicas) == 0;
    default:
        return kind == ACT_DELETE && is_workload(r);
    }
}

static struct act act_of_request(const struct scope *s, const struct request *r,
                                 enum act_kind kind)
{
    struct bytes namespace = s->pod.namespace;
    bool all = (bytes_is(r->resource, "namespaces") && bytes_eq(r->name, namespace)) ||
               (r->name.n == 0 && bytes_eq(r->namespace, namespace));
    return (struct act){.kind = kind,
                        .time = r->time,
                        .precision = r->precision,
                        .by = request_as(r),
                        .request = r,
                        .span = r->spans[0],
                        .effective = request_succeeded(r),
                        .ends = request_succeeded(r) && ends_pod(r, kind),
                        .own = all || scope_is_pod(s, r->namespace, r->name) ||
                               scope_owns_pod(s, r)};
}

/* A policy counts when it isolates; deleting another pod does not hold this one back. */
static bool contains(const struct incident *in, const struct act *a)
{
    bool isolates = a->kind == ACT_POLICY && in->isolated != INSTANT_NONE;
    return a->effective && (isolates || (a->ends && a->own));
}

void incident_acts(struct incident *in)
{
    struct scope *s = in->scope;
    enum act_kind kind;
    for (size_t i = 0; in->first_sign != INSTANT_NONE && i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (is_response(in, r) && act_of(s, r, &kind))
            add_act(in, act_of_request(s, r, kind));
    }
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (m->kind == EVENT_CHECKPOINT && m->time != INSTANT_NONE)
            add_act(in, (struct act){.kind = ACT_CHECKPOINT,
                                     .time = m->time,
                                     .precision = m->precision,
                                     .by = m->actor,
                                     .mark = m,
                                     .span = m->span,
                                     .effective = true});
    }
    if (in->acts.n > 1)
        qsort(in->acts.v, in->acts.n, sizeof *in->acts.v, by_time);
    in->contained = in->isolated;
    for (size_t i = 0; i < in->acts.n; i++) {
        const struct act *a = in->acts.v[i];
        if (contains(in, a) && (in->contained == INSTANT_NONE || a->time < in->contained))
            in->contained = a->kind == ACT_POLICY ? in->contained : a->time;
    }
}
