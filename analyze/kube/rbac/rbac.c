#include "analyze/kube/rbac/rbac.h"

#include <stdlib.h>

#include "analyze/kube/network/selector.h"

/* -- rules -------------------------------------------------------------------------- */

static bool has(const json_t *list, struct bytes word)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct bytes entry = tree_string(json_array_get(list, i), "");
        if (bytes_is(entry, "*") || bytes_eq(entry, word))
            return true;
    }
    return false;
}

/* "*" covers subresources too; "pods" does not cover "pods/exec"; "*" + "/exec" covers
 * that subresource of every resource. */
static bool resource_matches(const json_t *resources, const struct attributes *a)
{
    struct text whole = {0};
    text_add(&whole, a->resource);
    if (a->subresource.n)
        text_printf(&whole, "/%.*s", (int)a->subresource.n,
                    (const char *)a->subresource.p);
    bool found = has(resources, text_bytes(&whole));
    text_clear(&whole);
    text_printf(&whole, "*/%.*s", (int)a->subresource.n, (const char *)a->subresource.p);
    found |= a->subresource.n && has(resources, text_bytes(&whole));
    text_release(&whole);
    return found;
}

static bool name_matches(const json_t *names, struct bytes name)
{
    bool found = json_array_size(names) == 0;
    for (size_t i = 0; i < json_array_size(names) && !found; i++)
        found = name.n && bytes_eq(tree_string(json_array_get(names, i), ""), name);
    return found;
}

static bool path_matches(const json_t *paths, struct bytes path)
{
    for (size_t i = 0; i < json_array_size(paths); i++) {
        struct bytes entry = tree_string(json_array_get(paths, i), "");
        if (bytes_eq(entry, path))
            return true;
        if (bytes_ends(entry, BYTES("*")) &&
            bytes_starts(path, bytes_sub(entry, 0, entry.n - 1)))
            return true;
    }
    return false;
}

bool rbac_rule_allows(const json_t *rule, const struct attributes *a)
{
    if (!has(tree_get(rule, "verbs"), a->verb))
        return false;
    if (a->resource.n == 0)
        return path_matches(tree_get(rule, "nonResourceURLs"), a->path);
    return has(tree_get(rule, "apiGroups"), a->group) &&
           resource_matches(tree_get(rule, "resources"), a) &&
           name_matches(tree_get(rule, "resourceNames"), a->name);
}

/* -- subjects ----------------------------------------------------------------------- */

static bool in_groups(const struct subject *s, struct bytes group)
{
    struct bytes rest = s->groups, one, namespace, name;
    while (bytes_split(&rest, ',', &one))
        if (bytes_eq(one, group))
            return true;
    if (bytes_is(group, "system:authenticated"))
        return s->user.n && !bytes_is(s->user, "system:anonymous");
    if (!service_account_of(s->user, &namespace, &name))
        return false;
    struct bytes prefix = BYTES("system:serviceaccounts:");
    return bytes_is(group, "system:serviceaccounts") ||
           (bytes_starts(group, prefix) &&
            bytes_eq(bytes_from(group, prefix.n), namespace));
}

bool rbac_subject_matches(const json_t *subject, struct bytes namespace,
                          const struct subject *s)
{
    struct bytes kind = tree_string(subject, "kind");
    struct bytes name = tree_string(subject, "name");
    struct bytes own_namespace, own_name;
    if (bytes_is(kind, "User"))
        return bytes_eq(name, s->user);
    if (bytes_is(kind, "Group"))
        return in_groups(s, name);
    if (!bytes_is(kind, "ServiceAccount") ||
        !service_account_of(s->user, &own_namespace, &own_name))
        return false;
    struct bytes stated = tree_string(subject, "namespace");
    return bytes_eq(name, own_name) &&
           bytes_eq(stated.n ? stated : namespace, own_namespace);
}

static bool binding_matches(const struct rbac_binding *b, const struct subject *who)
{
    for (size_t i = 0; i < json_array_size(b->subjects); i++)
        if (rbac_subject_matches(json_array_get(b->subjects, i), b->namespace, who))
            return true;
    return false;
}

