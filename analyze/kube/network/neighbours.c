/* Neighbours: the pods, workloads, namespaces and nodes that the package knows, from
 * documents and from what the audit log says was made. */
#include <stdlib.h>

#include "analyze/kube/network/network.h"
#include "analyze/kube/objects/podspec.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

static const struct object_type types[PEER_TYPES] = {
    {.kind = "Pod", .resource = "pods", .group = ""},
    {.kind = "Namespace", .resource = "namespaces", .group = "", .of_cluster = true},
    {.kind = "Node", .resource = "nodes", .group = "", .of_cluster = true},
    {.kind = "Deployment", .resource = "deployments", .group = "apps"},
    {.kind = "StatefulSet", .resource = "statefulsets", .group = "apps"},
    {.kind = "DaemonSet", .resource = "daemonsets", .group = "apps"},
    {.kind = "Job", .resource = "jobs", .group = "batch"},
    {.kind = "CronJob", .resource = "cronjobs", .group = "batch"},
    {.kind = "ReplicationController", .resource = "replicationcontrollers", .group = ""},
    {.kind = "DeploymentConfig",
     .resource = "deploymentconfigs",
     .group = "apps.openshift.io"},
};

struct reading {
    struct incident *in;
    struct intern *names;    /* "pod shop/api-0" */
    struct neighbour **last; /* by the number of the name */
    size_t last_count, last_capacity;
};

static struct neighbour *add(struct reading *r, struct neighbour n)
{
    struct list *all = &r->in->network->neighbours;
    struct text key = {0};
    if (all->n >= LIMIT_NETWORK_PEERS) {
        r->in->network->not_read++;
        return NULL;
    }
    text_printf(&key, "%s ", n.kind);
    text_add(&key, n.name);
    uint32_t number = intern_put(r->names, text_bytes(&key));
    text_release(&key);
    r->last = memory_grow(r->last, &r->last_capacity, number + 1, sizeof *r->last);
    for (; r->last_count <= number; r->last_count++)
        r->last[r->last_count] = NULL;
    struct neighbour *kept = arena_new(&r->in->scope->arena, struct neighbour);
    *kept = n;
    if (r->last[number])
        r->last[number]->next = kept;
    r->last[number] = kept;
    list_add(all, kept);
    return kept;
}

static struct bytes full_name(struct reading *r, const char *before,
                              const struct version *v)
{
    struct text t = {0};
    text_str(&t, before);
    name_object(&t, v->namespace, v->name);
    struct bytes name = arena_copy(&r->in->scope->arena, text_bytes(&t));
    text_release(&t);
    return name;
}

static struct neighbour of_version(struct reading *r, const char *kind,
                                   const struct version *v)
{
    return (struct neighbour){.kind = kind,
                              .name = full_name(r, "", v),
                              .from = v->from,
                              .until = v->until,
                              .span = v->span};
}

/* -- pods and what makes them ------------------------------------------------------- */

static void read_addresses(struct arena *arena, const json_t *list, const char *member,
                           struct peer *out)
{
    size_t n = json_array_size(list);
    struct ip *ips = arena_array(arena, struct ip, n + 1);
    out->addresses = ips;
    for (size_t i = 0; i < n; i++)
        out->address_count += ip_parse(tree_string(json_array_get(list, i), member),
                                       &ips[out->address_count]);
}

/* podIP is the first of podIPs, and stands alone where an older cluster wrote it. */
void pod_addresses(struct arena *arena, const json_t *pod, struct peer *out)
{
    read_addresses(arena, tree_get(pod, "status/podIPs"), "ip", out);
    out->all_addresses = out->address_count > 0;
    if (out->address_count == 0 && ip_parse(tree_string(pod, "status/podIP"),
                                            (struct ip *)(uintptr_t)out->addresses))
        out->address_count = 1;
}

static struct peer pod_peer(struct reading *r, const struct version *v)
{
    const json_t *spec = podspec_of(v->object);
    struct peer e = {.kind = PEER_POD,
                     .namespace = v->namespace,
                     .account = spec ? podspec_account(v->object) : BYTES_NONE,
                     .labels.v = tree_get(podspec_metadata(v->object), "labels"),
                     .spec = spec,
                     .host_network = tree_true(spec, "hostNetwork")};
    pod_addresses(&r->in->scope->arena, v->object, &e);
    return e;
}

static bool has_ended(const json_t *pod)
{
    struct bytes phase = tree_string(pod, "status/phase");
    return bytes_is(phase, "Succeeded") || bytes_is(phase, "Failed");
}

