/* Access entries of EKS: who may do what in the cluster by the cloud's own word, which no
 * role or binding of Kubernetes shows. CloudTrail has when a policy was associated with a
 * principal, when it was taken away, and when the entry was. */
#include <stdlib.h>

#include "analyze/kube/incident/cloud.h"
#include "analyze/kube/rbac/rbac.h"

struct granting {
    struct scope *s;
    struct rbac *out;
    struct list users; /* struct bytes *: those of the log that the cloud names */
};

/* Of several clusters each its own: "shop/arn:…" is the cluster and the principal. */
static struct bytes principal_of(const struct mark *m)
{
    return bytes_from(m->object, bytes_find_byte(m->object, '/') + 1);
}

static bool is_of_policy(const struct mark *m)
{
    return m->kind == EVENT_CLOUD_REQUEST && m->time != INSTANT_NONE && !m->failed &&
           (m->policy.n || bytes_is(m->action, "DeleteAccessEntry"));
}

static void find_users(struct granting *g)
{
    struct intern *seen = intern_new();
    const struct scope *s = g->s;
    for (size_t i = 0; i < s->pattern_count; i++) {
        struct bytes user = intern_get(s->words, s->patterns[i].user);
        uint32_t known = intern_count(seen);
        if (!bytes_starts(user, BYTES("arn:")) || intern_put(seen, user) < known)
            continue;
        struct bytes *kept = arena_new(&g->s->arena, struct bytes);
        *kept = user;
        list_add(&g->users, kept);
    }
    intern_free(seen);
}

/* [{"kind": "User", "name": …}]: a role's sessions are users of their own. */
static json_t *subjects_of(const struct granting *g, struct bytes principal)
{
    json_t *list = json_array();
    for (size_t i = 0; i < g->users.n; i++) {
        const struct bytes *user = g->users.v[i];
        if (!cloud_is_principal(*user, principal))
            continue;
        json_t *one = json_object();
        json_object_set_new(one, "kind", json_string("User"));
        json_object_set_new(one, "name", json_stringn((const char *)user->p, user->n));
        json_array_append_new(list, one);
    }
    return list;
}

/* When the same was taken away, or was given anew with another scope. */
static instant end_of(const struct scope *s, size_t number)
{
    const struct mark *given = s->marks.v[number];
    for (size_t i = number + 1; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (is_of_policy(m) && bytes_eq(m->object, given->object) &&
            (!m->policy.n || bytes_eq(m->policy, given->policy)))
            return m->time;
    }
    return INT64_MAX;
}

static void add_role(struct granting *g, struct bytes policy)
{
    for (size_t i = 0; i < g->out->roles.n; i++)
        if (bytes_eq(((const struct rbac_role *)g->out->roles.v[i])->name, policy))
            return;
    json_t *rules = rbac_policy_rules(policy);
    if (!rules)
        return; /* then the binding's role is told as not known */
    list_add(&g->out->owned, rules);
    struct rbac_role *role = arena_new(&g->s->arena, struct rbac_role);
    *role = (struct rbac_role){.cluster = true,
                               .name = policy,
                               .rules = rules,
                               .from = INT64_MIN,
                               .until = INT64_MAX};
    list_add(&g->out->roles, role);
}

static void add_binding(struct granting *g, struct rbac_binding b, struct bytes namespace)
{
    struct rbac_binding *kept = arena_new(&g->s->arena, struct rbac_binding);
    *kept = b;
    kept->cluster = !namespace.n;
    kept->namespace = namespace;
    list_add(&g->out->bindings, kept);
}

static void add_grant(struct granting *g, size_t number, json_t *subjects)
{
    const struct mark *m = g->s->marks.v[number];
    struct bytes namespaces = m->policy_scope;
    struct rbac_binding b = {.kind = "access entry of EKS",
                             .name = m->object,
                             .role_cluster = true,
                             .role = m->policy,
                             .subjects = subjects,
                             .from = m->time,
                             .until = end_of(g->s, number),
                             .by = m->actor,
                             .span = m->span};
    list_add(&g->out->owned, subjects);
    add_role(g, m->policy);
    if (bytes_is(m->policy_scope, "cluster"))
        add_binding(g, b, BYTES_NONE);
    while (!bytes_is(m->policy_scope, "cluster") && namespaces.n) {
        size_t end = bytes_find(namespaces, BYTES(", "));
        add_binding(g, b, bytes_sub(namespaces, 0, end));
        namespaces = bytes_from(namespaces, end + 2);
    }
}

void rbac_of_cloud(struct scope *s, struct rbac *out)
{
    struct granting g = {.s = s, .out = out};
    find_users(&g);
    for (size_t i = 0; i < s->marks.n && g.users.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (!is_of_policy(m) || !bytes_is(m->action, "AssociateAccessPolicy"))
            continue;
        json_t *subjects = subjects_of(&g, principal_of(m));
        if (json_array_size(subjects))
            add_grant(&g, i, subjects);
        else
            json_decref(subjects);
    }
    free(g.users.v);
}
