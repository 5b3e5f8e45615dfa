/* NetworkPolicy: cases after the documentation of networking.k8s.io/v1. */
#include <criterion/criterion.h>

#include "analyze/kube/netpol.h"

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

static bool allows(const char *policy, enum direction d, struct endpoint e, int64_t port,
                   const char *protocol)
{
    json_t *p = parse(policy);
    const json_t *list[] = {p};
    struct netpol_set set = {list, 1, BYTES("default")};
    struct traffic t = {bytes_str(protocol), port, BYTES_NONE};
    bool allowed = netpol_allows(&set, d, &e, &t);
    json_decref(p);
    return allowed;
}

static struct endpoint address(const char *ip)
{
    return (struct endpoint){.address = bytes_str(ip)};
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

Test(policy, documented_pods)
{
    json_t *frontend = parse("{\"role\":\"frontend\"}");
    json_t *project = parse("{\"project\":\"myproject\"}");
    struct endpoint own = {
        .namespace = BYTES("default"), .labels = frontend, .is_pod = true};
    struct endpoint other = own;
    other.namespace = BYTES("elsewhere");
    cr_assert(allows(documented, DIRECTION_INGRESS, own, 6379, "TCP"));
    cr_assert_not(allows(documented, DIRECTION_INGRESS, other, 6379, "TCP"),
                  "a podSelector alone means the policy's own namespace");
    other.namespace_labels = project;
    other.labels = NULL;
    cr_assert(allows(documented, DIRECTION_INGRESS, other, 6379, "TCP"));
    json_decref(frontend);
    json_decref(project);
}

/* One element with both selectors is AND, two elements are OR. */
Test(policy, both_selectors_in_one_element)
{
    const char *and_policy =
        "{\"metadata\":{\"namespace\":\"default\"},\"spec\":{\"podSelector\":{},"
        "\"ingress\":[{\"from\":[{\"namespaceSelector\":{\"matchLabels\":{\"user\":"
        "\"alice\"}},"
        "\"podSelector\":{\"matchLabels\":{\"role\":\"client\"}}}]}]}}";
    json_t *alice = parse("{\"user\":\"alice\"}"),
           *client = parse("{\"role\":\"client\"}");
    struct endpoint e = {.namespace = BYTES("x"),
                         .namespace_labels = alice,
                         .labels = client,
                         .is_pod = true};
    cr_assert(allows(and_policy, DIRECTION_INGRESS, e, 80, "TCP"));
    e.labels = NULL;
    cr_assert_not(allows(and_policy, DIRECTION_INGRESS, e, 80, "TCP"));
    json_decref(alice);
    json_decref(client);
}

static bool governs(const char *spec, enum direction d)
{
    json_t *p = parse(spec);
    bool g = netpol_governs(p, d);
    json_decref(p);
    return g;
}

Test(policy, default_types)
{
    cr_assert(governs("{\"spec\":{}}", DIRECTION_INGRESS));
    cr_assert_not(governs("{\"spec\":{}}", DIRECTION_EGRESS));
    cr_assert(governs("{\"spec\":{\"egress\":[{}]}}", DIRECTION_EGRESS));
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
    struct netpol_set none = {NULL, 0, BYTES("default")};
    struct endpoint e = address("1.2.3.4");
    struct traffic t = {BYTES("TCP"), 443, BYTES_NONE};
    cr_assert_not(allows(deny, DIRECTION_INGRESS, e, 80, "TCP"));
    cr_assert_not(allows(deny, DIRECTION_EGRESS, e, 80, "TCP"));
    cr_assert(allows(allow, DIRECTION_INGRESS, e, 80, "TCP"));
    cr_assert(allows(allow, DIRECTION_EGRESS, e, 80, "TCP"), "egress is not governed");
    cr_assert(netpol_allows(&none, DIRECTION_EGRESS, &e, &t));
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

Test(policy, selects_only_its_namespace)
{
    json_t *p = parse(documented), *db = parse("{\"role\":\"db\"}"), *web = parse("{}");
    cr_assert(netpol_selects(p, BYTES("default"), db));
    cr_assert_not(netpol_selects(p, BYTES("default"), web));
    cr_assert_not(netpol_selects(p, BYTES("other"), db));
    json_decref(p);
    json_decref(db);
    json_decref(web);
}

static enum opening opening(const char *text)
{
    json_t *rule = json_loads(text, 0, NULL);
    cr_assert(rule);
    enum opening o = netpol_opening(rule, DIRECTION_EGRESS);
    json_decref(rule);
    return o;
}

/* What names no peer is no narrow path, however it is written. */
Test(netpol, how_much_a_rule_leaves_open)
{
    cr_expect_eq(opening("{}"), OPENING_EVERYTHING);
    cr_expect_eq(opening("{\"to\":[]}"), OPENING_EVERYTHING);
    cr_expect_eq(opening("{\"ports\":[{\"port\":53}]}"), OPENING_EVERYBODY);
    cr_expect_eq(opening("{\"to\":[{\"ipBlock\":{\"cidr\":\"::/0\"}}]}"),
                 OPENING_EVERYTHING);
    cr_expect_eq(opening("{\"to\":[{\"ipBlock\":{\"cidr\":\"0.0.0.0/0\",\"except\":"
                         "[\"10.0.0.0/8\"]}}]}"),
                 OPENING_WIDE);
    cr_expect_eq(opening("{\"to\":[{\"ipBlock\":{\"cidr\":\"0.0.0.0/1\"}},"
                         "{\"ipBlock\":{\"cidr\":\"128.0.0.0/1\"}}]}"),
                 OPENING_WIDE);
    cr_expect_eq(opening("{\"to\":[{\"namespaceSelector\":{}}]}"), OPENING_WIDE);
    cr_expect_eq(opening("{\"to\":[{\"podSelector\":{}}]}"), OPENING_WIDE);
    cr_expect_eq(opening("{\"to\":[{\"namespaceSelector\":{},\"podSelector\":"
                         "{\"matchLabels\":{\"k8s-app\":\"kube-dns\"}}}]}"),
                 OPENING_SOME);
    cr_expect_eq(opening("{\"to\":[{\"ipBlock\":{\"cidr\":\"10.0.0.0/8\"}}]}"),
                 OPENING_SOME);
    cr_expect_eq(opening("{\"to\":[{\"ipBlock\":{\"cidr\":\"2001:db8::/32\"}}]}"),
                 OPENING_SOME);
}
