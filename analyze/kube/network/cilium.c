/* CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy: what allows adds up with the
 * NetworkPolicies, what denies comes before all of it. A section with rules closes its
 * direction, unless enableDefaultDeny says otherwise; an empty rule lets nothing through.
 *
 * Source: cilium.io/v2; Cilium's documentation, "Layer 3", "Layer 4", "Deny Policies";
 * pkg/policy/api (rule_validation.go, entity.go). Blocks of addresses mean what is not of
 * the cluster: pods are known by their labels alone. */
#include "analyze/kube/network/netplan.h"
#include "formats/document.h"

#define NAMESPACE_KEY    "io.kubernetes.pod.namespace"
#define ACCOUNT_KEY      "io.cilium.k8s.policy.serviceaccount"
#define CLUSTER_KEY      "io.cilium.k8s.policy.cluster"
#define NAMESPACE_LABELS "io.cilium.k8s.namespace.labels."

/* -- labels ------------------------------------------------------------------------- */

static enum truth known(struct bytes told, struct bytes *value)
{
    *value = told;
    return told.n ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

static enum truth added_labels(const void *context, struct bytes key, struct bytes *value)
{
    const struct peer *e = context;
    if (bytes_is(key, NAMESPACE_KEY))
        return known(e->namespace, value);
    if (bytes_is(key, ACCOUNT_KEY))
        return known(e->account, value);
    if (bytes_is(key, CLUSTER_KEY))
        return TRUTH_UNKNOWN;
    if (bytes_starts(key, BYTES(NAMESPACE_LABELS)))
        return labels_get(&e->namespace_labels,
                          bytes_from(key, sizeof NAMESPACE_LABELS - 1), value);
    return TRUTH_FALSE;
}

static enum truth endpoint_matches(const json_t *selector, const struct peer *e)
{
    struct labels all = e->labels;
    all.added = added_labels;
    all.context = e;
    enum truth t = selector_decide(selector, &all, SELECTOR_CILIUM);
    return e->host_network ? truth_and(t, TRUTH_UNKNOWN) : t;
}

static bool is_of_namespaces(struct bytes key)
{
    for (size_t i = 0; i < 2; i++) {
        struct bytes source = i ? BYTES("any:") : BYTES("k8s:");
        if (bytes_starts(key, source))
            key = bytes_from(key, source.n);
    }
    return bytes_is(key, NAMESPACE_KEY) || bytes_starts(key, BYTES(NAMESPACE_LABELS));
}

/* Where it does not say which, a policy's selector means the policy's own namespace. */
static bool names_namespaces(const json_t *selector)
{
    const json_t *expressions = tree_get(selector, "matchExpressions");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)tree_get(selector, "matchLabels"), key,
                        value) if (is_of_namespaces(bytes_str(key))) return true;
    for (size_t i = 0; i < json_array_size(expressions); i++)
        if (is_of_namespaces(tree_string(json_array_get(expressions, i), "key")))
            return true;
    return false;
}

/* -- peers -------------------------------------------------------------------------- */

static enum truth in_endpoints(const struct rule *r, const json_t *list,
                               const struct peer *e)
{
    enum truth any = TRUTH_FALSE;
    for (size_t i = 0; e->kind == PEER_POD && i < json_array_size(list); i++) {
        const json_t *selector = json_array_get(list, i);
        enum truth t = endpoint_matches(selector, e);
        if (r->policy->namespace.n && !names_namespaces(selector))
            t = truth_and(t,
                          e->namespace.n == 0
                              ? TRUTH_UNKNOWN
                              : truth_of(bytes_eq(e->namespace, r->policy->namespace)));
        any = truth_or(any, t);
    }
    return any;
}

/* Is an address outside the cluster? Of one that is nobody's own network it is plain. */
static enum truth is_outside(const struct peer *e)
{
    return e->address_count && ip_is_public(&e->addresses[0]) ? TRUTH_TRUE
                                                              : TRUTH_UNKNOWN;
}

static enum truth is_entity(struct bytes name, const struct peer *e)
{
    if (bytes_is(name, "all"))
        return TRUTH_TRUE;
    if (bytes_is(name, "none"))
        return TRUTH_FALSE;
    if (bytes_starts(name, BYTES("world")))
        return e->kind == PEER_ADDRESS ? is_outside(e) : TRUTH_FALSE;
    if (bytes_is(name, "cluster"))
        return e->kind == PEER_ADDRESS ? truth_not(is_outside(e)) : TRUTH_TRUE;
    if (e->kind == PEER_POD)
        return e->host_network ? TRUTH_UNKNOWN : TRUTH_FALSE;
    if (e->kind == PEER_ADDRESS && !bytes_is(name, "kube-apiserver"))
        return truth_not(is_outside(e));
    return TRUTH_UNKNOWN; /* which node it is, where the API server listens */
}

static enum truth in_entities(const json_t *list, const struct peer *e)
{
    enum truth any = TRUTH_FALSE;
    for (size_t i = 0; i < json_array_size(list); i++)
        any = truth_or(any, is_entity(tree_string(json_array_get(list, i), ""), e));
    return any;
}