/* -- rights ------------------------------------------------------------------------- */

static bool holds_at(instant from, instant until, instant t)
{
    return from <= t && t < until;
}

struct walking {
    const struct rbac *rbac;
    instant t;
    void (*each)(void *context, const struct right *right);
    void *context;
};

static void tell_rules(const struct walking *w, const struct rbac_binding *b,
                       const struct rbac_role *role, const json_t *rules)
{
    for (size_t i = 0; i < json_array_size(rules); i++) {
        struct right right = {b, role, json_array_get(rules, i),
                              b->cluster ? BYTES_NONE : b->namespace};
        w->each(w->context, &right);
    }
}

/* The controller of the API server writes the union into the role's rules, a moment after
 * the parts and often outside of what the log keeps; so it is made here as well. */
static void tell_aggregated(const struct walking *w, const struct rbac_binding *b,
                            const struct rbac_role *role)
{
    const json_t *selectors = tree_get(role->aggregation, "clusterRoleSelectors");
    for (size_t r = 0; r < w->rbac->roles.n; r++) {
        const struct rbac_role *other = w->rbac->roles.v[r];
        bool selected = false;
        for (size_t i = 0; i < json_array_size(selectors); i++)
            selected |=
                selector_matches(json_array_get(selectors, i), other->labels, NULL);
        if (selected && other->cluster && other != role &&
            holds_at(other->from, other->until, w->t))
            tell_rules(w, b, other, other->rules);
    }
}

static void tell_binding(const struct walking *w, const struct rbac_binding *b)
{
    bool known = false;
    for (size_t i = 0; i < w->rbac->roles.n; i++) {
        const struct rbac_role *role = w->rbac->roles.v[i];
        if (role->cluster != b->role_cluster || !bytes_eq(role->name, b->role) ||
            !holds_at(role->from, role->until, w->t))
            continue;
        if (!role->cluster && !bytes_eq(role->namespace, b->namespace))
            continue;
        tell_rules(w, b, role, role->rules);
        if (role->aggregation)
            tell_aggregated(w, b, role);
        known = true;
    }
    if (!known && b->role.n) {
        struct right unknown = {b, NULL, NULL, b->cluster ? BYTES_NONE : b->namespace};
        w->each(w->context, &unknown);
    }
}

struct list rbac_bindings_of(const struct rbac *r, const struct subject *who)
{
    struct list own = {0};
    for (size_t i = 0; i < r->bindings.n; i++)
        if (binding_matches(r->bindings.v[i], who))
            list_add(&own, r->bindings.v[i]);
    return own;
}

void rbac_rights(const struct rbac *r, const struct list *bindings, instant t,
                 void (*each)(void *context, const struct right *right), void *context)
{
    struct walking w = {r, t, each, context};
    for (size_t i = 0; i < bindings->n; i++) {
        const struct rbac_binding *b = bindings->v[i];
        if (holds_at(b->from, b->until, t))
            tell_binding(&w, b);
    }
}

struct asking {
    const struct attributes *a;
    struct right *by;
    bool found;
};

static void ask(void *context, const struct right *right)
{
    struct asking *q = context;
    bool here = right->namespace.n == 0 || bytes_eq(right->namespace, q->a->namespace);
    if (q->found || !here || !rbac_rule_allows(right->rule, q->a))
        return;
    q->found = true;
    if (q->by)
        *q->by = *right;
}

bool rbac_allows(const struct rbac *r, const struct subject *who, instant t,
                 const struct attributes *a, struct right *by)
{
    struct asking q = {a, by, false};
    struct list own = rbac_bindings_of(r, who);
    rbac_rights(r, &own, t, ask, &q);
    free(own.v);
    return q.found;
}

void rbac_release(struct rbac *r)
{
    for (size_t t = 0; t < RBAC_TYPES; t++)
        object_versions_release(&r->versions[t]);
    for (size_t i = 0; i < r->owned.n; i++)
        json_decref(r->owned.v[i]);
    free(r->owned.v);
    free(r->roles.v);
    free(r->bindings.v);
    *r = (struct rbac){0};
}
