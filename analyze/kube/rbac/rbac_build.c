/* Versions of roles and bindings over time: objects of the package, writes of the log. */
#include "analyze/kube/rbac/rbac.h"

#define RBAC_GROUP "rbac.authorization.k8s.io"

static const struct object_type types[RBAC_TYPES] = {
    {.kind = "Role", .resource = "roles", .group = RBAC_GROUP},
    {.kind = "ClusterRole",
     .resource = "clusterroles",
     .group = RBAC_GROUP,
     .of_cluster = true},
    {.kind = "RoleBinding", .resource = "rolebindings", .group = RBAC_GROUP},
    {.kind = "ClusterRoleBinding",
     .resource = "clusterrolebindings",
     .group = RBAC_GROUP,
     .of_cluster = true},
};

/* Where the log's level leaves out what was written, the content from before may still
 * hold: it is the last that is known. */
static const json_t *content_of(const struct object_versions *all, size_t number)
{
    const struct version *v = all->v.v[number];
    for (size_t i = number; i > 0 && !v->object; i--) {
        const struct version *earlier = all->v.v[i - 1];
        if (bytes_eq(earlier->name, v->name) &&
            bytes_eq(earlier->namespace, v->namespace) && earlier->object)
            return earlier->object;
    }
    return v->object;
}

static void add_role(struct scope *s, struct rbac *out, const struct version *v,
                     const json_t *object)
{
    struct rbac_role *role = arena_new(&s->arena, struct rbac_role);
    *role = (struct rbac_role){.cluster = v->namespace.n == 0,
                               .namespace = v->namespace,
                               .name = v->name,
                               .rules = tree_get(object, "rules"),
                               .labels = tree_get(object, "metadata/labels"),
                               .aggregation = tree_get(object, "aggregationRule"),
                               .from = v->from,
                               .until = v->until,
                               .by = v->by,
                               .span = v->span};
    list_add(&out->roles, role);
}

static void add_binding(struct scope *s, struct rbac *out, const struct version *v,
                        const json_t *object)
{
    struct rbac_binding *b = arena_new(&s->arena, struct rbac_binding);
    *b = (struct rbac_binding){
        .cluster = v->namespace.n == 0,
        .namespace = v->namespace,
        .name = v->name,
        .role_cluster = bytes_is(tree_string(object, "roleRef/kind"), "ClusterRole"),
        .role = tree_string(object, "roleRef/name"),
        .subjects = tree_get(object, "subjects"),
        .from = v->from,
        .until = v->until,
        .by = v->by,
        .span = v->span};
    list_add(&out->bindings, b);
}

/* What Kubernetes brings and the package does not hold. */
static void add_default(struct scope *s, struct rbac *out, const struct rbac_binding *b)
{
    for (size_t i = 0; i < out->roles.n; i++) {
        const struct rbac_role *role = out->roles.v[i];
        if (role->cluster && bytes_eq(role->name, b->role))
            return;
    }
    json_t *rules = b->role_cluster ? rbac_default_rules(b->role) : NULL;
    if (!rules)
        return;
    list_add(&out->owned, rules);
    struct rbac_role *role = arena_new(&s->arena, struct rbac_role);
    *role = (struct rbac_role){.cluster = true,
                               .name = b->role,
                               .rules = rules,
                               .from = INT64_MIN,
                               .until = INT64_MAX};
    list_add(&out->roles, role);
}

void rbac_build(struct scope *s, struct rbac *out)
{
    *out = (struct rbac){0};
    for (size_t t = 0; t < RBAC_TYPES; t++) {
        struct object_versions *all = &out->versions[t];
        bool role = !bytes_ends(bytes_str(types[t].kind), BYTES("Binding"));
        object_versions(s, &types[t], all);
        for (size_t i = 0; i < all->v.n; i++)
            (role ? add_role : add_binding)(s, out, all->v.v[i], content_of(all, i));
        out->any |= all->v.n > 0;
    }
    for (size_t i = 0; i < out->bindings.n; i++)
        add_default(s, out, out->bindings.v[i]);
    rbac_of_cloud(s, out);
}