static void read_pods(struct reading *r)
{
    const struct list *all = &r->in->network->peers[PEERS_POD].v;
    for (size_t i = 0; i < all->n; i++) {
        const struct version *v = all->v[i];
        if (!v->object || has_ended(v->object) ||
            scope_is_pod(r->in->scope, v->namespace, v->name))
            continue;
        struct neighbour n = of_version(r, "pod", v);
        n.peer = pod_peer(r, v);
        add(r, n);
    }
}

/* Does a pod that is known have all labels of the template? Then the template tells
 * nothing more. */
static bool has_pods(const struct incident *in, const struct peer *template)
{
    const struct list *all = &in->network->neighbours;
    for (size_t i = 0; i < all->n; i++) {
        const struct neighbour *n = all->v[i];
        const char *key;
        json_t *value;
        bool all_there = bytes_is(bytes_str(n->kind), "pod") &&
                         bytes_eq(n->peer.namespace, template->namespace);
        json_object_foreach((json_t *)(uintptr_t) template->labels.v, key, value)
            all_there =
                all_there && json_equal(json_object_get(n->peer.labels.v, key), value);
        if (all_there)
            return true;
    }
    return false;
}

static void read_workloads(struct reading *r, size_t type)
{
    const struct list *all = &r->in->network->peers[type].v;
    for (size_t i = 0; i < all->n; i++) {
        const struct version *v = all->v[i];
        struct bytes own = r->in->scope->pod.owner_name;
        bool of_scope = bytes_eq(v->namespace, r->in->scope->pod.namespace) &&
                        v->name.n && bytes_starts(own, v->name);
        if (!podspec_of(v->object) || of_scope)
            continue;
        struct neighbour n = of_version(r, "pods of a workload", v);
        n.peer = pod_peer(r, v);
        if (!has_pods(r->in, &n.peer))
            add(r, n);
    }
}

static void read_nodes(struct reading *r)
{
    const struct list *all = &r->in->network->peers[PEERS_NODE].v;
    for (size_t i = 0; i < all->n; i++) {
        const struct version *v = all->v[i];
        struct neighbour n = of_version(r, "node", v);
        n.peer = (struct peer){.kind = PEER_NODE,
                               .labels.v = tree_get(v->object, "metadata/labels"),
                               .labels.partial = !v->object};
        read_addresses(&r->in->scope->arena, tree_get(v->object, "status/addresses"),
                       "address", &n.peer);
        add(r, n);
    }
}

/* -- namespaces --------------------------------------------------------------------- */

/* Any pod of it: of its labels nothing is known. */
static void add_namespace(struct reading *r, struct bytes name, const struct version *v)
{
    struct neighbour n = {
        .kind = "any pod of namespace",
        .name = name,
        .from = v ? v->from : INT64_MIN,
        .until = v ? v->until : INT64_MAX,
        .peer = {.kind = PEER_POD, .namespace = name, .labels.partial = true}};
    uint32_t number;
    struct text key = {0};
    text_printf(&key, "%s ", n.kind);
    text_add(&key, name);
    if (v)
        n.span = v->span;
    if (name.n && (v || !intern_find(r->names, text_bytes(&key), &number)))
        add(r, n);
    text_release(&key);
}

