/* RBAC: cases after the documentation of rbac.authorization.k8s.io/v1. */
#include <criterion/criterion.h>

#include "analyze/kube/rbac/rbac.h"

static bool allows(const char *rule, const char *verb, const char *resource,
                   const char *subresource, const char *name)
{
    json_t *r = json_loads(rule, 0, NULL);
    cr_assert(r);
    struct attributes a = {.verb = bytes_str(verb),
                           .resource = bytes_str(resource),
                           .subresource = bytes_str(subresource),
                           .name = bytes_str(name)};
    bool allowed = rbac_rule_allows(r, &a);
    json_decref(r);
    return allowed;
}

#define RULE(verbs, resources)                                                           \
    "{\"apiGroups\":[\"\"],\"verbs\":[" verbs "],\"resources\":[" resources "]}"

Test(rule, resources_and_subresources)
{
    cr_assert(allows(RULE("\"get\"", "\"pods\""), "get", "pods", "", "x"));
    cr_assert_not(allows(RULE("\"get\"", "\"pods\""), "list", "pods", "", ""));
    cr_assert_not(allows(RULE("\"get\"", "\"pods\""), "get", "pods", "log", "x"),
                  "a resource does not cover its subresources");
    cr_assert(allows(RULE("\"get\"", "\"pods/log\""), "get", "pods", "log", "x"));
    cr_assert_not(allows(RULE("\"get\"", "\"pods/log\""), "get", "pods", "", "x"));
    cr_assert(allows(RULE("\"*\"", "\"*\""), "create", "pods", "exec", "x"));
    cr_assert(
        allows(RULE("\"update\"", "\"*/scale\""), "update", "deployments", "scale", "x"));
    cr_assert_not(
        allows(RULE("\"update\"", "\"*/scale\""), "update", "deployments", "", "x"));
}

Test(rule, groups)
{
    const char *rule =
        "{\"apiGroups\":[\"apps\"],\"verbs\":[\"get\"],\"resources\":[\"*\"]}";
    cr_assert_not(allows(rule, "get", "secrets", "", "x"), "the core group is \"\"");
}

Test(rule, names)
{
    const char *rule = "{\"apiGroups\":[\"\"],\"verbs\":[\"get\",\"list\"],"
                       "\"resources\":[\"secrets\"],\"resourceNames\":[\"db\"]}";
    cr_assert(allows(rule, "get", "secrets", "", "db"));
    cr_assert_not(allows(rule, "get", "secrets", "", "tls"));
    cr_assert_not(allows(rule, "list", "secrets", "", ""));
}

Test(rule, paths)
{
    json_t *r =
        json_loads("{\"verbs\":[\"get\"],\"nonResourceURLs\":[\"/healthz/*\"]}", 0, NULL);
    struct attributes a = {.verb = BYTES("get"), .path = BYTES("/healthz/etcd")};
    cr_assert(rbac_rule_allows(r, &a));
    a.path = BYTES("/metrics");
    cr_assert_not(rbac_rule_allows(r, &a));
    json_decref(r);
}

static bool matches(const char *subject, const char *namespace, const char *user,
                    const char *groups)
{
    json_t *s = json_loads(subject, 0, NULL);
    cr_assert(s);
    struct subject who = {bytes_str(user), bytes_str(groups)};
    bool m = rbac_subject_matches(s, bytes_str(namespace), &who);
    json_decref(s);
    return m;
}

Test(subject, accounts_and_groups)
{
    const char *account =
        "{\"kind\":\"ServiceAccount\",\"name\":\"api\",\"namespace\":\"shop\"}";
    const char *bare = "{\"kind\":\"ServiceAccount\",\"name\":\"api\"}";
    const char *all = "{\"kind\":\"Group\",\"name\":\"system:serviceaccounts\"}";
    const char *shop = "{\"kind\":\"Group\",\"name\":\"system:serviceaccounts:shop\"}";
    const char *user = "system:serviceaccount:shop:api";
    cr_assert(matches(account, "x", user, ""));
    cr_assert_not(matches(account, "x", "system:serviceaccount:other:api", ""));
    cr_assert(matches(bare, "shop", user, ""));
    cr_assert_not(matches(bare, "x", user, ""));
    cr_assert(matches(all, "x", user, ""));
    cr_assert(matches(shop, "x", user, ""));
    cr_assert_not(matches(shop, "x", "system:serviceaccount:shopping:api", ""));
    cr_assert(matches("{\"kind\":\"Group\",\"name\":\"sre\"}", "x", "alice", "dev,sre"));
    cr_assert_not(matches("{\"kind\":\"Group\",\"name\":\"sre\"}", "x", "alice", "sre2"));
    cr_assert_not(matches("{\"kind\":\"User\",\"name\":\"alice\"}", "x", "Alice", ""));
}

/* A ClusterRole bound by a RoleBinding holds in the binding's namespace only. */
Test(rights, role_binding_narrows)
{
    json_t *rules = json_loads("[{\"apiGroups\":[\"\"],\"verbs\":[\"get\"],"
                               "\"resources\":[\"secrets\"]}]",
                               0, NULL);
    json_t *subjects = json_loads("[{\"kind\":\"User\",\"name\":\"dave\"}]", 0, NULL);
    struct rbac_role role = {.cluster = true,
                             .name = BYTES("secret-reader"),
                             .rules = rules,
                             .from = 0,
                             .until = 100};
    struct rbac_binding binding = {.namespace = BYTES("development"),
                                   .role_cluster = true,
                                   .role = BYTES("secret-reader"),
                                   .subjects = subjects,
                                   .from = 10,
                                   .until = 100};
    struct rbac r = {0};
    list_add(&r.roles, &role);
    list_add(&r.bindings, &binding);
    struct subject dave = {BYTES("dave"), BYTES_NONE};
    struct attributes a = {.verb = BYTES("get"),
                           .resource = BYTES("secrets"),
                           .name = BYTES("x"),
                           .namespace = BYTES("development")};
    cr_assert(rbac_allows(&r, &dave, 50, &a, NULL));
    cr_assert_not(rbac_allows(&r, &dave, 5, &a, NULL), "before the binding");
    cr_assert_not(rbac_allows(&r, &dave, 100, &a, NULL), "after its deletion");
    a.namespace = BYTES("production");
    cr_assert_not(rbac_allows(&r, &dave, 50, &a, NULL));
    binding.cluster = true;
    cr_assert(rbac_allows(&r, &dave, 50, &a, NULL));
    rbac_release(&r);
    json_decref(rules);
    json_decref(subjects);
}
