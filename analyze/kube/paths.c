/* Paths: which of the peers that matter the policies let the pod reach. */
#include <stdlib.h>

#include "analyze/kube/address.h"
#include "analyze/kube/incident.h"
#include "analyze/kube/netpol.h"
#include "formats/base/memory.h"

/* Peers of alerts that are told, each once. */
#define MOST_PEERS 32

struct path {
    const char *what;
    struct bytes name; /* "198.51.100.9:3333" */
    struct endpoint to;
    struct traffic traffic;
    struct span span; /* item NULL: it is asked of every pod */
};

static json_t *render_path(const struct scope *s, const struct netpol_set *set,
                           const struct path *p)
{
    json_t *o = json_object();
    put_text(o, "to", s, p->name);
    put_word(o, "what", p->what);
    json_object_set_new(
        o, "allowed",
        json_boolean(netpol_allows(set, DIRECTION_EGRESS, &p->to, &p->traffic)));
    if (p->span.item)
        put_span(o, s, p->span);
    return o;
}

static bool is_named(const json_t *paths, const struct scope *s, struct bytes name)
{
    json_t *text = render_text(s, name);
    bool found = false;
    for (size_t i = 0; i < json_array_size(paths) && !found; i++)
        found = json_equal(json_object_get(json_array_get(paths, i), "to"), text);
    json_decref(text);
    return found;
}

/* The kernel writes an IPv4 peer of an IPv6 socket as ::ffff:198.51.100.9. */
static struct bytes plain_address(struct bytes address)
{
    struct bytes prefix = BYTES("::ffff:");
    bool mapped =
        bytes_starts(address, prefix) && bytes_find_byte(address, '.') < address.n;
    return mapped ? bytes_from(address, prefix.n) : address;
}

static struct bytes protocol_of(struct bytes told)
{
    static const char *const names[] = {"TCP", "UDP", "SCTP"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_eq_nocase(told, bytes_str(names[i])))
            return bytes_str(names[i]);
    return BYTES_NONE;
}

/* Peers outside the cluster: whether one inside is a pod, and which, no alert tells. */
static void add_alerts(const struct scope *s, const struct netpol_set *set, json_t *paths)
{
    for (size_t i = 0; i < s->alerts.n && json_array_size(paths) < MOST_PEERS; i++) {
        const struct alert *a = s->alerts.v[i];
        struct bytes address = plain_address(a->peer);
        uint64_t port;
        struct text name = {0};
        if (!a->in_scope || !address_is_public(address))
            continue;
        struct path p = {
            .what = "a peer in an alert about the pod",
            .to = {.address = address},
            .traffic = {.protocol = protocol_of(a->peer_protocol), .port = -1},
            .span = a->span};
        text_add(&name, address);
        if (bytes_to_u64(a->peer_port, &port) && port <= UINT16_MAX) {
            p.traffic.port = (int64_t)port;
            text_printf(&name, ":%llu", (unsigned long long)port);
        }
        p.name = text_bytes(&name);
        if (!is_named(paths, s, p.name))
            json_array_append_new(paths, render_path(s, set, &p));
        text_release(&name);
    }
}

/* Name services carry data out where nothing else is let through; the metadata service
 * hands out the node's cloud identity. */
static void add_services(const struct scope *s, const struct netpol_set *set,
                         json_t *paths)
{
    json_t *namespace = json_pack("{ss}", "kubernetes.io/metadata.name", "kube-system");
    json_t *labels = json_pack("{ss}", "k8s-app", "kube-dns");
    struct path dns = {
        .what = "the name service of the cluster",
        .name = BYTES("kube-system/kube-dns:53"),
        .to = {.namespace = BYTES("kube-system"),
               .namespace_labels = namespace,
               .labels = labels,
               .is_pod = true},
        .traffic = {.protocol = BYTES("UDP"), .port = 53, .port_name = BYTES("dns")}};
    struct path metadata = {.what = "the metadata service of the cloud",
                            .name = BYTES("169.254.169.254:80"),
                            .to = {.address = BYTES("169.254.169.254")},
                            .traffic = {.protocol = BYTES("TCP"), .port = 80}};
    json_array_append_new(paths, render_path(s, set, &dns));
    json_array_append_new(paths, render_path(s, set, &metadata));
    json_decref(labels);
    json_decref(namespace);
}

json_t *isolation_paths(const struct incident *in, const struct netpol_set *set)
{
    json_t *paths = json_array();
    add_services(in->scope, set, paths);
    add_alerts(in->scope, set, paths);
    return paths;
}