/* Words behind which policies write the names of namespaces. */
static bool is_name_key(struct bytes key)
{
    static const char *const keys[] = {"kubernetes.io/metadata.name",
                                       "io.kubernetes.pod.namespace",
                                       "projectcalico.org/name"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (bytes_ends(key, bytes_str(keys[i])))
            return true;
    return false;
}

static void add_names(struct reading *r, const json_t *value)
{
    if (json_is_string(value))
        add_namespace(r, tree_string(value, ""), NULL);
    for (size_t i = 0; i < json_array_size(value); i++)
        add_namespace(r, tree_string(json_array_get(value, i), ""), NULL);
}

/* "projectcalico.org/name == 'forensics'" */
static void add_literal(struct reading *r, struct bytes text)
{
    size_t equals = bytes_find(text, BYTES("=="));
    if (!is_name_key(bytes_trim(bytes_sub(text, 0, equals))))
        return;
    struct bytes literal = bytes_trim(bytes_from(text, equals + 2));
    if (literal.n > 2)
        add_namespace(r, bytes_sub(literal, 1, literal.n - 2), NULL);
}

/* Selectors lie some ten levels deep. */
#define MOST_DEPTH 24

static void find_names(struct reading *r, const json_t *node, unsigned depth)
{
    const char *key;
    json_t *value;
    if (depth == MOST_DEPTH)
        return;
    if (is_name_key(tree_string(node, "key")))
        add_names(r, tree_get(node, "values"));
    json_object_foreach((json_t *)(uintptr_t)node, key, value)
    {
        if (is_name_key(bytes_str(key)))
            add_names(r, value);
        if (json_is_string(value))
            add_literal(r, tree_string(value, ""));
        find_names(r, value, depth + 1);
    }
    for (size_t i = 0; i < json_array_size(node); i++)
        find_names(r, json_array_get(node, i), depth + 1);
}

static void read_namespaces(struct reading *r)
{
    const struct network *network = r->in->network;
    const struct list *all = &network->peers[PEERS_NAMESPACE].v;
    size_t pods = network->neighbours.n;
    for (size_t i = 0; i < all->n; i++) {
        const struct version *v = all->v[i];
        add_namespace(r, v->name, v);
    }
    for (size_t i = 0; i < pods; i++)
        add_namespace(r, ((struct neighbour *)network->neighbours.v[i])->peer.namespace,
                      NULL);
    for (size_t k = 0; k < POLICY_KINDS; k++)
        for (size_t i = 0; i < network->policies[k].v.n; i++) {
            const struct version *v = network->policies[k].v.v[i];
            find_names(r, tree_get(v->object, "spec"), 0);
            find_names(r, tree_get(v->object, "specs"), 0);
        }
}

struct labels namespace_labels(struct incident *in, struct bytes namespace, instant t)
{
    const struct list *all = &in->network->peers[PEERS_NAMESPACE].v;
    struct bytes *name = NULL;
    const json_t *object = NULL;
    for (size_t i = 0; i < all->n && namespace.n; i++) {
        struct version *v = all->v[i];
        if (v->from > t || t >= v->until || !bytes_eq(v->name, namespace))
            continue;
        object = v->object;
        name = &v->name;
    }
    if (!name) {
        name = arena_new(&in->scope->arena, struct bytes);
        *name = namespace;
    }
    return labels_of_namespace(object, name);
}

/* Where a service leads: < 0 where that is a name, which the pods have. */
static int64_t target_port(const json_t *service, struct traffic t)
{
    const json_t *ports = tree_get(service, "spec/ports");
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const json_t *port = json_array_get(ports, i);
        struct bytes protocol = tree_string(port, "protocol");
        int64_t number, target;
        if (!tree_integer(port, "port", &number) || number != t.port ||
            (t.protocol &&
             protocol_of(protocol.n ? protocol : BYTES("TCP")) != t.protocol))
            continue;
        if (tree_integer(port, "targetPort", &target))
            return target;
        return tree_get(port, "targetPort") ? -1 : number;
    }
    return -1;
}

/* Behind a service stand pods that have at least the labels of its selector; who calls it
 * comes to their port. Without a selector nothing tells who stands there. */
bool service_at(struct incident *in, struct connection *c, struct peer *out)
{
    const struct list *all = &in->network->services.v;
    for (size_t i = 0; i < all->n; i++) {
        const struct version *v = all->v[i];
        const json_t *selector = tree_get(v->object, "spec/selector");
        struct ip ip;
        if (v->from > c->time || c->time >= v->until ||
            !ip_parse(tree_string(v->object, "spec/clusterIP"), &ip) ||
            ip_compare(&ip, &c->peer) != 0 || json_object_size(selector) == 0)
            continue;
        *out = (struct peer){.kind = PEER_POD,
                             .namespace = v->namespace,
                             .labels = {.v = selector, .partial = true}};
        c->traffic.port = target_port(v->object, c->traffic);
        return true;
    }
    return false;
}

const struct neighbour *neighbour_at(const struct incident *in, const struct ip *ip,
                                     instant t)
{
    const struct list *all = &in->network->neighbours;
    for (size_t i = 0; i < all->n; i++) {
        const struct neighbour *n = all->v[i];
        for (size_t k = 0; n->from <= t && t < n->until && k < n->peer.address_count; k++)
            if (!n->peer.host_network && ip_compare(&n->peer.addresses[k], ip) == 0)
                return n;
    }
    return NULL;
}

void neighbours_read(struct incident *in)
{
    static const struct object_type services = {
        .kind = "Service", .resource = "services", .group = ""};
    struct reading r = {.in = in, .names = intern_new()};
    for (size_t i = 0; i < PEER_TYPES; i++)
        object_versions(in->scope, &types[i], &in->network->peers[i]);
    object_versions(in->scope, &services, &in->network->services);
    read_pods(&r);
    for (size_t i = PEERS_WORKLOAD; i < PEER_TYPES; i++)
        read_workloads(&r, i);
    read_namespaces(&r);
    read_nodes(&r);
    intern_free(r.names);
    free(r.last);
}
