/* NetworkPolicy: cases after the documentation of networking.k8s.io/v1. */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "analyze/kube/network/space.h"

static json_t *parse(const char *text)
{
    json_t *j = json_loads(text, 0, NULL);
    cr_assert(j, "%s", text);
    return j;
}

static bool selects(const char *selector, const char *labels)
{
    json_t *s = parse(selector), *l = parse(labels);
    bool matches = selector_matches(s, l, NULL);
    json_decref(s);
    json_decref(l);
    return matches;
}

Test(selector, empty_matches_all_absent_nothing)
{
    cr_assert(selects("{}", "{\"a\":\"1\"}"));
    cr_assert(selects("{}", "{}"));
    cr_assert_not(selector_matches(NULL, NULL, NULL));
}

Test(selector, expressions)
{
    const char *in = "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\","
                     "\"values\":[\"1\",\"2\"]}]}";
    const char *not_in = "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"NotIn\","
                         "\"values\":[\"1\"]}]}";
    const char *exists =
        "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Exists\"}]}";
    cr_assert(selects(in, "{\"a\":\"2\"}"));
    cr_assert_not(selects(in, "{}"));
    cr_assert(selects(not_in, "{}"), "NotIn holds where the key is absent");
    cr_assert_not(selects(not_in, "{\"a\":\"1\"}"));
    cr_assert(selects(exists, "{\"a\":\"\"}"));
    cr_assert_not(
        selects("{\"matchLabels\":{\"a\":\"1\",\"b\":\"2\"}}", "{\"a\":\"1\"}"));
}

Test(selector, unknown_operator_is_told)
{
    json_t *s = parse("{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Gt\"}]}");
    json_t *l = parse("{\"a\":\"2\"}");
    bool unknown = false;
    cr_assert_not(selector_matches(s, l, &unknown));
    cr_assert(unknown);
    json_decref(s);
    json_decref(l);
}

static bool in_block(const char *cidr, const char *address)
{
    return cidr_contains(bytes_str(cidr), bytes_str(address));
}

Test(cidr, blocks)
{
    cr_assert(in_block("172.17.0.0/16", "172.17.255.1"));
    cr_assert_not(in_block("172.17.0.0/16", "172.18.0.1"));
    cr_assert(in_block("10.0.0.0/9", "10.127.255.255"));
    cr_assert_not(in_block("10.0.0.0/9", "10.128.0.0"));
    cr_assert(in_block("0.0.0.0/0", "198.51.100.23"));
    cr_assert(in_block("2001:db8::/32", "2001:db8:1::1"));
    cr_assert_not(in_block("2001:db8::/32", "2001:db9::1"));
    cr_assert_not(in_block("0.0.0.0/0", "::1"));
    cr_assert_not(in_block("10.0.0.0/33", "10.0.0.1"));
    cr_assert_not(in_block("10.0.0.0", "10.0.0.0"));
    cr_assert_not(in_block("nonsense/8", "10.0.0.0"));
}

/* The policy of the documentation's first page. */
static const char *const documented =
    "{\"metadata\":{\"namespace\":\"default\",\"name\":\"test-network-policy\"},"
    "\"spec\":{\"podSelector\":{\"matchLabels\":{\"role\":\"db\"}},"
    "\"policyTypes\":[\"Ingress\",\"Egress\"],"
    "\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":\"172.17.0.0/16\","
    "\"except\":[\"172.17.1.0/24\"]}},"
    "{\"namespaceSelector\":{\"matchLabels\":{\"project\":\"myproject\"}}},"
    "{\"podSelector\":{\"matchLabels\":{\"role\":\"frontend\"}}}],"
    "\"ports\":[{\"protocol\":\"TCP\",\"port\":6379}]}],"
    "\"egress\":[{\"to\":[{\"ipBlock\":{\"cidr\":\"10.0.0.0/24\"}}],"
    "\"ports\":[{\"protocol\":\"TCP\",\"port\":5978}]}]}}";

