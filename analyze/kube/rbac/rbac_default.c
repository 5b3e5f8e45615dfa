/* Cluster roles that every cluster is born with, for packages that do not hold them.
 * Source: kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go. */
#include "analyze/kube/rbac/rbac.h"

/* Each has the rules of those before it, but for the last, whose own one is all. */
static const char *const roles[] = {"view", "edit", "admin", "cluster-admin"};
#define VIEW  0
#define EDIT  1
#define ADMIN 2
#define ALL   3

#define READ      "get list watch"
#define WRITE     "create delete deletecollection patch update"
#define WORKLOADS "deployments daemonsets replicasets statefulsets"
#define RIGHTS    "rbac.authorization.k8s.io"

/* Words separated by blanks. */
static const struct {
    size_t role;
    const char *group, *resources, *verbs;
} rules[] = {
    {VIEW, "", "configmaps pods pods/log serviceaccounts", READ},
    {VIEW, "apps", WORKLOADS, READ},
    {VIEW, "batch", "jobs cronjobs", READ},
    {EDIT, "", "secrets pods/exec pods/attach pods/portforward", READ " " WRITE},
    {EDIT, "", "configmaps pods serviceaccounts serviceaccounts/token", WRITE},
    {EDIT, "", "serviceaccounts", "impersonate"},
    {EDIT, "apps", WORKLOADS, WRITE},
    {EDIT, "batch", "jobs cronjobs", WRITE},
    {ADMIN, RIGHTS, "roles rolebindings", READ " " WRITE},
    {ALL, "*", "*", "*"},
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

json_t *rbac_default_rules(struct bytes name)
{
    size_t role = 0;
    while (role <= ALL && !bytes_is(name, roles[role]))
        role++;
    if (role > ALL)
        return NULL;
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].role == role || (rules[i].role < role && role != ALL))
            json_array_append_new(list, rule_of(i));
    return list;
}
