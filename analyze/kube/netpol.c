#include "analyze/kube/netpol.h"

#include <arpa/inet.h>

#include "formats/document.h"

const char *direction_name(enum direction d)
{
    return d == DIRECTION_INGRESS ? "ingress" : "egress";
}

/* -- label selectors ---------------------------------------------------------------- */

static const json_t *label(const json_t *labels, struct bytes key)
{
    return json_object_getn(labels, (const char *)key.p, key.n);
}

static bool in_values(const json_t *requirement, const json_t *value)
{
    const json_t *values = tree_get(requirement, "values");
    for (size_t i = 0; i < json_array_size(values); i++)
        if (bytes_eq(tree_string(json_array_get(values, i), ""), tree_string(value, "")))
            return true;
    return false;
}

static bool requirement_holds(const json_t *requirement, const json_t *labels,
                              bool *unknown)
{
    struct bytes relation = tree_string(requirement, "operator");
    const json_t *value = label(labels, tree_string(requirement, "key"));
    if (bytes_is(relation, "In"))
        return value && in_values(requirement, value);
    /* NotIn holds also where the key is absent. */
    if (bytes_is(relation, "NotIn"))
        return !value || !in_values(requirement, value);
    if (bytes_is(relation, "Exists"))
        return value;
    if (bytes_is(relation, "DoesNotExist"))
        return !value;
    if (unknown)
        *unknown = true;
    return false;
}

bool selector_matches(const json_t *selector, const json_t *labels, bool *unknown)
{
    if (!json_is_object(selector))
        return false;
    const json_t *match = tree_get(selector, "matchLabels");
    const json_t *requirements = tree_get(selector, "matchExpressions");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)match, key, value)
    {
        const json_t *own = label(labels, bytes_str(key));
        if (!own || !bytes_eq(tree_string(own, ""), tree_string(value, "")))
            return false;
    }
    for (size_t i = 0; i < json_array_size(requirements); i++)
        if (!requirement_holds(json_array_get(requirements, i), labels, unknown))
            return false;
    return true;
}

/* -- addresses ---------------------------------------------------------------------- */

/* Returns the number of octets, 0 when it is no address. */
static size_t parse_address(struct bytes text, uint8_t out[16])
{
    char room[INET6_ADDRSTRLEN];
    if (text.n == 0 || text.n >= sizeof room)
        return 0;
    memcpy(room, text.p, text.n);
    room[text.n] = '\0';
    if (inet_pton(AF_INET, room, out) == 1)
        return 4;
    return inet_pton(AF_INET6, room, out) == 1 ? 16 : 0;
}

bool cidr_contains(struct bytes cidr, struct bytes address)
{
    uint8_t block[16], own[16];
    uint64_t bits;
    size_t slash = bytes_find_byte(cidr, '/');
    size_t n = parse_address(bytes_sub(cidr, 0, slash), block);
    if (n == 0 || parse_address(address, own) != n ||
        !bytes_to_u64(bytes_from(cidr, slash + 1), &bits) || bits > 8 * n)
        return false;
    size_t whole = (size_t)bits / 8;
    if (memcmp(block, own, whole) != 0)
        return false;
    unsigned rest = (unsigned)bits % 8;
    return rest == 0 || (block[whole] >> (8 - rest)) == (own[whole] >> (8 - rest));
}

static bool block_matches(const json_t *block, struct bytes address)
{
    const json_t *except = tree_get(block, "except");
    if (!cidr_contains(tree_string(block, "cidr"), address))
        return false;
    for (size_t i = 0; i < json_array_size(except); i++)
        if (cidr_contains(tree_string(json_array_get(except, i), ""), address))
            return false;
    return true;
}

/* -- policies ----------------------------------------------------------------------- */

bool netpol_selects(const json_t *policy, struct bytes namespace, const json_t *labels)
{
    const json_t *selector = tree_get(policy, "spec/podSelector");
    struct bytes own = tree_string(policy, "metadata/namespace");
    if (own.n == 0)
        own = BYTES("default");
    if (!bytes_eq(own, namespace) || !tree_get(policy, "spec"))
        return false;
    /* podSelector is required; what the API stores for an empty one is {} or nothing. */
    return !selector || selector_matches(selector, labels, NULL);
}

const json_t *netpol_rules(const json_t *policy, enum direction d)
{
    return tree_get(policy, d == DIRECTION_INGRESS ? "spec/ingress" : "spec/egress");
}

bool netpol_governs(const json_t *policy, enum direction d)
{
    const json_t *types = tree_get(policy, "spec/policyTypes");
    const char *name = d == DIRECTION_INGRESS ? "Ingress" : "Egress";
    if (json_array_size(types) == 0)
        return d == DIRECTION_INGRESS || json_array_size(netpol_rules(policy, d)) > 0;
    for (size_t i = 0; i < json_array_size(types); i++)
        if (bytes_is(tree_string(json_array_get(types, i), ""), name))
            return true;
    return false;
}

