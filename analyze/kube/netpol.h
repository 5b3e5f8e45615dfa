/* NetworkPolicy: what a set of policies lets through for one pod.
 *
 * Source: networking.k8s.io/v1 NetworkPolicySpec and its documentation. Policies add up:
 * a pod that no policy selects for a direction is open in it; else what any of them
 * allows is allowed. Works on the JSON trees of the objects. What policies cannot do:
 * they never hold back a pod's own loopback, its node, replies, or pods on the node's
 * network, and established connections may go on.
 */
#ifndef ANALYZE_KUBE_NETPOL_H
#define ANALYZE_KUBE_NETPOL_H

#include <jansson.h>

#include "formats/base/bytes.h"

/* metav1.LabelSelector against labels (an object of strings; NULL: none). An empty
 * selector matches everything; an absent one nothing. *unknown (may be NULL) is set when
 * an operator is not one of the four of the API: then it matches nothing. */
bool selector_matches(const json_t *selector, const json_t *labels, bool *unknown);

enum direction { DIRECTION_INGRESS, DIRECTION_EGRESS };
const char *direction_name(enum direction d);

/* Is it a policy of the namespace whose podSelector selects these labels? */
bool netpol_selects(const json_t *policy, struct bytes namespace, const json_t *labels);
/* policyTypes, with the defaults of the API: Ingress always, Egress when there are egress
 * rules. */
bool netpol_governs(const json_t *policy, enum direction d);
/* The rules of a direction: an array, or NULL. */
const json_t *netpol_rules(const json_t *policy, enum direction d);

/* The other end of a connection. What is not known is NULL or empty. */
struct endpoint {
    struct bytes namespace;
    const json_t *namespace_labels; /* of its namespace */
    const json_t *labels;           /* of the pod; NULL: it is no pod */
    struct bytes address;           /* IPv4 or IPv6 */
    bool is_pod;
};
struct traffic {
    struct bytes protocol; /* "TCP", "UDP", "SCTP"; empty: any */
    int64_t port;          /* < 0: any */
    struct bytes port_name;
};

/* One peer of a rule ("from"/"to" element) of a policy of `own_namespace`. */
bool netpol_peer_matches(const json_t *peer, struct bytes own_namespace,
                         const struct endpoint *e);
/* One rule: peers (none: everybody) and ports (none: all). */
bool netpol_rule_allows(const json_t *rule, enum direction d, struct bytes own_namespace,
                        const struct endpoint *e, const struct traffic *t);

/* `policies`: those that select the pod (netpol_selects). */
struct netpol_set {
    const json_t *const *policies;
    size_t n;
    struct bytes namespace;
};
/* Does any of them govern the direction? Without one everything passes. */
bool netpol_isolates(const struct netpol_set *set, enum direction d);
bool netpol_allows(const struct netpol_set *set, enum direction d,
                   const struct endpoint *e, const struct traffic *t);

/* Is the address in "10.0.0.0/8"? False for text that is no address or no block. */
bool cidr_contains(struct bytes cidr, struct bytes address);

/* How much a rule leaves open. */
enum opening {
    OPENING_EVERYTHING, /* no peers, no ports */
    OPENING_EVERYBODY,  /* no peers, or a block of all addresses; some ports */
    OPENING_WIDE, /* all pods of cluster or namespace, or a wide block of addresses */
    OPENING_SOME, /* named peers */
};
enum opening netpol_opening(const json_t *rule, enum direction d);

#endif