/* A group by its name, or those with the labels. What the evidence does not have may
 * hold anything. */
static enum truth in_groups(const struct rule *r, const json_t *one, const struct peer *e)
{
    const struct address_sets *groups = &((const struct netplan *)r->more)->groups;
    struct bytes name = tree_string(one, "cidrGroupRef");
    bool there = false;
    enum truth any = TRUTH_FALSE;
    for (size_t i = 0; i < groups->n; i++) {
        const struct address_set *g = &groups->v[i];
        struct labels labels = {.v = g->labels, .partial = g->unknown && !g->labels};
        enum truth meant = name.n ? truth_of(bytes_eq(g->name, name))
                                  : selector_decide(tree_get(one, "cidrGroupSelector"),
                                                    &labels, SELECTOR_CILIUM);
        there |= !name.n || meant == TRUTH_TRUE;
        any = truth_or(any, truth_and(meant, set_matches(g, tree_get(one, "except"), e)));
    }
    return there ? any : TRUTH_UNKNOWN;
}

static enum truth in_blocks(const struct rule *r, const json_t *list,
                            const struct peer *e)
{
    enum truth any = TRUTH_FALSE;
    for (size_t i = 0; e->kind == PEER_ADDRESS && i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        struct bytes cidr = tree_string(one, json_is_string(one) ? "" : "cidr");
        any = truth_or(any, cidr.n ? cidr_matches(cidr, tree_get(one, "except"), e)
                                   : in_groups(r, one, e));
    }
    return any;
}

static enum truth in_nodes(const json_t *list, const struct peer *e)
{
    enum truth any = TRUTH_FALSE;
    for (size_t i = 0; e->kind == PEER_NODE && i < json_array_size(list); i++)
        any = truth_or(
            any, selector_decide(json_array_get(list, i), &e->labels, SELECTOR_CILIUM));
    return any;
}

/* One member of a rule: "toEndpoints" is `kind` "Endpoints". NULL: it is not there. */
static const json_t *member(const struct rule *r, const char *kind)
{
    static const char *const directions[] = {"from", "to"};
    char name[32];
    snprintf(name, sizeof name, "%s%s", directions[r->direction], kind);
    return tree_get(r->json, name);
}

/* Names, services and groups of a cloud: what they are is known to the cluster alone. */
static enum truth not_resolved(const struct rule *r, const struct peer *e)
{
    bool services = json_array_size(member(r, "Services")) > 0;
    bool names =
        json_array_size(member(r, "FQDNs")) + json_array_size(member(r, "Groups"));
    return services || (names && e->kind == PEER_ADDRESS) ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

static const char *const peer_kinds[] = {"Endpoints", "Entities", "CIDR",  "CIDRSet",
                                         "Nodes",     "Services", "FQDNs", "Groups"};

static bool names_peers(const struct rule *r)
{
    for (size_t i = 0; i < sizeof peer_kinds / sizeof *peer_kinds; i++)
        if (json_is_array(member(r, peer_kinds[i])))
            return true;
    return false;
}

static enum truth matches(const struct rule *r, const struct peer *e)
{
    if (!names_peers(r))
        return truth_of(json_array_size(tree_get(r->json, "toPorts")) > 0);
    enum truth any = in_endpoints(r, member(r, "Endpoints"), e);
    any = truth_or(any, in_entities(member(r, "Entities"), e));
    any = truth_or(any, in_blocks(r, member(r, "CIDR"), e));
    any = truth_or(any, in_blocks(r, member(r, "CIDRSet"), e));
    any = truth_or(any, in_nodes(member(r, "Nodes"), e));
    return truth_or(any, not_resolved(r, e));
}

/* -- ports -------------------------------------------------------------------------- */

static void add_port(struct rule *rule, const json_t *port)
{
    struct bytes number = tree_string(port, "port");
    struct bytes protocol = tree_string(port, "protocol");
    struct port_range range = {protocol_of(protocol), 0, UINT16_MAX, BYTES_NONE};
    uint64_t first;
    if (protocol.n == 0 || bytes_eq_nocase(protocol, BYTES("ANY")))
        range.protocols = PROTOCOL_ALL;
    if (!bytes_to_u64(number, &first)) {
        range.name = number;
    } else if (first > 0 && first <= UINT16_MAX) { /* 0 is every port */
        range.first = (int64_t)first;
        if (!tree_integer(port, "endPort", &range.last) || range.last < range.first)
            range.last = range.first;
    }
    rule_port(&rule->ports, range);
}

static bool lets_all_names(const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        if (bytes_is(tree_string(json_array_get(names, i), "matchPattern"), "*"))
            return true;
    return false;
}

/* Rules about what is said on a port let part of it through; for names of DNS, "*" is all
 * of them. */
static bool is_partly(const json_t *element)
{
    const json_t *rules = tree_get(element, "rules");
    if (json_array_size(tree_get(element, "serverNames")))
        return true;
    if (json_object_size(rules) == 1 && tree_get(rules, "dns"))
        return !lets_all_names(tree_get(rules, "dns"));
    return json_object_size(rules) > 0;
}

static void set_why(struct rule *as)
{
    if (as->partly)
        as->why = "it lets through part of what is said on that port";
    else if (json_array_size(member(as, "FQDNs")))
        as->why = "which addresses its domain names have is not known";
    else if (json_array_size(member(as, "Services")))
        as->why = "what stands behind its services is not known";
    else if (json_array_size(member(as, "Entities")))
        as->why = "whether the address belongs to the cluster is not known";
    else if (json_array_size(member(as, "CIDRSet")) +
             json_array_size(member(as, "Groups")))
        as->why = "what its groups of addresses hold is not known";
}

/* One of the elements of toPorts (or NULL: every port), as a rule of its own. */
static void add_rule(struct netplan *p, struct policy *policy, struct rule as,
                     const json_t *element)
{
    const json_t *ports = tree_get(element, "ports");
    as.some_ports = json_array_size(ports) > 0;
    as.partly = is_partly(element) || member(&as, "Requires") ||
                tree_get(as.json, "authentication");
    set_why(&as);
    struct rule *rule = netplan_rule(p, policy, &as);
    for (size_t i = 0; rule && i < json_array_size(ports); i++)
        add_port(rule, json_array_get(ports, i));
}

static void add_blocks(struct netplan *p, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i), *except = tree_get(one, "except");
        netplan_block(p, tree_string(one, json_is_string(one) ? "" : "cidr"));
        for (size_t k = 0; k < json_array_size(except); k++)
            netplan_block(p, tree_string(json_array_get(except, k), ""));
    }
}

