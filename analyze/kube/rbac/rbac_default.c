/* Cluster roles that every cluster is born with, for packages that do not hold them, and
 * what EKS' access policies give, which are made after them.
 * Sources: kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go; Amazon
 * EKS User Guide, "Review access policy permissions". */
#include "analyze/kube/rbac/rbac.h"

/* Each of the first three has the rules of those before it; the others their own alone.
 */
#define VIEW     0
#define EDIT     1
#define ADMIN    2
#define ALL      3
#define VIEW_ALL 4 /* of EKS: secrets as well */
#define SECRETS  5 /* of EKS */

#define READ      "get list watch"
#define WRITE     "create delete deletecollection patch update"
#define WORKLOADS "deployments daemonsets replicasets statefulsets"
#define RIGHTS    "rbac.authorization.k8s.io"
/* EKS' policies do not have it. */
#define ISSUING "serviceaccounts/token"

/* Words separated by blanks. */
static const struct {
    size_t role;
    const char *group, *resources, *verbs;
} rules[] = {
    {VIEW, "", "configmaps pods pods/log serviceaccounts", READ},
    {VIEW, "apps", WORKLOADS, READ},
    {VIEW, "batch", "jobs cronjobs", READ},
    {EDIT, "", "secrets pods/exec pods/attach pods/portforward", READ " " WRITE},
    {EDIT, "", "configmaps pods serviceaccounts", WRITE},
    {EDIT, "", ISSUING, WRITE},
    {EDIT, "", "serviceaccounts", "impersonate"},
    {EDIT, "apps", WORKLOADS, WRITE},
    {EDIT, "batch", "jobs cronjobs", WRITE},
    {ADMIN, RIGHTS, "roles rolebindings", READ " " WRITE},
    {ALL, "*", "*", "*"},
    {VIEW_ALL, "*", "*", READ},
    {SECRETS, "", "secrets", READ},
};

static json_t *list_of(const char *words)
{
    json_t *list = json_array();
    struct bytes rest = bytes_str(words), word;
    while (bytes_word(&rest, &word))
        json_array_append_new(list, json_stringn((const char *)word.p, word.n));
    return list;
}

static json_t *rule_of(size_t number)
{
    json_t *rule = json_object(), *groups = json_array();
    json_array_append_new(groups, json_string(rules[number].group));
    json_object_set_new(rule, "apiGroups", groups);
    json_object_set_new(rule, "resources", list_of(rules[number].resources));
    json_object_set_new(rule, "verbs", list_of(rules[number].verbs));
    return rule;
}

static json_t *rules_of(size_t role, bool policy)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if ((rules[i].role == role || (rules[i].role < role && role < ALL)) &&
            !(policy && strcmp(rules[i].resources, ISSUING) == 0))
            json_array_append_new(list, rule_of(i));
    return list;
}

static json_t *rules_named(struct bytes name, const char *const *names, size_t n,
                           bool policy)
{
    for (size_t i = 0; i < n; i++)
        if (bytes_is(name, names[i]))
            return rules_of(i, policy);
    return NULL;
}

/* Made by `oc adm policy add-scc-to-user` with the first binding. */
static json_t *rules_of_constraints(struct bytes constraints)
{
    json_t *rule = json_object(), *names = json_array(), *list = json_array();
    json_object_set_new(rule, "apiGroups", list_of("security.openshift.io"));
    json_object_set_new(rule, "resources", list_of("securitycontextconstraints"));
    json_object_set_new(rule, "verbs", list_of("use"));
    json_array_append_new(names,
                          json_stringn((const char *)constraints.p, constraints.n));
    json_object_set_new(rule, "resourceNames", names);
    json_array_append_new(list, rule);
    return list;
}

json_t *rbac_default_rules(struct bytes name)
{
    struct bytes constraints = BYTES("system:openshift:scc:");
    if (bytes_starts(name, constraints))
        return rules_of_constraints(bytes_from(name, constraints.n));
    static const char *const roles[] = {"view", "edit", "admin", "cluster-admin"};
    return rules_named(name, roles, sizeof roles / sizeof *roles, false);
}

json_t *rbac_policy_rules(struct bytes name)
{
    static const char *const policies[] = {
        "AmazonEKSViewPolicy",      "AmazonEKSEditPolicy",
        "AmazonEKSAdminPolicy",     "AmazonEKSClusterAdminPolicy",
        "AmazonEKSAdminViewPolicy", "AmazonEKSSecretReaderPolicy"};
    return rules_named(name, policies, sizeof policies / sizeof *policies, true);
}
