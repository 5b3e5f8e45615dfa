/* The kubelet's account on its own node. Who left a container holds the kubelet's
 * certificate, and uses it from the address from which the kubelet works as well: what
 * shows is another client, or a request that no kubelet makes, after the way out was
 * taken. What was done so before is somebody's habit, and stays that. */
#include "analyze/kube/incident/node.h"

#include <stdlib.h>

#include "analyze/kube/group.h"
#include "analyze/kube/incident/grave.h"
#include "analyze/kube/objects/podspec.h"
#include "formats/base/memory.h"

struct bytes node_of_user(struct bytes user)
{
    struct bytes prefix = BYTES("system:node:");
    return bytes_starts(user, prefix) ? bytes_from(user, prefix.n) : BYTES_NONE;
}

/* -- what a kubelet asks for --------------------------------------------------------- */

/* Source: Kubernetes, plugin/pkg/auth/authorizer/rbac/bootstrappolicy, NodeRules, and
 * what the node authorizer adds. "r": get, list, watch; "c": create, "u": update and
 * patch, "d": delete. */
static bool may(struct bytes verb, const char *may)
{
    bool reads =
        bytes_is(verb, "get") || bytes_is(verb, "list") || bytes_is(verb, "watch");
    char letter = reads                                                 ? 'r'
                  : bytes_is(verb, "create")                            ? 'c'
                  : bytes_is(verb, "delete")                            ? 'd'
                  : bytes_is(verb, "update") || bytes_is(verb, "patch") ? 'u'
                                                                        : '-';
    return strchr(may, letter) != NULL;
}

