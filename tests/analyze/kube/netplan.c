/* Policies of the administrators, of Cilium and of Calico: cases after the documentation
 * of each. Many random ones stand in tests/cli/test_network_policies.py. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "analyze/kube/network/space.h"

/* -- selector expressions ----------------------------------------------------------- */

static enum truth decide(const char *expression, const char *labels, bool partial)
{
    json_t *v = json_loads(labels, 0, NULL);
    struct labels l = {.v = v, .partial = partial};
    enum truth t = expression_decide(bytes_str(expression), &l);
    cr_assert(v);
    json_decref(v);
    return t;
}

static const char web[] = "{\"app\":\"web\",\"tier\":\"front\"}";

Test(expression, holds)
{
    static const char *const yes[] = {
        "",
        " ",
        "all()",
        "app == 'web'",
        "app==\"web\"",
        "app != 'db'",
        "other != 'x'",
        "has(app)",
        "!has(other)",
        "! has(other)",
        "app in {'db', 'web'}",
        "app not in {'db'}",
        "other not in {'db'}",
        "app in{'web'}",
        "app contains 'e'",
        "app starts with 'we'",
        "app ends with 'eb'",
        "app == 'db' || tier == 'front'",
        "app == 'web' && (tier == 'back' || tier == 'front')",
        "!(app == 'db')",
        "app == 'db' && app == 'x' || tier == 'front'",
        "other not in {}"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        cr_expect_eq(decide(yes[i], web, false), TRUTH_TRUE, "%s", yes[i]);
}

Test(expression, does_not_hold)
{
    static const char *const no[] = {"app == 'db'",
                                     "other == 'x'",
                                     "app != 'web'",
                                     "has(other)",
                                     "!has(app)",
                                     "!all()",
                                     "app in {}",
                                     "other in {'x'}",
                                     "other contains ''",
                                     "app starts with 'eb'",
                                     "app == 'web' && tier == 'back'"};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        cr_expect_eq(decide(no[i], web, false), TRUTH_FALSE, "%s", no[i]);
}

Test(expression, what_does_not_parse_decides_nothing)
{
    static const char *const bad[] = {"app",
                                      "app ==",
                                      "app == web",
                                      "app = 'web'",
                                      "app == 'web",
                                      "(app == 'web'",
                                      "app == 'web')",
                                      "app in {'web'",
                                      "app in 'web'",
                                      "has(app",
                                      "has()",
                                      "== 'x'",
                                      "app == 'web' &&",
                                      "app == 'web' tier",
                                      "app nothin {'web'}",
                                      "app inner {'web'}",
                                      "app starts 'w'"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(decide(bad[i], web, false), TRUTH_UNKNOWN, "%s", bad[i]);
    char deep[201];
    memset(deep, '!', 200);
    deep[200] = '\0';
    cr_expect_eq(decide(deep, web, false), TRUTH_UNKNOWN);
}

/* What is known settles it, or does not. */
Test(expression, with_labels_that_are_not_known)
{
    cr_expect_eq(decide("other == 'x'", web, true), TRUTH_UNKNOWN);
    cr_expect_eq(decide("other != 'x'", web, true), TRUTH_UNKNOWN);
    cr_expect_eq(decide("app == 'db' && other == 'x'", web, true), TRUTH_FALSE);
    cr_expect_eq(decide("app == 'web' || other == 'x'", web, true), TRUTH_TRUE);
}

/* -- plans -------------------------------------------------------------------------- */

typedef void adder(struct netplan *p, struct policy as);

struct put {
    adder *add;
    const char *kind, *namespace, *json;
};

static void calico_default(struct netplan *p, struct policy as)
{
    calico_add(p, as, 100, false);
}

/* For a pod "web" of namespace shop, of which all is known. */
static unsigned outcome(const struct put *puts, size_t n, enum direction d, struct peer e,
                        int64_t port)
{
    struct arena arena = ARENA_INIT;
    json_t *labels = json_loads(web, 0, NULL), *objects = json_array();
    struct ip ip = {.n = 4, .b = {10, 0, 0, 1}};
    struct bytes shop = BYTES("shop");
    json_t *namespace =
        json_loads("{\"metadata\":{\"labels\":{\"team\":\"a\"}}}", 0, NULL);
    struct peer own = {.kind = PEER_POD,
                       .namespace = shop,
                       .labels = {.v = labels},
                       .namespace_labels = labels_of_namespace(namespace, &shop),
                       .addresses = &ip,
                       .address_count = 1};
    struct netplan plan = {.arena = &arena, .own = &own};
    for (size_t i = 0; i < n; i++) {
        json_t *object = json_loads(puts[i].json, 0, NULL);
        cr_assert(object, "%s", puts[i].json);
        json_array_append_new(objects, object);
        puts[i].add(&plan, (struct policy){.kind = puts[i].kind,
                                           .namespace = bytes_str(puts[i].namespace),
                                           .name = bytes_str("p"),
                                           .object = object});
    }
    netplan_settle(&plan);
    unsigned result = netplan_decide(&plan, d, &e, (struct traffic){PROTOCOL_TCP, port});
    netplan_release(&plan);
    arena_release(&arena);
    json_decref(objects);
    json_decref(labels);
    json_decref(namespace);
    return result;
}

static struct peer outside(void)
{
    static const struct ip ip = {.n = 4, .b = {198, 51, 100, 9}};
    return (struct peer){.kind = PEER_ADDRESS, .addresses = &ip, .address_count = 1};
}

#define BOTH (OUTCOME_ALLOW | OUTCOME_DENY)
#define EGRESS(puts, port)                                                               \
    outcome(puts, sizeof(puts) / sizeof *(puts), DIRECTION_EGRESS, outside(), port)

static const char closed[] =
    "{\"spec\":{\"podSelector\":{},\"policyTypes\":[\"Ingress\",\"Egress\"]}}";

static const char admin_allows[] =
    "{\"spec\":{\"priority\":1,\"subject\":{\"namespaces\":{\"matchLabels\":{\"team\":"
    "\"a\"}}},"
    "\"egress\":[{\"action\":\"Allow\",\"to\":[{\"networks\":[\"198.51.100.0/24\"]}],"
    "\"ports\":[{\"portNumber\":{\"protocol\":\"TCP\",\"port\":443}}]}]}}";

Test(admin, comes_before_those_of_the_namespace)
{
    const struct put puts[] = {{netpol_add, "NetworkPolicy", "shop", closed},
                               {admin_add, "AdminNetworkPolicy", "", admin_allows}};
    cr_expect_eq(EGRESS(puts, 443), OUTCOME_ALLOW);
    cr_expect_eq(EGRESS(puts, 80), OUTCOME_DENY);
}

Test(admin, baseline_is_asked_where_no_policy_of_the_namespace_is)
{
    const char *denies =
        "{\"spec\":{\"subject\":{\"namespaces\":{}},\"egress\":[{\"action\":"
        "\"Deny\",\"to\":[{\"networks\":[\"0.0.0.0/0\"]}]}]}}";
    const char *opens = "{\"spec\":{\"podSelector\":{},\"policyTypes\":[\"Egress\"],"
                        "\"egress\":[{}]}}";
    const struct put alone[] = {{admin_add, "BaselineAdminNetworkPolicy", "", denies}};
    const struct put both[] = {{admin_add, "BaselineAdminNetworkPolicy", "", denies},
                               {netpol_add, "NetworkPolicy", "shop", opens}};
    cr_expect_eq(EGRESS(alone, 80), OUTCOME_DENY);
    cr_expect_eq(EGRESS(both, 80), OUTCOME_ALLOW);
}

Test(admin, names_and_unknown_peers)
{
    const char *names =
        "{\"spec\":{\"subject\":{\"namespaces\":{}},\"egress\":[{\"action\":"
        "\"Allow\",\"to\":[{\"domainNames\":[\"*.example.org\"]}]}]}}";
    const char *newer =
        "{\"spec\":{\"subject\":{\"namespaces\":{}},\"egress\":[{\"action\":"
        "\"Deny\",\"to\":[{\"fromTheFuture\":{}}]}]}}";
    const struct put named[] = {{admin_add, "AdminNetworkPolicy", "", names},
                                {netpol_add, "NetworkPolicy", "shop", closed}};
    const struct put future[] = {{admin_add, "AdminNetworkPolicy", "", newer}};
    cr_expect_eq(EGRESS(named, 443), BOTH, "which addresses the names have is not known");
    cr_expect_eq(EGRESS(future, 443), OUTCOME_DENY, "it fails closed");
}

Test(admin, content_that_is_not_known)
{
    const struct put puts[] = {{admin_add, "AdminNetworkPolicy", "", "{}"}};
    cr_expect_eq(EGRESS(puts, 443), BOTH);
}

Test(cilium, denials_come_before_all_that_allows)
{
    const char *denies = "{\"spec\":{\"endpointSelector\":{},\"egressDeny\":[{\"toCIDR\":"
                         "[\"198.51.100.9\"]}]}}";
    const char *allows = "{\"spec\":{\"endpointSelector\":{\"matchLabels\":{\"k8s:app\":"
                         "\"web\"}},\"egress\":[{\"toEntities\":[\"world\"]}]}}";
    const struct put puts[] = {
        {cilium_add, "CiliumNetworkPolicy", "shop", allows},
        {cilium_add, "CiliumClusterwideNetworkPolicy", "", denies}};
    cr_expect_eq(EGRESS(puts, 443), OUTCOME_DENY);
    cr_expect_eq(outcome(puts, 1, DIRECTION_EGRESS, outside(), 443), OUTCOME_ALLOW);
    cr_expect_eq(outcome(puts, 1, DIRECTION_INGRESS, outside(), 443), OUTCOME_ALLOW,
                 "no section of it speaks of ingress");
}

Test(cilium, an_empty_rule_lets_nothing_through_and_default_deny_is_a_choice)
{
    const char *empty = "{\"spec\":{\"endpointSelector\":{},\"egress\":[{}]}}";
    const char *open = "{\"spec\":{\"endpointSelector\":{},\"egress\":[{}],"
                       "\"enableDefaultDeny\":{\"egress\":false}}}";
    const struct put closes[] = {{cilium_add, "CiliumNetworkPolicy", "shop", empty}};
    const struct put leaves[] = {{cilium_add, "CiliumNetworkPolicy", "shop", open}};
    cr_expect_eq(EGRESS(closes, 443), OUTCOME_DENY);
    cr_expect_eq(EGRESS(leaves, 443), OUTCOME_ALLOW);
}

Test(cilium, names_and_layer_7)
{
    const char *names = "{\"spec\":{\"endpointSelector\":{},\"egress\":[{\"toFQDNs\":"
                        "[{\"matchName\":\"example.org\"}]}]}}";
    const char *http =
        "{\"spec\":{\"endpointSelector\":{},\"egress\":[{\"toEntities\":"
        "[\"world\"],\"toPorts\":[{\"ports\":[{\"port\":\"80\"}],\"rules\":"
        "{\"http\":[{\"method\":\"GET\"}]}}]}]}}";
    const struct put named[] = {{cilium_add, "CiliumNetworkPolicy", "shop", names}};
    const struct put partly[] = {{cilium_add, "CiliumNetworkPolicy", "shop", http}};
    cr_expect_eq(EGRESS(named, 443), BOTH);
    cr_expect_eq(EGRESS(partly, 80), BOTH);
    cr_expect_eq(EGRESS(partly, 81), OUTCOME_DENY);
}

Test(calico, the_first_rule_that_matches_decides)
{
    const char *late =
        "{\"spec\":{\"order\":20,\"selector\":\"all()\",\"types\":[\"Egress\"],"
        "\"egress\":[{\"action\":\"Allow\"}]}}";
    const char *early =
        "{\"spec\":{\"order\":10,\"selector\":\"app == 'web'\",\"types\":"
        "[\"Egress\"],\"egress\":[{\"action\":\"Deny\",\"protocol\":\"TCP\","
        "\"destination\":{\"ports\":[\"1000:2000\"]}}]}}";
    const struct put puts[] = {{calico_default, "GlobalNetworkPolicy", "", late},
                               {calico_default, "NetworkPolicy", "shop", early}};
    cr_expect_eq(EGRESS(puts, 1500), OUTCOME_DENY);
    cr_expect_eq(EGRESS(puts, 443), OUTCOME_ALLOW);
    cr_expect_eq(outcome(puts + 1, 1, DIRECTION_EGRESS, outside(), 443), OUTCOME_DENY,
                 "the end of the tier");
}

Test(calico, passes_to_the_next_tier)
{
    const char *first =
        "{\"spec\":{\"tier\":\"security\",\"selector\":\"all()\",\"types\":"
        "[\"Egress\"],\"egress\":[{\"action\":\"Pass\",\"destination\":{\"nets\":"
        "[\"198.51.100.0/24\"]}}]}}";
    const struct put alone[] = {{calico_default, "GlobalNetworkPolicy", "", first}};
    const struct put both[] = {{calico_default, "GlobalNetworkPolicy", "", first},
                               {netpol_add, "NetworkPolicy", "shop", closed}};
    cr_expect_eq(EGRESS(alone, 443), OUTCOME_ALLOW,
                 "no other tier has a policy of the pod");
    cr_expect_eq(EGRESS(both, 443), OUTCOME_DENY);
}

Test(calico, hosts_alone)
{
    const char *host = "{\"spec\":{\"preDNAT\":true,\"applyOnForward\":true,\"selector\":"
                       "\"all()\",\"types\":[\"Ingress\"]}}";
    const struct put puts[] = {{calico_default, "GlobalNetworkPolicy", "", host}};
    cr_expect_eq(outcome(puts, 1, DIRECTION_INGRESS, outside(), 443), OUTCOME_ALLOW);
}
