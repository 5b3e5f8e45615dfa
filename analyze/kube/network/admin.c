/* AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy: rules of the
 * administrators, before and behind those of the namespaces.
 *
 * Source: policy.networking.k8s.io v1alpha1 (shared_types.go) and v1alpha2, v1beta1
 * (clusternetworkpolicy_types.go). Blocks of addresses are put to pods too; a peer of
 * which no field is known fails closed. */
#include "analyze/kube/network/netplan.h"
#include "formats/document.h"

static const char names_unresolved[] =
    "which addresses its domain names have is not known";

static enum truth in_networks(const json_t *networks, const struct peer *e)
{
    enum truth any = TRUTH_FALSE;
    for (size_t i = 0; i < json_array_size(networks) && any != TRUTH_TRUE; i++)
        any = truth_or(
            any, cidr_matches(tree_string(json_array_get(networks, i), ""), NULL, e));
    return any;
}

/* An address that no node of the evidence has may be one of another node. */
static enum truth of_nodes(const json_t *selector, const struct peer *e)
{
    if (e->kind == PEER_NODE)
        return selector_decide(selector, &e->labels, SELECTOR_PLAIN);
    return e->kind == PEER_POD && e->host_network ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

static enum truth peer_matches(const struct rule *r, const json_t *peer,
                               const struct peer *e)
{
    const json_t *namespaces = tree_get(peer, "namespaces");
    const json_t *pods = tree_get(peer, "pods");
    const json_t *networks = tree_get(peer, "networks");
    const json_t *nodes = tree_get(peer, "nodes");
    if (namespaces)
        return pod_matches(e, namespaces, NULL);
    if (pods)
        return pod_matches(e, tree_get(pods, "namespaceSelector"),
                           tree_get(pods, "podSelector"));
    if (networks)
        return in_networks(networks, e);
    if (nodes)
        return of_nodes(nodes, e);
    if (tree_get(peer, "domainNames"))
        return e->kind == PEER_ADDRESS ? TRUTH_UNKNOWN : TRUTH_FALSE;
    return truth_of(r->action != ACTION_ALLOW);
}

static const json_t *peers_of(const struct rule *r)
{
    return tree_get(r->json, r->direction == DIRECTION_INGRESS ? "from" : "to");
}

static enum truth matches(const struct rule *r, const struct peer *e)
{
    const json_t *peers = peers_of(r);
    enum truth any = TRUTH_FALSE;
    for (size_t i = 0; i < json_array_size(peers) && any != TRUTH_TRUE; i++)
        any = truth_or(any, peer_matches(r, json_array_get(peers, i), e));
    return any;
}

/* -- ports -------------------------------------------------------------------------- */

static void add_number(struct rule *rule, unsigned protocols, const json_t *port,
                       const char *const names[3])
{
    struct port_range range = {protocols, 0, UINT16_MAX, BYTES_NONE};
    if (tree_integer(port, names[0], &range.first))
        range.last = range.first;
    else if (!tree_integer(port, names[1], &range.first) ||
             !tree_integer(port, names[2], &range.last))
        range = (struct port_range){protocols, 0, UINT16_MAX, BYTES_NONE};
    rule_port(&rule->ports, range);
}

/* v1alpha1: {portNumber: {protocol, port}}, {portRange: {protocol, start, end}},
 * {namedPort}. */
static void add_port(struct rule *rule, const json_t *port)
{
    static const char *const names[3] = {"port", "start", "end"};
    const json_t *number = tree_get(port, "portNumber");
    const json_t *told = number ? number : tree_get(port, "portRange");
    struct bytes protocol = tree_string(told, "protocol");
    struct port_range named = {PROTOCOL_ALL, 0, 0, tree_string(port, "namedPort")};
    if (named.name.n)
        rule_port(&rule->ports, named);
    else
        add_number(rule, protocol.n ? protocol_of(protocol) : PROTOCOL_TCP, told, names);
}

/* v1alpha2: {tcp: {destinationPort: {number | range}}}, {destinationNamedPort}. */
static void add_protocol(struct rule *rule, const json_t *one)
{
    static const char *const names[3] = {"number", "range/start", "range/end"};
    static const char *const protocols[] = {"tcp", "udp", "sctp"};
    struct port_range named = {PROTOCOL_ALL, 0, 0,
                               tree_string(one, "destinationNamedPort")};
    if (named.name.n)
        rule_port(&rule->ports, named);
    for (unsigned i = 0; i < 3; i++) {
        const json_t *told = tree_get(one, protocols[i]);
        if (told)
            add_number(rule, 1U << i, tree_get(told, "destinationPort"), names);
    }
}

static void add_ports(struct rule *rule)
{
    const json_t *ports = tree_get(rule->json, "ports");
    const json_t *protocols = tree_get(rule->json, "protocols");
    for (size_t i = 0; i < json_array_size(ports); i++)
        add_port(rule, json_array_get(ports, i));
    for (size_t i = 0; i < json_array_size(protocols); i++)
        add_protocol(rule, json_array_get(protocols, i));
    rule->some_ports = json_array_size(ports) + json_array_size(protocols) > 0;
}

/* -- policies ----------------------------------------------------------------------- */

static enum action action_of(struct bytes word)
{
    return bytes_is(word, "Deny")   ? ACTION_DENY
           : bytes_is(word, "Pass") ? ACTION_PASS
                                    : ACTION_ALLOW; /* "Allow", "Accept" */
}

static void add_rules(struct netplan *p, struct policy *policy, enum direction d)
{
    const json_t *rules =
        tree_get(policy->object, d == DIRECTION_INGRESS ? "spec/ingress" : "spec/egress");
    policy->governs[d] = truth_of(json_array_size(rules) > 0);
    for (size_t i = 0; i < json_array_size(rules); i++) {
        struct rule as = {
            .json = json_array_get(rules, i), .direction = d, .matches = matches};
        as.action = action_of(tree_string(as.json, "action"));
        struct rule *rule = netplan_rule(p, policy, &as);
        if (!rule)
            return;
        add_ports(rule);
        const json_t *peers = peers_of(rule);
        for (size_t k = 0; k < json_array_size(peers); k++) {
            const json_t *peer = json_array_get(peers, k);
            const json_t *networks = tree_get(peer, "networks");
            for (size_t n = 0; n < json_array_size(networks); n++)
                netplan_block(p, tree_string(json_array_get(networks, n), ""));
            if (tree_get(peer, "domainNames"))
                rule->why = names_unresolved;
        }
    }
}

/* Pods on their node's network are no subjects. */
static enum truth subject(const struct netplan *p, const json_t *object)
{
    const json_t *namespaces = tree_get(object, "spec/subject/namespaces");
    const json_t *pods = tree_get(object, "spec/subject/pods");
    if (p->own->host_network)
        return TRUTH_FALSE;
    if (namespaces)
        return pod_matches(p->own, namespaces, NULL);
    return pods ? pod_matches(p->own, tree_get(pods, "namespaceSelector"),
                              tree_get(pods, "podSelector"))
                : TRUTH_FALSE;
}

void admin_add(struct netplan *p, struct policy as)
{
    bool baseline = bytes_starts(bytes_str(as.kind), BYTES("Baseline")) ||
                    bytes_is(tree_string(as.object, "spec/tier"), "Baseline");
    int64_t priority = 0;
    struct policy *policy = netplan_policy(p, &as);
    netplan_stage(p, policy, baseline ? STAGE_BASELINE : STAGE_ADMIN,
                  baseline ? BYTES("baseline") : BYTES("admin"), false);
    if (!tree_get(as.object, "spec")) {
        netplan_unknown(p, policy);
        return;
    }
    tree_integer(as.object, "spec/priority", &priority);
    policy->order = (double)priority;
    policy->selects = subject(p, as.object);
    policy->why = "the labels of the pod's namespace are not in the evidence";
    for (int d = DIRECTION_INGRESS;
         policy->selects != TRUTH_FALSE && d <= DIRECTION_EGRESS; d++)
        add_rules(p, policy, (enum direction)d);
}