/* The outcome for a pod of `default` that has these labels. */
static unsigned outcome(const char *policy, const char *own_labels, enum direction d,
                        struct peer e, struct traffic t)
{
    json_t *p = policy ? parse(policy) : NULL, *labels = parse(own_labels);
    struct arena arena = ARENA_INIT;
    struct peer own = {
        .kind = PEER_POD, .namespace = BYTES("default"), .labels = {.v = labels}};
    struct netplan plan = {.arena = &arena, .own = &own};
    struct policy as = {
        .kind = "NetworkPolicy", .namespace = BYTES("default"), .object = p};
    if (p)
        netpol_add(&plan, as);
    netplan_settle(&plan);
    unsigned result = netplan_decide(&plan, d, &e, t);
    netplan_release(&plan);
    arena_release(&arena);
    json_decref(labels);
    json_decref(p);
    return result;
}

static bool allows(const char *policy, enum direction d, struct peer e, int64_t port,
                   const char *protocol)
{
    struct traffic t = {protocol_of(bytes_str(protocol)), port};
    unsigned result = outcome(policy, "{\"role\":\"db\"}", d, e, t);
    cr_assert(result == OUTCOME_ALLOW || result == OUTCOME_DENY);
    return result == OUTCOME_ALLOW;
}

static struct peer address(const char *text)
{
    static struct ip ips[64];
    static size_t n;
    struct ip *ip = &ips[n++ % 64];
    cr_assert(ip_parse(bytes_str(text), ip));
    return (struct peer){.kind = PEER_ADDRESS, .addresses = ip, .address_count = 1};
}

Test(policy, documented_addresses)
{
    cr_assert(allows(documented, DIRECTION_INGRESS, address("172.17.2.9"), 6379, "TCP"));
    cr_assert_not(
        allows(documented, DIRECTION_INGRESS, address("172.17.1.9"), 6379, "TCP"));
    cr_assert_not(
        allows(documented, DIRECTION_INGRESS, address("172.17.2.9"), 6380, "TCP"));
    cr_assert_not(
        allows(documented, DIRECTION_INGRESS, address("172.17.2.9"), 6379, "UDP"));
    cr_assert(allows(documented, DIRECTION_EGRESS, address("10.0.0.7"), 5978, "TCP"));
    cr_assert_not(allows(documented, DIRECTION_EGRESS, address("10.0.1.7"), 5978, "TCP"));
}

static struct labels known(const json_t *v)
{
    return (struct labels){.v = v};
}

Test(policy, documented_pods)
{
    json_t *frontend = parse("{\"role\":\"frontend\"}");
    json_t *project = parse("{\"project\":\"myproject\"}");
    struct peer own = {
        .kind = PEER_POD, .namespace = BYTES("default"), .labels = known(frontend)};
    own.addresses = address("10.9.9.9").addresses;
    own.address_count = 1;
    struct peer other = own;
    other.namespace = BYTES("elsewhere");
    cr_assert(allows(documented, DIRECTION_INGRESS, own, 6379, "TCP"));
    cr_assert_not(allows(documented, DIRECTION_INGRESS, other, 6379, "TCP"),
                  "a podSelector alone means the policy's own namespace");
    other.namespace_labels = known(project);
    other.labels = known(NULL);
    cr_assert(allows(documented, DIRECTION_INGRESS, other, 6379, "TCP"));
    json_decref(frontend);
    json_decref(project);
}

/* One element with both selectors is AND, two elements are OR. */
static const char *const alices_clients =
    "{\"metadata\":{\"namespace\":\"default\"},\"spec\":{\"podSelector\":{},"
    "\"ingress\":[{\"from\":[{\"namespaceSelector\":{\"matchLabels\":{\"user\":"
    "\"alice\"}},"
    "\"podSelector\":{\"matchLabels\":{\"role\":\"client\"}}}]}]}}";

Test(policy, both_selectors_in_one_element)
{
    json_t *alice = parse("{\"user\":\"alice\"}"),
           *client = parse("{\"role\":\"client\"}");
    struct peer e = {.kind = PEER_POD,
                     .namespace = BYTES("x"),
                     .namespace_labels = known(alice),
                     .labels = known(client)};
    cr_assert(allows(alices_clients, DIRECTION_INGRESS, e, 80, "TCP"));
    e.labels = known(NULL);
    cr_assert_not(allows(alices_clients, DIRECTION_INGRESS, e, 80, "TCP"));
    json_decref(alice);
    json_decref(client);
}

