/* Network: what the package knows of the cluster's network: policies of every kind, and
 * the pods, workloads, namespaces and nodes at their other ends. For analyze/kube/. */
#ifndef ANALYZE_KUBE_NETWORK_H
#define ANALYZE_KUBE_NETWORK_H

#include "analyze/kube/incident/incident.h"
#include "analyze/kube/network/space.h"

/* Somebody at the other end, as he was in [from, until). */
struct neighbour {
    struct peer peer;
    const char *kind; /* static: "pod", "workload", "namespace", "node" */
    struct bytes name;
    instant from, until;
    const struct neighbour *next; /* the same one later, or NULL */
    struct span span;             /* item NULL: a policy names it */
};

#define POLICY_KINDS 11
#define PEER_TYPES   10
#define SET_TYPES    3
enum { PEERS_POD, PEERS_NAMESPACE, PEERS_NODE, PEERS_WORKLOAD }; /* and all behind it */

struct network {
    struct object_versions policies[POLICY_KINDS];
    struct object_versions tiers, services;
    struct object_versions sets[SET_TYPES];   /* of addresses */
    struct object_versions peers[PEER_TYPES]; /* pods, namespaces, nodes, workloads */
    struct list neighbours;                   /* struct neighbour * */
    size_t not_read;                          /* more of them: LIMIT_NETWORK_PEERS */
    bool blocks_told;                         /* that rules name too many of them */
    struct peer own;                          /* the pod; its labels are the moment's */
    /* Work done, and what each moment may do for those that are told one by one. */
    uint64_t steps, share;
};

/* After the labels of the pod are known. */
void network_read(struct incident *in);
void network_release(struct incident *in);
void neighbours_read(struct incident *in); /* neighbours.c */
/* The addresses that a pod's status tells. */
void pod_addresses(struct arena *arena, const json_t *pod, struct peer *out);

/* The labels of a namespace at a moment; partial where no object of it tells them. */
struct labels namespace_labels(struct incident *in, struct bytes namespace, instant t);

/* What all policies together let through for the pod at a moment; and what that version
 * of a policy would alone. Release it with netplan_release. */
void network_plan(struct incident *in, instant t, struct netplan *out);
void network_plan_of(struct incident *in, const struct version *v, size_t kind,
                     struct netplan *out);
/* Kinds of policies: "CiliumNetworkPolicy", and whether their group enforces them. */
const char *policy_kind(size_t kind);
const char *policy_group(size_t kind);
bool policy_is_staged(size_t kind);
/* What is taken for granted of its place among the others, static; NULL: nothing. */
const char *policy_note(const struct incident *in, size_t kind, const struct version *v);

bool network_has_policies(const struct incident *in); /* that may concern the pod */

/* Moments at which something of it changes, appended to `times`; returns the new count.
 * network_moments() of them at most. */
size_t network_moments(const struct incident *in);
size_t network_times(const struct incident *in, instant *times, size_t n);

/* Is the direction open to everybody: to any pod, or to more addresses than a network of
 * somebody has? */
enum truth netplan_is_open(const struct netplan *p, enum direction d);

/* How much one rule leaves open, static; NULL where it names its peers. */
const char *rule_opening(const struct netplan *p, const struct rule *r);

/* Who had that address at a moment; NULL: it is not in the evidence. */
const struct neighbour *neighbour_at(const struct incident *in, const struct ip *ip,
                                     instant t);
/* The outcome for an address, whoever has it: where that is not known, whoever may. */
struct connection {
    enum direction direction;
    struct ip peer;
    struct traffic traffic;
    instant time;
};
/* Is it a service's? Then who stands behind it, at whose port. */
bool service_at(struct incident *in, struct connection *c, struct peer *out);
unsigned connection_decide(struct incident *in, const struct netplan *p,
                           const struct connection *c, const char **why);

/* Connections that were seen while policies governed their direction, with what the
 * policies say of them (connections.c). */
json_t *connections_section(struct incident *in);

/* A direction for some time. */
struct stretch {
    enum direction direction;
    instant from, until;
};
/* What "stays_open" is where nothing is. */
#define OPEN_NOWHERE "nothing that the evidence knows"
/* Adds "peers", "addresses" and "stays_open" to what a moment says of it (openings.c). */
void openings_tell(struct incident *in, const struct netplan *p, struct stretch of,
                   json_t *out);

#endif