static bool is_in_node_rules(const struct request *r)
{
    static const struct {
        const char *resource, *subresource, *may;
    } rules[] = {
        {"pods", "", "rcd"},
        {"pods", "status", "ru"},
        {"pods", "eviction", "c"},
        {"nodes", "", "rcu"},
        {"nodes", "status", "ru"},
        {"secrets", "", "r"},
        {"configmaps", "", "r"},
        {"services", "", "r"},
        {"endpoints", "", "r"},
        {"events", "", "cu"},
        {"serviceaccounts", "", "r"},
        {"serviceaccounts", "token", "c"},
        {"persistentvolumes", "", "r"},
        {"persistentvolumeclaims", "", "r"},
        {"persistentvolumeclaims", "status", "ru"},
        {"volumeattachments", "", "r"},
        {"leases", "", "rcud"},
        {"csidrivers", "", "r"},
        {"csinodes", "", "rcud"},
        {"runtimeclasses", "", "r"},
        {"resourceclaims", "", "r"},
        {"resourceslices", "", "rcud"},
        {"clustertrustbundles", "", "r"},
        {"podcertificaterequests", "", "rc"},
        {"certificatesigningrequests", "", "rc"},
        {"tokenreviews", "", "c"},
        {"subjectaccessreviews", "", "c"},
        {"localsubjectaccessreviews", "", "c"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (request_is(r, rules[i].resource, rules[i].subresource))
            return may(r->verb, rules[i].may);
    return r->resource.n == 0; /* health and discovery */
}

bool node_kubelet_asks(const struct request *r)
{
    /* It reads the secrets of its pods by their names, never those of all namespaces. */
    bool everywhere = bytes_is(r->resource, "secrets") && !r->namespace.n;
    return !is_tool(r->agent) && is_in_node_rules(r) && !everywhere;
}

/* A line of its pattern as a request. */
static struct request asked(const struct scope *s, const struct pattern *p)
{
    struct bytes rest = intern_get(s->words, p->resource), resource;
    struct request r = {.verb = intern_get(s->words, p->verb),
                        .namespace = intern_get(s->words, p->namespace),
                        .agent = intern_get(s->words, p->agent)};
    if (bytes_starts(rest, BYTES("/")))
        return r;
    bytes_split(&rest, '/', &resource);
    r.resource = resource;
    r.subresource = rest;
    return r;
}

/* -- power over a node --------------------------------------------------------------- */

static void any_whole(void *context, const struct host_access *h)
{
    *(bool *)context |= h->whole;
}

static bool gives_node(const json_t *pod)
{
    bool whole = false;
    podspec_host_access(pod, any_whole, &whole);
    return whole;
}

/* Without the node's processes in sight "/proc/1/root" is the container's own root, or
 * that of the one which a debugging container was aimed at. */
static bool is_own_root(const struct scope *s, const struct alert *a)
{
    return s->manifest && !tree_true(podspec_of(s->manifest), "hostPID") &&
           bytes_contains(a->command, BYTES("/proc/1/root")) &&
           !bytes_contains(a->command, BYTES("nsenter"));
}

/* The first alert of the pod that is among those. */
static const struct alert *first_grave(const struct scope *s, bool escapes)
{
    struct intern *grave = grave_alerts(s, escapes);
    const struct alert *found = NULL;
    for (size_t i = 0; i < s->alerts.n && !found; i++) {
        const struct alert *a = s->alerts.v[i];
        if (a->in_scope && !a->drop_notice &&
            (bytes_contains(a->tags, BYTES("T1611")) || grave_is_alert(grave, a)) &&
            !(escapes && is_own_root(s, a)))
            found = a;
    }
    intern_free(grave);
    return found;
}

bool node_left_container(const struct scope *s, struct span *span)
{
    const struct alert *a = first_grave(s, true);
    if (a)
        *span = a->span;
    return a != NULL;
}

/* Of the pod's own node: out of the container by an alert, or, where the manifest gives
 * the node away, by anything grave in it. INSTANT_NONE: nothing shows it. */
static instant left_container(const struct scope *s)
{
    bool open = s->manifest && gives_node(s->manifest);
    const struct alert *a = first_grave(s, !open);
    return a ? a->time : INSTANT_NONE;
}

/* A pod of the attacker's with power over its node, bound to that node. */
static instant host_pod_on(const struct scope *s, struct bytes node)
{
    const struct list *pods = scope_written(s, "pods");
    for (size_t i = 0; pods && i < pods->n; i++) {
        const struct request *r = pods->v[i];
        const json_t *body = r->response ? r->response : r->request;
        if (bytes_is(r->verb, "create") && scope_holds(s, request_cause(r)) &&
            bytes_eq(tree_string(body, "spec/nodeName"), node) && gives_node(body))
            return r->time;
    }
    return INSTANT_NONE;
}

static instant had_node(const struct scope *s, struct bytes node)
{
    instant left = bytes_eq(node, s->pod.node) ? left_container(s) : INSTANT_NONE;
    return left != INSTANT_NONE ? left : host_pod_on(s, node);
}

instant node_had_since(struct nodes_had *h, const struct scope *s, struct bytes node)
{
    if (!h->names)
        h->names = intern_new();
    uint32_t known = intern_count(h->names), number = intern_put(h->names, node);
    if (number >= known) {
        h->since = memory_grow(h->since, &h->capacity, number + 1, sizeof *h->since);
        h->since[number] = had_node(s, node);
    }
    return h->since[number];
}

void nodes_had_release(struct nodes_had *h)
{
    intern_free(h->names);
    free(h->since);
}

/* -- all ----------------------------------------------------------------------------- */

/* Did the account work so before: with that client, where it is a tool's, else asking for
 * the same? */
static bool is_old(const struct scope *s, const struct pattern *p, instant since)
{
    bool tool = is_tool(intern_get(s->words, p->agent));
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *other = &s->patterns[i];
        if (other->user == p->user && other->agent == p->agent &&
            (tool || (other->verb == p->verb && other->resource == p->resource)) &&
            (other->baseline || other->first < since))
            return true;
    }
    return false;
}

static void reach(struct scope *s, const struct pattern *p)
{
    struct reached as = {.what = intern_get(s->words, p->user),
                         .identity = true,
                         .node = true,
                         .from = intern_get(s->words, p->source),
                         .since = p->first,
                         .how =
                             "was used on its own node, otherwise than by the kubelet, "
                             "after the way out of",
                         .by = s->pod.name,
                         .span = p->span};
    scope_reach(s, &as);
}

void nodes_find(struct scope *s)
{
    struct nodes_had had = {0};
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        struct bytes node = node_of_user(intern_get(s->words, p->user));
        if (!node.n || p->baseline || p->user != p->by)
            continue;
        const struct request r = asked(s, p);
        if (node_kubelet_asks(&r))
            continue;
        instant since = node_had_since(&had, s, node);
        if (since != INSTANT_NONE && p->first >= since && !is_old(s, p, since))
            reach(s, p);
    }
    nodes_had_release(&had);
}