/* Labels that nobody recorded are no labels that are absent. */
Test(policy, what_is_not_known_is_not_decided)
{
    struct traffic t = {PROTOCOL_TCP, 80};
    json_t *client = parse("{\"role\":\"client\"}"), *none = parse("{}");
    struct peer e = {.kind = PEER_POD,
                     .namespace = BYTES("x"),
                     .namespace_labels = {.partial = true},
                     .labels = known(client)};
    cr_assert_eq(outcome(alices_clients, "{}", DIRECTION_INGRESS, e, t),
                 OUTCOME_ALLOW | OUTCOME_DENY);
    e.labels = known(none);
    cr_assert_eq(outcome(alices_clients, "{}", DIRECTION_INGRESS, e, t), OUTCOME_DENY,
                 "the pod's own labels settle it");
    struct peer web = {.kind = PEER_POD, .labels = known(none)};
    cr_assert_eq(outcome("{}", "{}", DIRECTION_EGRESS, web, t),
                 OUTCOME_ALLOW | OUTCOME_DENY,
                 "a policy whose content is not told may do anything");
    json_decref(client);
    json_decref(none);
}

/* A name is a port of the container that is called. */
Test(policy, named_ports)
{
    const char *policy =
        "{\"spec\":{\"podSelector\":{},\"policyTypes\":[\"Egress\"],\"egress\":"
        "[{\"ports\":[{\"port\":\"web\"}]}]}}";
    json_t *spec = parse("{\"containers\":[{\"ports\":[{\"name\":\"web\","
                         "\"containerPort\":8080},{\"name\":\"other\",\"containerPort\":"
                         "9090}]}]}");
    struct peer e = {.kind = PEER_POD, .namespace = BYTES("x"), .spec = spec};
    cr_assert(allows(policy, DIRECTION_EGRESS, e, 8080, "TCP"));
    cr_assert_not(allows(policy, DIRECTION_EGRESS, e, 8080, "UDP"));
    cr_assert_not(allows(policy, DIRECTION_EGRESS, e, 9090, "TCP"));
    cr_assert_not(allows(policy, DIRECTION_EGRESS, address("1.2.3.4"), 8080, "TCP"),
                  "an address has no names");
    e.spec = NULL;
    cr_assert_eq(
        outcome(policy, "{}", DIRECTION_EGRESS, e, (struct traffic){PROTOCOL_TCP, 1}),
        OUTCOME_ALLOW | OUTCOME_DENY);
    json_decref(spec);
}

/* Does it hold back what it does not name? */
static bool governs(const char *spec, enum direction d)
{
    return !allows(spec, d, address("1.2.3.4"), 80, "TCP");
}

Test(policy, default_types)
{
    cr_assert(governs("{\"spec\":{}}", DIRECTION_INGRESS));
    cr_assert_not(governs("{\"spec\":{}}", DIRECTION_EGRESS));
    cr_assert(governs("{\"spec\":{\"egress\":[{\"ports\":[{\"port\":1}]}]}}",
                      DIRECTION_EGRESS));
    cr_assert_not(
        governs("{\"spec\":{\"policyTypes\":[\"Egress\"]}}", DIRECTION_INGRESS));
}

/* Default deny, default allow, and no policy at all. */
Test(policy, defaults_of_the_documentation)
{
    const char *deny =
        "{\"spec\":{\"podSelector\":{},\"policyTypes\":[\"Ingress\",\"Egress\"]}}";
    const char *allow = "{\"spec\":{\"podSelector\":{},\"ingress\":[{}],"
                        "\"policyTypes\":[\"Ingress\"]}}";
    struct peer e = address("1.2.3.4");
    cr_assert_not(allows(deny, DIRECTION_INGRESS, e, 80, "TCP"));
    cr_assert_not(allows(deny, DIRECTION_EGRESS, e, 80, "TCP"));
    cr_assert(allows(allow, DIRECTION_INGRESS, e, 80, "TCP"));
    cr_assert(allows(allow, DIRECTION_EGRESS, e, 80, "TCP"), "egress is not governed");
    cr_assert(allows(NULL, DIRECTION_EGRESS, e, 443, "TCP"));
}