static void add_rules(struct netplan *p, struct policy *policy, const json_t *rules,
                      struct rule as)
{
    for (size_t i = 0; i < json_array_size(rules); i++) {
        as.json = json_array_get(rules, i);
        const json_t *ports = tree_get(as.json, "toPorts");
        if (json_array_size(tree_get(as.json, "icmps")) > 0)
            continue; /* of ICMP alone */
        if (json_array_size(ports) == 0)
            add_rule(p, policy, as, NULL);
        for (size_t k = 0; k < json_array_size(ports); k++)
            add_rule(p, policy, as, json_array_get(ports, k));
        add_blocks(p, member(&as, "CIDR"));
        add_blocks(p, member(&as, "CIDRSet"));
    }
}

/* -- policies ----------------------------------------------------------------------- */

static enum truth governs(const json_t *spec, enum direction d)
{
    bool in = d == DIRECTION_INGRESS;
    const json_t *told =
        tree_get(spec, in ? "enableDefaultDeny/ingress" : "enableDefaultDeny/egress");
    if (json_is_boolean(told))
        return truth_of(json_is_true(told));
    return truth_of(
        json_array_size(tree_get(spec, in ? "ingress" : "egress")) +
            json_array_size(tree_get(spec, in ? "ingressDeny" : "egressDeny")) >
        0);
}

static void add_spec(struct netplan *p, struct policy as, const json_t *spec)
{
    static const char *const allow[] = {"ingress", "egress"};
    static const char *const deny[] = {"ingressDeny", "egressDeny"};
    const json_t *selector = tree_get(spec, "endpointSelector");
    as.selects = selector ? endpoint_matches(selector, p->own) : TRUTH_FALSE;
    as.why = "whether a policy of Cilium selects the pod is not known";
    struct policy *allows = netplan_policy(p, &as), *denies = netplan_policy(p, &as);
    netplan_stage(p, allows, STAGE_DEFAULT, BYTES("default"), true);
    netplan_stage(p, denies, STAGE_DENIALS, BYTES("denials"), false);
    for (int d = DIRECTION_INGRESS; as.selects != TRUTH_FALSE && d <= DIRECTION_EGRESS;
         d++) {
        struct rule rule = {
            .direction = (enum direction)d, .matches = matches, .more = p};
        allows->governs[d] = governs(spec, (enum direction)d);
        denies->governs[d] = truth_of(json_array_size(tree_get(spec, deny[d])) > 0);
        add_rules(p, allows, tree_get(spec, allow[d]), rule);
        rule.action = ACTION_DENY;
        add_rules(p, denies, tree_get(spec, deny[d]), rule);
    }
}

void cilium_add(struct netplan *p, struct policy as)
{
    const json_t *several = tree_get(as.object, "specs");
    const json_t *spec = tree_get(as.object, "spec");
    if (as.namespace.n && !bytes_eq(as.namespace, p->own->namespace))
        return;
    as.order = 1000;
    if (!spec && !several) {
        struct policy *policy = netplan_policy(p, &as);
        netplan_stage(p, policy, STAGE_DEFAULT, BYTES("default"), true);
        netplan_unknown(p, policy);
    }
    if (spec)
        add_spec(p, as, spec);
    for (size_t i = 0; i < json_array_size(several); i++)
        add_spec(p, as, json_array_get(several, i));
}
