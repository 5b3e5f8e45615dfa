/* Versions of roles and bindings over time: objects of the package, writes of the log. */
#include "analyze/kube/rbac.h"

/* -- one version -------------------------------------------------------------------- */

static struct rbac_role role_from(const json_t *object, bool cluster)
{
    return (struct rbac_role){.cluster = cluster,
                              .namespace = tree_string(object, "metadata/namespace"),
                              .name = tree_string(object, "metadata/name"),
                              .rules = tree_get(object, "rules"),
                              .labels = tree_get(object, "metadata/labels"),
                              .aggregation = tree_get(object, "aggregationRule"),
                              .until = INT64_MAX};
}

static struct rbac_binding binding_from(const json_t *object, bool cluster)
{
    return (struct rbac_binding){
        .cluster = cluster,
        .namespace = tree_string(object, "metadata/namespace"),
        .name = tree_string(object, "metadata/name"),
        .role_cluster = bytes_is(tree_string(object, "roleRef/kind"), "ClusterRole"),
        .role = tree_string(object, "roleRef/name"),
        .subjects = tree_get(object, "subjects"),
        .until = INT64_MAX};
}

static struct rbac_role *add_role(struct scope *s, struct rbac *out, struct rbac_role r)
{
    struct rbac_role *kept = arena_new(&s->arena, struct rbac_role);
    *kept = r;
    list_add(&out->roles, kept);
    return kept;
}

static struct rbac_binding *add_binding(struct scope *s, struct rbac *out,
                                        struct rbac_binding b)
{
    struct rbac_binding *kept = arena_new(&s->arena, struct rbac_binding);
    *kept = b;
    list_add(&out->bindings, kept);
    return kept;
}

/* The version that holds at the end of what is known so far. */
static struct rbac_role *current_role(const struct rbac *r, const struct rbac_role *like)
{
    for (size_t i = r->roles.n; i > 0; i--) {
        struct rbac_role *role = r->roles.v[i - 1];
        if (role->until == INT64_MAX && role->cluster == like->cluster &&
            bytes_eq(role->name, like->name) &&
            (like->cluster || bytes_eq(role->namespace, like->namespace)))
            return role;
    }
    return NULL;
}

static struct rbac_binding *current_binding(const struct rbac *r,
                                            const struct rbac_binding *like)
{
    for (size_t i = r->bindings.n; i > 0; i--) {
        struct rbac_binding *b = r->bindings.v[i - 1];
        if (b->until == INT64_MAX && b->cluster == like->cluster &&
            bytes_eq(b->name, like->name) &&
            (like->cluster || bytes_eq(b->namespace, like->namespace)))
            return b;
    }
    return NULL;
}

/* -- writes of the audit log -------------------------------------------------------- */

/* The object after the write: the server's answer, else what was sent when that is the
 * whole object. NULL when the log's level leaves it out. */
static const json_t *object_after(const struct request *r)
{
    if (tree_get(r->response, "metadata") &&
        !bytes_is(tree_string(r->response, "kind"), "Status"))
        return r->response;
    bool whole = bytes_is(r->verb, "create") || bytes_is(r->verb, "update");
    return whole && tree_get(r->request, "metadata") ? r->request : NULL;
}

static void write_role(struct scope *s, struct rbac *out, const struct request *r)
{
    const json_t *object = object_after(r);
    struct rbac_role role = role_from(object, bytes_is(r->resource, "clusterroles"));
    role.namespace = r->namespace;
    role.name = r->name.n ? r->name : role.name;
    struct rbac_role *before = current_role(out, &role);
    if (before)
        before->until = r->end;
    if (bytes_starts(r->verb, BYTES("delete")))
        return;
    /* Without a body the rules after the write are not known; those before may still
     * hold, and the document's version, if there is one, is put here later. */
    if (!object && before)
        role.rules = before->rules;
    role.from = r->end;
    role.by = request_as(r);
    role.span = r->spans[0];
    add_role(s, out, role);
}

static void write_binding(struct scope *s, struct rbac *out, const struct request *r)
{
    const json_t *object = object_after(r);
    struct rbac_binding b =
        binding_from(object, bytes_is(r->resource, "clusterrolebindings"));
    b.namespace = r->namespace;
    b.name = r->name.n ? r->name : b.name;
    struct rbac_binding *before = current_binding(out, &b);
    if (before)
        before->until = r->end;
    if (bytes_starts(r->verb, BYTES("delete")))
        return;
    if (!object && before) {
        b.subjects = before->subjects;
        b.role = before->role;
        b.role_cluster = before->role_cluster;
    }
    b.from = r->end;
    b.by = request_as(r);
    b.span = r->spans[0];
    add_binding(s, out, b);
}

static void read_writes(struct scope *s, struct rbac *out)
{
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !request_writes(r) || !request_succeeded(r) || r->subresource.n)
            continue;
        if (bytes_is(r->resource, "roles") || bytes_is(r->resource, "clusterroles"))
            write_role(s, out, r);
        else if (bytes_is(r->resource, "rolebindings") ||
                 bytes_is(r->resource, "clusterrolebindings"))
            write_binding(s, out, r);
        else
            continue;
        out->any = true;
    }
}

/* -- objects of the package --------------------------------------------------------- */

static struct span span_of(const struct object *o)
{
    return (struct span){o->item, o->k->offset, o->k->length};
}

/* A document shows the last state. When the log has a version with a body, that one
 * stands; else the document's is put in its place, and before the first write too. */
static void read_role(struct scope *s, struct rbac *out, const struct object *o,
                      bool cluster)
{
    struct rbac_role role = role_from(o->k->object, cluster);
    struct rbac_role *known = current_role(out, &role);
    role.from = o->k->created != INSTANT_NONE ? o->k->created : INT64_MIN;
    role.span = span_of(o);
    if (!known) {
        add_role(s, out, role);
        return;
    }
    if (known->from > role.from && known->rules == NULL)
        known->rules = role.rules;
    if (!known->labels)
        known->labels = role.labels;
    bool earlier = false;
    for (size_t i = 0; i < out->roles.n; i++) {
        const struct rbac_role *other = out->roles.v[i];
        earlier |= other->cluster == cluster && bytes_eq(other->name, role.name) &&
                   bytes_eq(other->namespace, role.namespace) &&
                   other->from <= role.from + 2 * NANOSECONDS;
    }
    role.until = known->from;
    if (!earlier)
        add_role(s, out, role); /* the time before the first write that the log shows */
}

static void read_binding(struct scope *s, struct rbac *out, const struct object *o,
                         bool cluster)
{
    struct rbac_binding b = binding_from(o->k->object, cluster);
    struct rbac_binding *known = current_binding(out, &b);
    b.from = o->k->created != INSTANT_NONE ? o->k->created : INT64_MIN;
    b.span = span_of(o);
    if (!known)
        add_binding(s, out, b);
    else if (!known->subjects) {
        known->subjects = b.subjects;
        known->role = b.role;
        known->role_cluster = b.role_cluster;
    }
}

void rbac_build(struct scope *s, struct rbac *out)
{
    *out = (struct rbac){0};
    read_writes(s, out);
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        if (bytes_is(o->k->kind, "ClusterRole"))
            read_role(s, out, o, true);
        else if (bytes_is(o->k->kind, "Role"))
            read_role(s, out, o, false);
        else if (bytes_is(o->k->kind, "ClusterRoleBinding"))
            read_binding(s, out, o, true);
        else if (bytes_is(o->k->kind, "RoleBinding"))
            read_binding(s, out, o, false);
        else
            continue;
        out->any = true;
    }
}
