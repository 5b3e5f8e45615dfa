/* Rules: whether one speaks of a port or of a peer; what the kinds of policies share. */
#include "analyze/kube/network/netplan.h"
#include "formats/document.h"

/* -- ports of one rule -------------------------------------------------------------- */

/* The container's port of that name. Where nothing tells the containers of a pod, none is
 * known; an address has no names. */
static enum truth named_port(const struct peer *at, const struct port_range *range,
                             struct traffic t)
{
    static const char *const lists[] = {"containers", "initContainers"};
    if (!at || at->kind != PEER_POD)
        return TRUTH_FALSE;
    if (!at->spec || t.port < 0 || !t.protocol)
        return TRUTH_UNKNOWN;
    for (size_t l = 0; l < 2; l++) {
        const json_t *list = tree_get(at->spec, lists[l]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *ports = tree_get(json_array_get(list, i), "ports");
            for (size_t k = 0; k < json_array_size(ports); k++) {
                const json_t *port = json_array_get(ports, k);
                struct bytes protocol = tree_string(port, "protocol");
                int64_t number;
                if (bytes_eq(tree_string(port, "name"), range->name) &&
                    tree_integer(port, "containerPort", &number) && number == t.port &&
                    protocol_of(protocol.n ? protocol : BYTES("TCP")) == t.protocol)
                    return TRUTH_TRUE;
            }
        }
    }
    return TRUTH_FALSE;
}

static enum truth range_has(const struct port_range *range, const struct peer *at,
                            struct traffic t)
{
    enum truth protocol =
        t.protocol ? truth_of(range->protocols & t.protocol) : TRUTH_UNKNOWN;
    enum truth number = truth_of(t.port >= range->first && t.port <= range->last);
    if (range->name.n)
        number = named_port(at, range, t);
    else if (range->first <= 0 && range->last >= UINT16_MAX)
        number = TRUTH_TRUE;
    else if (t.port < 0)
        number = TRUTH_UNKNOWN;
    return truth_and(protocol, number);
}

static enum truth ports_have(const struct ports *ports, const struct peer *at,
                             struct traffic t)
{
    enum truth any = TRUTH_FALSE;
    for (size_t i = 0; i < ports->n && any != TRUTH_TRUE; i++)
        any = truth_or(any, range_has(&ports->v[i], at, t));
    return any;
}

enum truth rule_has_port(const struct netplan *p, const struct rule *r,
                         const struct peer *e, struct traffic t)
{
    const struct peer *at = r->direction == DIRECTION_INGRESS ? p->own : e;
    enum truth port = r->some_ports ? ports_have(&r->ports, at, t) : TRUTH_TRUE;
    if (r->not_ports.n)
        port = truth_and(port, truth_not(ports_have(&r->not_ports, at, t)));
    return r->partly ? truth_and(port, TRUTH_UNKNOWN) : port;
}

/* -- what kinds of policies share --------------------------------------------------- */

static enum truth anybody(const struct rule *r, const struct peer *e)
{
    (void)r;
    (void)e;
    return TRUTH_UNKNOWN;
}

void netplan_unknown(struct netplan *p, struct policy *policy)
{
    policy->selects = policy->governs[0] = policy->governs[1] = TRUTH_UNKNOWN;
    policy->why =
        "the content of a policy that may select the pod is not in the evidence";
    for (int d = DIRECTION_INGRESS; d <= DIRECTION_EGRESS; d++) {
        struct rule as = {.direction = (enum direction)d, .matches = anybody};
        netplan_rule(p, policy, &as);
        as.action = ACTION_DENY;
        netplan_rule(p, policy, &as);
    }
}

bool json_names(const json_t *array, const char *word)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (bytes_is(tree_string(json_array_get(array, i), ""), word))
            return true;
    return false;
}

static bool has_address(struct bytes cidr, const json_t *except, const struct ip *ip)
{
    struct block block;
    if (!block_parse(cidr, &block) || !block_has(&block, ip))
        return false;
    for (size_t i = 0; i < json_array_size(except); i++)
        if (block_parse(tree_string(json_array_get(except, i), ""), &block) &&
            block_has(&block, ip))
            return false;
    return true;
}

/* Pods and nodes have addresses of private networks, unless somebody says otherwise: of
 * one whose address is not known it is taken that no narrow public block has it. */
static bool is_public_block(const struct block *block)
{
    struct ip last = block_last(block);
    return block->bits >= 8 && ip_is_public(&block->base) && ip_is_public(&last);
}

enum truth cidr_matches(struct bytes cidr, const json_t *except, const struct peer *e)
{
    struct block block;
    if (!block_parse(cidr, &block))
        return TRUTH_FALSE;
    if (e->address_count == 0)
        return truth_and(truth_of(!is_public_block(&block)), TRUTH_UNKNOWN);
    for (size_t i = 0; i < e->address_count; i++)
        if (has_address(cidr, except, &e->addresses[i]))
            return TRUTH_TRUE;
    return TRUTH_FALSE;
}

enum truth set_matches(const struct address_set *s, const json_t *except,
                       const struct peer *e)
{
    enum truth any = s->unknown ? TRUTH_UNKNOWN : TRUTH_FALSE;
    for (size_t i = 0; !s->unknown && i < json_array_size(s->blocks); i++)
        any = truth_or(
            any, cidr_matches(tree_string(json_array_get(s->blocks, i), ""), except, e));
    return any;
}

void netplan_set_blocks(struct netplan *p, const struct address_sets *sets)
{
    for (size_t i = 0; i < sets->n; i++)
        for (size_t k = 0; !sets->v[i].unknown && k < json_array_size(sets->v[i].blocks);
             k++)
            netplan_block(p, tree_string(json_array_get(sets->v[i].blocks, k), ""));
}

enum truth pod_matches(const struct peer *e, const json_t *namespaces, const json_t *pods)
{
    if (e->kind != PEER_POD)
        return TRUTH_FALSE;
    enum truth t = TRUTH_TRUE;
    if (namespaces)
        t = selector_decide(namespaces, &e->namespace_labels, SELECTOR_PLAIN);
    if (pods)
        t = truth_and(t, selector_decide(pods, &e->labels, SELECTOR_PLAIN));
    return e->host_network ? truth_and(t, TRUTH_UNKNOWN) : t;
}
