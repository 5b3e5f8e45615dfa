/* Plan: what all network policies together let through for one pod at one moment.
 *
 * Policies of every kind come to the same form: stages that are asked one after another,
 * policies in a stage in their order, rules in a policy in theirs. The first rule that
 * matches decides, or passes to the next stage. A stage in which a policy governs the
 * direction and no rule matches denies, where its kind says so; else the next is asked;
 * what no stage decides is let through.
 *
 *   admin       AdminNetworkPolicy, ClusterNetworkPolicy of tier Admin
 *   tiers       of Calico, by their order
 *   denials     of Cilium, before all that allows
 *   default     NetworkPolicy, CiliumNetworkPolicy, Calico's default tier
 *   baseline    BaselineAdminNetworkPolicy, ClusterNetworkPolicy of tier Baseline
 *
 * Where the evidence lacks something, both may come out: a verdict is a set.
 *
 * Source: networking.k8s.io/v1 NetworkPolicySpec; policy.networking.k8s.io v1alpha1 and
 * v1alpha2; cilium.io/v2 and Cilium's rule_validation.go; projectcalico.org/v3. What no
 * policy can do: hold back a pod's own loopback, its node, replies. */
#ifndef ANALYZE_KUBE_NETWORK_NETPLAN_H
#define ANALYZE_KUBE_NETWORK_NETPLAN_H

#include "analyze/kube/network/ip.h"
#include "analyze/kube/network/selector.h"
#include "formats/base/arena.h"

enum direction { DIRECTION_INGRESS, DIRECTION_EGRESS };
const char *direction_name(enum direction d);

/* -- the other end ------------------------------------------------------------------ */

enum peer_kind { PEER_ADDRESS, PEER_POD, PEER_NODE };

/* What is not known is NULL, empty or partial. Of an address of which is asked in general
 * there is no address: what not all addresses have in common is not known of it. */
struct peer {
    enum peer_kind kind;
    struct bytes namespace;
    struct bytes account; /* the service account of a pod */
    struct labels labels; /* of the pod or node */
    struct labels namespace_labels;
    const json_t *spec; /* of the pod, for the names of its ports */
    const struct ip *addresses;
    size_t address_count;
    bool all_addresses; /* it has no others: IPv6 ends at a pod that has IPv4 alone */
    bool host_network;  /* it has the addresses of its node */
};

/* -- rules -------------------------------------------------------------------------- */

enum { PROTOCOL_TCP = 1, PROTOCOL_UDP = 2, PROTOCOL_SCTP = 4, PROTOCOL_ALL = 7 };
/* "TCP", in any case, or 0. */
unsigned protocol_of(struct bytes name);

struct port_range {
    unsigned protocols;
    int64_t first, last;
    struct bytes name; /* a port of a container; else empty */
};

struct ports {
    struct port_range *v;
    size_t n, capacity;
};

enum action { ACTION_ALLOW, ACTION_DENY, ACTION_PASS };

struct policy;
struct rule {
    const struct policy *policy;
    const json_t *json; /* as it is written */
    enum direction direction;
    enum action action;
    enum truth (*matches)(const struct rule *r, const struct peer *e);
    struct ports ports, not_ports;
    bool some_ports;  /* only `ports`; else all, but `not_ports` */
    bool partly;      /* it matches part of that traffic only (requests of HTTP) */
    const char *why;  /* static: what is not computed of it, or NULL */
    const void *more; /* of the kind of policy */
    size_t number;
};

struct rules {
    struct rule **v;
    size_t n, capacity;
};

struct policy {
    const char *kind; /* "NetworkPolicy"; static */
    struct bytes namespace, name;
    const json_t *object; /* NULL: the evidence does not tell what it was */
    const void *version;  /* of whoever made the plan */
    double order;         /* in its stage; then by name */
    enum truth selects, governs[2];
    const char *why; /* static: why one of these is not known, or NULL */
    struct rules rules[2];
};

struct stage {
    double order;
    struct bytes name;
    bool denies; /* what no rule matches, once a policy governs the direction */
    struct policy **policies;
    size_t n, capacity;
};

#define STAGE_ADMIN    1000.0
#define STAGE_DENIALS  999999.0
#define STAGE_DEFAULT  1000000.0
#define STAGE_BASELINE 10000000.0

/* Blocks of addresses that policies select by labels or name: GlobalNetworkSet and
 * NetworkSet of Calico, CiliumCIDRGroup. */
struct address_set {
    struct bytes namespace, name; /* no namespace: of the cluster */
    const json_t *labels;
    struct labels namespace_labels;
    const json_t *blocks; /* an array of strings */
    bool unknown;         /* its content is not in the evidence, or is too large */
    bool names;           /* it has names of domains as well */
};
struct address_sets {
    const struct address_set *v;
    size_t n;
};

