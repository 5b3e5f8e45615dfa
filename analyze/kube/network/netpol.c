/* NetworkPolicy: policies add up; a pod that none selects for a direction is open in it.
 *
 * Source: networking.k8s.io/v1 NetworkPolicySpec and its documentation; the end-to-end
 * tests of Kubernetes put blocks of addresses to pods too, where plugins differ. */
#include "analyze/kube/network/netplan.h"
#include "formats/document.h"

static enum truth same_namespace(const struct rule *r, const struct peer *e)
{
    if (e->namespace.n == 0)
        return TRUTH_UNKNOWN;
    return truth_of(bytes_eq(e->namespace, r->policy->namespace));
}

static enum truth peer_matches(const struct rule *r, const json_t *peer,
                               const struct peer *e)
{
    const json_t *block = tree_get(peer, "ipBlock");
    const json_t *pods = tree_get(peer, "podSelector");
    const json_t *namespaces = tree_get(peer, "namespaceSelector");
    const struct netplan *plan = r->more;
    if (block && plan->cilium && e->kind == PEER_POD)
        return TRUTH_FALSE; /* it knows pods by their labels alone */
    if (block)
        return cidr_matches(tree_string(block, "cidr"), tree_get(block, "except"), e);
    if (e->kind != PEER_POD || (!pods && !namespaces))
        return TRUTH_FALSE;
    enum truth t = namespaces ? TRUTH_TRUE : same_namespace(r, e);
    return truth_and(t, pod_matches(e, namespaces, pods));
}

static const json_t *peers_of(const struct rule *r)
{
    return tree_get(r->json, r->direction == DIRECTION_INGRESS ? "from" : "to");
}

static enum truth matches(const struct rule *r, const struct peer *e)
{
    const json_t *peers = peers_of(r);
    enum truth any = truth_of(json_array_size(peers) == 0);
    for (size_t i = 0; i < json_array_size(peers) && any != TRUTH_TRUE; i++)
        any = truth_or(any, peer_matches(r, json_array_get(peers, i), e));
    return any;
}

static void add_port(struct rule *rule, const json_t *port)
{
    struct bytes protocol = tree_string(port, "protocol");
    const json_t *number = tree_get(port, "port");
    struct port_range range = {protocol_of(protocol), 0, UINT16_MAX, BYTES_NONE};
    if (protocol.n == 0)
        range.protocols = PROTOCOL_TCP; /* the API's default */
    if (json_is_string(number))
        range.name = tree_string(number, "");
    else if (tree_integer(port, "port", &range.first) &&
             !tree_integer(port, "endPort", &range.last))
        range.last = range.first;
    rule_port(&rule->ports, range);
}

static void add_blocks(struct netplan *p, const struct rule *rule)
{
    const json_t *peers = peers_of(rule);
    for (size_t i = 0; i < json_array_size(peers); i++) {
        const json_t *block = tree_get(json_array_get(peers, i), "ipBlock");
        const json_t *except = tree_get(block, "except");
        netplan_block(p, tree_string(block, "cidr"));
        for (size_t k = 0; k < json_array_size(except); k++)
            netplan_block(p, tree_string(json_array_get(except, k), ""));
    }
}

static void add_rules(struct netplan *p, struct policy *policy, enum direction d)
{
    const json_t *rules =
        tree_get(policy->object, d == DIRECTION_INGRESS ? "spec/ingress" : "spec/egress");
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *json = json_array_get(rules, i), *ports = tree_get(json, "ports");
        struct rule as = {.json = json,
                          .direction = d,
                          .matches = matches,
                          .some_ports = json_array_size(ports) > 0,
                          .more = p};
        struct rule *rule = netplan_rule(p, policy, &as);
        for (size_t k = 0; rule && k < json_array_size(ports); k++)
            add_port(rule, json_array_get(ports, k));
        if (rule)
            add_blocks(p, rule);
    }
}

/* policyTypes, with the defaults of the API: Ingress always, Egress when there are egress
 * rules. */
static enum truth governs(const json_t *object, enum direction d)
{
    const json_t *types = tree_get(object, "spec/policyTypes");
    if (json_array_size(types) == 0)
        return truth_of(d == DIRECTION_INGRESS ||
                        json_array_size(tree_get(object, "spec/egress")) > 0);
    return truth_of(json_names(types, d == DIRECTION_INGRESS ? "Ingress" : "Egress"));
}

void netpol_add(struct netplan *p, struct policy as)
{
    const json_t *selector = tree_get(as.object, "spec/podSelector");
    if (!bytes_eq(as.namespace, p->own->namespace))
        return;
    struct policy *policy = netplan_policy(p, &as);
    policy->order = 1000; /* where Calico has it in its default tier */
    netplan_stage(p, policy, STAGE_DEFAULT, BYTES("default"), true);
    if (!tree_get(as.object, "spec")) {
        netplan_unknown(p, policy);
        return;
    }
    /* podSelector is required; what the API stores for an empty one is {} or nothing. */
    policy->selects = selector
                          ? selector_decide(selector, &p->own->labels, SELECTOR_PLAIN)
                          : TRUTH_TRUE;
    for (int d = DIRECTION_INGRESS; d <= DIRECTION_EGRESS; d++) {
        policy->governs[d] = governs(as.object, (enum direction)d);
        if (policy->governs[d] == TRUTH_TRUE && policy->selects != TRUTH_FALSE)
            add_rules(p, policy, (enum direction)d);
    }
}