Test(policy, ranges_of_ports)
{
    const char *range =
        "{\"spec\":{\"podSelector\":{},\"policyTypes\":[\"Egress\"],\"egress\":"
        "[{\"ports\":[{\"port\":32000,\"endPort\":32768}]}]}}";
    cr_assert(allows(range, DIRECTION_EGRESS, address("1.2.3.4"), 32768, "TCP"));
    cr_assert_not(allows(range, DIRECTION_EGRESS, address("1.2.3.4"), 32769, "TCP"));
    cr_assert_not(allows(range, DIRECTION_EGRESS, address("1.2.3.4"), 32000, "UDP"),
                  "TCP is the default protocol");
}

Test(policy, selects_by_labels)
{
    struct traffic t = {PROTOCOL_TCP, 80};
    cr_assert_eq(outcome(documented, "{}", DIRECTION_INGRESS, address("1.2.3.4"), t),
                 OUTCOME_ALLOW);
    cr_assert_eq(outcome(documented, "{\"role\":\"db\"}", DIRECTION_INGRESS,
                         address("1.2.3.4"), t),
                 OUTCOME_DENY);
}

/* -- addresses and ports in words --------------------------------------------------- */

/* The ports and addresses that egress rules leave open, as they are told. */
static const char *told(const char *rules)
{
    static char line[1024];
    struct arena arena = ARENA_INIT;
    json_t *p = json_pack("{s{s{}s[s]so}}", "spec", "podSelector", "policyTypes",
                          "Egress", "egress", parse(rules));
    struct peer own = {.kind = PEER_POD, .namespace = BYTES("default")};
    struct netplan plan = {.arena = &arena, .own = &own};
    struct address_ranges ranges = {0};
    struct text t = {0};
    netpol_add(&plan, (struct policy){.namespace = BYTES("default"), .object = p});
    netplan_settle(&plan);
    netplan_addresses(&plan, DIRECTION_EGRESS, &ranges);
    for (size_t i = 0; i < ranges.n; i++) {
        bool first = ranges.v[i].open.n > 0;
        for (size_t k = 0; k < i; k++)
            first &= !addresses_alike(&ranges.v[i], &ranges.v[k]);
        if (!first)
            continue;
        addresses_text(&ranges, &ranges.v[i], &t);
        text_str(&t, " (");
        text_add(&t, ranges.v[i].open);
        text_str(&t, ")");
    }
    text_str(&t, addresses_are_wide(&ranges) ? " wide" : "");
    snprintf(line, sizeof line, "%s", text_c(&t));
    text_release(&t);
    free(ranges.v);
    netplan_release(&plan);
    arena_release(&arena);
    json_decref(p);
    return line;
}

Test(space, in_words)
{
    cr_expect_str_eq(told("[{}]"), "every address (every port) wide");
    cr_expect_str_eq(told("[]"), "");
    cr_expect_str_eq(
        told("[{\"to\":[{\"ipBlock\":{\"cidr\":\"0.0.0.0/0\",\"except\":"
             "[\"10.0.0.0/8\"]}}],\"ports\":[{\"port\":443},{\"port\":8000,"
             "\"endPort\":8009}]}]"),
        "0.0.0.0-9.255.255.255, 11.0.0.0-255.255.255.255 (TCP 443, 8000-8009) "
        "wide");
    cr_expect_str_eq(told("[{\"to\":[{\"ipBlock\":{\"cidr\":\"10.0.0.0/9\"}},"
                          "{\"ipBlock\":{\"cidr\":\"10.128.0.0/9\"}}]}]"),
                     "10.0.0.0/8 (every port)");
    cr_expect_str_eq(told("[{\"to\":[{\"ipBlock\":{\"cidr\":\"0.0.0.0/1\"}},"
                          "{\"ipBlock\":{\"cidr\":\"128.0.0.0/1\"}}]}]"),
                     "every IPv4 address (every port) wide");
    cr_expect_str_eq(told("[{\"to\":[{\"ipBlock\":{\"cidr\":\"192.0.2.7/32\"}}],"
                          "\"ports\":[{\"protocol\":\"UDP\",\"port\":53}]},"
                          "{\"to\":[{\"ipBlock\":{\"cidr\":\"2001:db8::/32\"}}]}]"),
                     "192.0.2.7 (UDP 53)2001:db8::/32 (every port)");
    cr_expect_str_eq(told("[{\"to\":[{\"podSelector\":{}}]}]"), "");
}
