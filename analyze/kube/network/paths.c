/* Paths: which of the peers that matter the policies let the pod reach. */
#include <stdlib.h>

#include "analyze/kube/incident/address.h"
#include "analyze/kube/network/network.h"

/* Peers of alerts that are told, each once. */
#define MOST_PEERS 32

static void put_answer(json_t *o, unsigned outcome, const char *why)
{
    json_t *allowed = outcome == (OUTCOME_ALLOW | OUTCOME_DENY)
                          ? json_null()
                          : json_boolean(outcome == OUTCOME_ALLOW);
    json_object_set_new(o, "allowed", allowed);
    if (json_is_null(allowed))
        put_word(o, "why", why);
}

static bool is_named(const json_t *paths, const json_t *name)
{
    for (size_t i = 0; i < json_array_size(paths); i++)
        if (json_equal(json_object_get(json_array_get(paths, i), "to"), name))
            return true;
    return false;
}

/* Peers outside the cluster; those inside are told with the pods. */
static void add_alerts(struct incident *in, const struct netplan *plan, json_t *paths)
{
    const struct scope *s = in->scope;
    for (size_t i = 0; i < s->alerts.n && json_array_size(paths) < MOST_PEERS; i++) {
        const struct alert *a = s->alerts.v[i];
        struct connection c = {.direction = DIRECTION_EGRESS,
                               .traffic = {protocol_of(a->peer_protocol), -1},
                               .time = a->time};
        uint64_t port;
        const char *why = NULL;
        struct text name = {0};
        if (!a->in_scope || !ip_parse(a->peer, &c.peer) || !ip_is_public(&c.peer))
            continue;
        ip_text(&c.peer, &name);
        if (bytes_to_u64(a->peer_port, &port) && port <= UINT16_MAX) {
            c.traffic.port = (int64_t)port;
            text_printf(&name, ":%llu", (unsigned long long)port);
        }
        json_t *o = json_object();
        put_text(o, "to", s, text_bytes(&name));
        put_word(o, "what", "a peer in an alert about the pod");
        put_answer(o, connection_decide(in, plan, &c, &why), why);
        put_span(o, s, a->span);
        text_release(&name);
        if (is_named(paths, json_object_get(o, "to")))
            json_decref(o);
        else
            json_array_append_new(paths, o);
    }
}

static void add_service(json_t *paths, const struct netplan *plan, const struct peer *e,
                        struct traffic t, const char *const words[2])
{
    json_t *o = json_object();
    put_word(o, "to", words[0]);
    put_word(o, "what", words[1]);
    put_answer(o, netplan_decide(plan, DIRECTION_EGRESS, e, t),
               netplan_why(plan, DIRECTION_EGRESS, e));
    json_array_append_new(paths, o);
}

/* Name services carry data out where nothing else is let through. Its pods are as every
 * installer of clusters makes them. */
static void add_names(struct incident *in, const struct netplan *plan, instant t,
                      json_t *paths)
{
    static const char *const words[2] = {"kube-system/kube-dns:53",
                                         "the name service of the cluster"};
    json_t *labels = json_pack("{ss}", "k8s-app", "kube-dns");
    json_t *spec = json_pack("{s[{s[{sssssi}]}]}", "containers", "ports", "name", "dns",
                             "protocol", "UDP", "containerPort", 53);
    struct peer e = {.kind = PEER_POD,
                     .namespace = BYTES("kube-system"),
                     .account = BYTES("coredns"),
                     .labels = {.v = labels},
                     .namespace_labels = namespace_labels(in, BYTES("kube-system"), t),
                     .spec = spec};
    add_service(paths, plan, &e, (struct traffic){PROTOCOL_UDP, 53}, words);
    json_decref(labels);
    json_decref(spec);
}

/* It hands out the node's cloud identity. */
static void add_metadata(const struct netplan *plan, json_t *paths)
{
    static const char *const words[2] = {"169.254.169.254:80",
                                         "the metadata service of the cloud"};
    struct ip ip;
    struct peer e = {.kind = PEER_ADDRESS, .addresses = &ip};
    e.address_count = ip_parse(BYTES("169.254.169.254"), &ip);
    add_service(paths, plan, &e, (struct traffic){PROTOCOL_TCP, 80}, words);
}

json_t *isolation_paths(struct incident *in, const struct netplan *plan, instant t)
{
    json_t *paths = json_array();
    add_names(in, plan, t, paths);
    add_metadata(plan, paths);
    add_alerts(in, plan, paths);
    return paths;
}