struct netplan {
    struct arena *arena;
    const struct peer *own;
    bool cilium;                      /* blocks of addresses do not match pods */
    struct address_sets sets, groups; /* of Calico; of Cilium */
    struct stage *stages;
    size_t n, capacity;
    size_t rule_count;
    struct block *blocks; /* that its rules name */
    size_t block_count, block_capacity;
    size_t blocks_left; /* more of them: LIMIT_NETWORK_BLOCKS */
    uint64_t *steps;    /* work done, for whoever has a ceiling; or NULL */
    bool cut;           /* more rules than are computed: LIMIT_NETWORK_RULES */
};

/* Zero-initialise, set arena and own; then the kinds of policies are added, and the plan
 * is settled. */
struct policy *netplan_policy(struct netplan *p, const struct policy *as);
/* The policy stands in that stage; the stage is made when there is none. */
void netplan_stage(struct netplan *p, struct policy *policy, double order,
                   struct bytes name, bool denies);
/* NULL when there are too many; then nothing of the plan is decidable. */
struct rule *netplan_rule(struct netplan *p, struct policy *policy,
                          const struct rule *as);
void rule_port(struct ports *ports, struct port_range range);
/* What blocks a rule names: where the answer may change from one address to another. */
void netplan_block(struct netplan *p, struct bytes cidr);
void netplan_settle(struct netplan *p);
void netplan_release(struct netplan *p);

/* -- questions ---------------------------------------------------------------------- */

enum { OUTCOME_ALLOW = 1, OUTCOME_DENY = 2 }; /* both: not decidable */

struct traffic {
    unsigned protocol; /* one; 0: not known */
    int64_t port;      /* < 0: not known */
};

unsigned netplan_decide(const struct netplan *p, enum direction d, const struct peer *e,
                        struct traffic t);
/* Does a policy govern the direction, of a stage that denies the rest? */
enum truth netplan_isolates(const struct netplan *p, enum direction d);
/* Does any rule or policy that may select the pod speak of the direction? */
bool netplan_governs(const struct netplan *p, enum direction d);
/* Why something of the direction is not decidable for every peer: static, or NULL. */
const char *netplan_doubt(const struct netplan *p, enum direction d);
/* Why it is not known whether the direction is open to everybody, where nothing that was
 * looked at is; or NULL. */
const char *netplan_open_doubt(const struct netplan *p, enum direction d);
/* Why it is not decidable for this one; static. */
const char *netplan_why(const struct netplan *p, enum direction d, const struct peer *e);

/* Ports with the same outcome, in order; of all protocols, every port. */
struct port_answer {
    unsigned protocol, outcome;
    int64_t first, last;
};
struct port_answers {
    struct port_answer *v;
    size_t n, capacity;
};
/* Replaces what `out` holds; free(out->v). */
void netplan_ports(const struct netplan *p, enum direction d, const struct peer *e,
                   struct port_answers *out);
/* "every port", "TCP 80, 443, 8000-8999; UDP 53" of those with that outcome; nothing
 * appended and false when there are none. */
bool port_answers_text(const struct port_answers *a, unsigned outcome, struct text *out);

/* Ports are those of the end that is called: of the pod itself, or of the peer. */
enum truth rule_has_port(const struct netplan *p, const struct rule *r,
                         const struct peer *e, struct traffic t);

/* -- what kinds of policies share --------------------------------------------------- */

/* cidr with exceptions (an array of strings, or NULL) against a peer. */
enum truth cidr_matches(struct bytes cidr, const json_t *except, const struct peer *e);
/* Is the peer in one of the set's blocks? Not known where the set is not. */
enum truth set_matches(const struct address_set *s, const json_t *except,
                       const struct peer *e);
/* netplan_block() of all of them. */
void netplan_set_blocks(struct netplan *p, const struct address_sets *sets);
/* Do selectors of labels and namespaces hold? Of pods on their node's network most
 * plugins know no pod. */
enum truth pod_matches(const struct peer *e, const json_t *namespaces,
                       const json_t *pods);
/* Of a policy whose content is not in the evidence it is not known whether it selects the
 * pod; if it does, it may allow or deny anything. */
void netplan_unknown(struct netplan *p, struct policy *policy);
bool json_names(const json_t *array, const char *word);

/* Each adds what one object says; `as` has kind, names, object and version. */
void netpol_add(struct netplan *p, struct policy as);
void admin_add(struct netplan *p, struct policy as);
void cilium_add(struct netplan *p, struct policy as);
/* `order` is that of its tier; < 0: the evidence does not tell. */
void calico_add(struct netplan *p, struct policy as, double order, bool tier_passes);

#endif