bool netpol_peer_matches(const json_t *peer, struct bytes own_namespace,
                         const struct endpoint *e)
{
    const json_t *block = tree_get(peer, "ipBlock");
    const json_t *pods = tree_get(peer, "podSelector");
    const json_t *namespaces = tree_get(peer, "namespaceSelector");
    if (block)
        return block_matches(block, e->address);
    if (!e->is_pod || (!pods && !namespaces))
        return false;
    if (namespaces && !selector_matches(namespaces, e->namespace_labels, NULL))
        return false;
    if (!namespaces && !bytes_eq(e->namespace, own_namespace))
        return false;
    return !pods || selector_matches(pods, e->labels, NULL);
}

static bool port_matches(const json_t *port, const struct traffic *t)
{
    struct bytes protocol = tree_string(port, "protocol");
    const json_t *number = tree_get(port, "port");
    int64_t first, last;
    if (protocol.n == 0)
        protocol = BYTES("TCP"); /* the API's default */
    if (t->protocol.n && !bytes_eq(protocol, t->protocol))
        return false;
    if (!number || (t->port < 0 && t->port_name.n == 0))
        return true;
    if (json_is_string(number))
        return bytes_eq(tree_string(number, ""), t->port_name);
    if (!tree_integer(port, "port", &first))
        return false;
    if (!tree_integer(port, "endPort", &last))
        last = first;
    return t->port >= first && t->port <= last;
}

static const json_t *peers_of(const json_t *rule, enum direction d)
{
    return tree_get(rule, d == DIRECTION_INGRESS ? "from" : "to");
}

bool netpol_rule_allows(const json_t *rule, enum direction d, struct bytes own_namespace,
                        const struct endpoint *e, const struct traffic *t)
{
    const json_t *peers = peers_of(rule, d), *ports = tree_get(rule, "ports");
    bool peer = json_array_size(peers) == 0, port = json_array_size(ports) == 0;
    for (size_t i = 0; i < json_array_size(peers) && !peer; i++)
        peer = netpol_peer_matches(json_array_get(peers, i), own_namespace, e);
    for (size_t i = 0; i < json_array_size(ports) && !port; i++)
        port = port_matches(json_array_get(ports, i), t);
    return peer && port;
}

bool netpol_isolates(const struct netpol_set *set, enum direction d)
{
    for (size_t i = 0; i < set->n; i++)
        if (netpol_governs(set->policies[i], d))
            return true;
    return false;
}

static bool policy_allows(const struct netpol_set *set, const json_t *policy,
                          enum direction d, const struct endpoint *e,
                          const struct traffic *t)
{
    const json_t *rules = netpol_rules(policy, d);
    for (size_t i = 0; i < json_array_size(rules); i++)
        if (netpol_rule_allows(json_array_get(rules, i), d, set->namespace, e, t))
            return true;
    return false;
}

bool netpol_allows(const struct netpol_set *set, enum direction d,
                   const struct endpoint *e, const struct traffic *t)
{
    if (!netpol_isolates(set, d))
        return true;
    for (size_t i = 0; i < set->n; i++)
        if (netpol_governs(set->policies[i], d) &&
            policy_allows(set, set->policies[i], d, e, t))
            return true;
    return false;
}

/* Fewer bits than a /8, or a /16 of IPv6, are no network of somebody: who allows all
 * addresses but some, or both halves of them, names no peer. */
#define NARROW_BITS_4 8
#define NARROW_BITS_6 16

static bool is_everybody(const json_t *peer)
{
    return bytes_ends(tree_string(peer, "ipBlock/cidr"), BYTES("/0")) &&
           json_array_size(tree_get(peer, "ipBlock/except")) == 0;
}

static bool is_wide_block(struct bytes cidr)
{
    size_t slash = bytes_find_byte(cidr, '/');
    bool six = bytes_find_byte(cidr, ':') < slash;
    uint64_t bits;
    return bytes_to_u64(bytes_from(cidr, slash + 1), &bits) &&
           bits < (six ? NARROW_BITS_6 : NARROW_BITS_4);
}

static bool is_empty(const json_t *selector)
{
    return json_object_size(tree_get(selector, "matchLabels")) == 0 &&
           json_array_size(tree_get(selector, "matchExpressions")) == 0;
}

static bool is_wide(const json_t *peer)
{
    const json_t *pods = tree_get(peer, "podSelector");
    const json_t *namespaces = tree_get(peer, "namespaceSelector");
    if (tree_get(peer, "ipBlock"))
        return is_wide_block(tree_string(peer, "ipBlock/cidr"));
    return (pods || namespaces) && (!pods || is_empty(pods)) &&
           (!namespaces || is_empty(namespaces));
}

enum opening netpol_opening(const json_t *rule, enum direction d)
{
    const json_t *peers = peers_of(rule, d), *ports = tree_get(rule, "ports");
    bool everybody = json_array_size(peers) == 0, wide = false;
    for (size_t i = 0; i < json_array_size(peers); i++) {
        everybody |= is_everybody(json_array_get(peers, i));
        wide |= is_wide(json_array_get(peers, i));
    }
    if (everybody)
        return json_array_size(ports) == 0 ? OPENING_EVERYTHING : OPENING_EVERYBODY;
    return wide ? OPENING_WIDE : OPENING_SOME;
}
