#include "analyze/kube/object_versions.h"

#include <stdlib.h>

#include "analyze/kube/object_patch.h"
#include "formats/document.h"

/* -- types -------------------------------------------------------------------------- */

/* Old clusters had policies and others below "extensions"; logs may leave the group out.
 */
static bool is_group(const struct object_type *type, struct bytes group)
{
    return group.n == 0 || bytes_is(group, type->group) || bytes_is(group, "extensions");
}

bool object_type_is(const struct object_type *type, const struct request *r)
{
    return request_is(r, type->resource, "") && is_group(type, r->group);
}

bool object_type_is_document(const struct object_type *type, const struct object *o)
{
    struct bytes version = tree_string(o->k->object, "apiVersion");
    struct bytes group = bytes_sub(version, 0, bytes_find_byte(version, '/'));
    if (group.n == version.n)
        group = BYTES_NONE; /* "v1" */
    return bytes_is(o->k->kind, type->kind) && is_group(type, group);
}

/* -- one write ---------------------------------------------------------------------- */

static bool deletes(const struct request *r)
{
    return bytes_starts(r->verb, BYTES("delete"));
}

json_t *object_after(const struct request *r, const json_t *before)
{
    bool whole = bytes_is(r->verb, "create") || bytes_is(r->verb, "update");
    if (deletes(r))
        return NULL;
    if (tree_get(r->response, "metadata") &&
        !bytes_is(tree_string(r->response, "kind"), "Status"))
        return json_incref(r->response);
    if (whole && tree_get(r->request, "metadata"))
        return json_incref(r->request);
    bool patch = bytes_is(r->verb, "patch") && r->request && before;
    return patch ? object_patched(before, r->request) : NULL;
}

/* -- building ----------------------------------------------------------------------- */

struct building {
    struct scope *s;
    const struct object_type *type;
    struct object_versions *out;
};

static void add(const struct building *b, struct version v)
{
    struct version *kept = arena_new(&b->s->arena, struct version);
    *kept = v;
    list_add(&b->out->v, kept);
}

static const json_t *own(const struct building *b, json_t *made)
{
    if (made)
        list_add(&b->out->owned, made);
    return made;
}

static bool is_named(const struct version *v, struct bytes namespace, struct bytes name)
{
    return bytes_eq(v->name, name) && bytes_eq(v->namespace, namespace);
}

static bool has_version(const struct building *b, struct bytes namespace,
                        struct bytes name)
{
    for (size_t i = 0; i < b->out->v.n; i++)
        if (is_named(b->out->v.v[i], namespace, name))
            return true;
    return false;
}

static struct version *current(const struct building *b, struct bytes namespace,
                               struct bytes name)
{
    for (size_t i = b->out->v.n; i > 0; i--) {
        struct version *v = b->out->v.v[i - 1];
        if (v->until == INT64_MAX && is_named(v, namespace, name))
            return v;
    }
    return NULL;
}

/* Objects of the cluster have no namespace; a manifest may leave it to the command. */
static struct bytes namespace_of(const struct building *b, const struct object *o)
{
    bool of_cluster = bytes_starts(bytes_str(b->type->kind), BYTES("Cluster"));
    if (of_cluster)
        return BYTES_NONE;
    return o->k->namespace.n ? o->k->namespace : BYTES("default");
}

static const struct object *document_of(const struct building *b, struct bytes namespace,
                                        struct bytes name)
{
    for (size_t i = 0; i < b->s->objects.n; i++) {
        const struct object *o = b->s->objects.v[i];
        if (object_type_is_document(b->type, o) && bytes_eq(o->k->name, name) &&
            bytes_eq(namespace_of(b, o), namespace))
            return o;
    }
    return NULL;
}

static instant created(const struct object *o)
{
    return o->k->created != INSTANT_NONE ? o->k->created : INT64_MIN;
}

static struct version of_document(const struct building *b, const struct object *o)
{
    return (struct version){.namespace = namespace_of(b, o),
                            .name = o->k->name,
                            .object = o->k->object,
                            .from = created(o),
                            .until = INT64_MAX,
                            .span = object_span(o, NULL)};
}

/* Apart from metadata and status, which change by themselves. */
static bool same_content(const json_t *a, const json_t *b)
{
    static const char *const members[] = {"spec", "rules", "subjects", "roleRef",
                                          "aggregationRule"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const json_t *x = tree_get(a, members[i]), *y = tree_get(b, members[i]);
        if (x != y && !json_equal(x, y))
            return false;
    }
    return true;
}

/* A patch of labels and annotations alone, or one whose body the log leaves out. */
static bool tells_no_content(const struct request *r)
{
    json_t *sent = r->request ? object_patched(NULL, r->request) : NULL;
    bool none = same_content(sent, NULL);
    json_decref(sent);
    return none && bytes_is(r->verb, "patch") && !json_is_array(r->request);
}

/* Is the document a copy from before the write, or for both sides of it? */
static bool is_before(const struct object *o, const struct request *r)
{
    if (created(o) != INT64_MIN && created(o) > r->end)
        return false;
    if (deletes(r) || tells_no_content(r) || (!r->request && !r->response))
        return true;
    json_t *after = object_after(r, o->k->object);
    bool before = !after || !same_content(after, o->k->object);
    json_decref(after);
    return before;
}

/* It was there before the first write that the log shows. */
static struct version *version_before(const struct building *b, const struct request *r)
{
    const struct object *o = document_of(b, r->namespace, r->name);
    struct version v = {r->namespace, r->name,    NULL,       INT64_MIN,
                        INT64_MAX,    BYTES_NONE, r->spans[0]};
    if (o && is_before(o, r))
        v = of_document(b, o);
    if (v.from >= r->end)
        v.from = INT64_MIN;
    add(b, v);
    return b->out->v.v[b->out->v.n - 1];
}

static void write_one(const struct building *b, const struct request *r)
{
    struct version *before = current(b, r->namespace, r->name);
    if (!before && !bytes_is(r->verb, "create") && !has_version(b, r->namespace, r->name))
        before = version_before(b, r);
    if (before)
        before->until = r->end;
    if (deletes(r))
        return;
    const json_t *object = own(b, object_after(r, before ? before->object : NULL));
    const struct object *o = document_of(b, r->namespace, r->name);
    if (!object && o)
        object = o->k->object; /* as it was collected */
    if (!object && before && tells_no_content(r) && r->request)
        object = before->object;
    add(b, (struct version){r->namespace, r->name, object, r->end, INT64_MAX,
                            request_as(r), r->spans[0]});
}

/* All of a namespace at once, those too that only documents tell of. */
static void delete_all(const struct building *b, const struct request *r)
{
    for (size_t i = 0; i < b->s->objects.n; i++) {
        const struct object *o = b->s->objects.v[i];
        if (object_type_is_document(b->type, o) &&
            bytes_eq(namespace_of(b, o), r->namespace) && created(o) <= r->end &&
            !has_version(b, r->namespace, o->k->name))
            add(b, of_document(b, o));
    }
    for (size_t i = 0; i < b->out->v.n; i++) {
        struct version *v = b->out->v.v[i];
        if (v->until == INT64_MAX && bytes_eq(v->namespace, r->namespace))
            v->until = r->end;
    }
}

static int by_from(const void *a, const void *b)
{
    const struct version *x = *(void *const *)a, *y = *(void *const *)b;
    return moment_compare(x->from, &x->span, y->from, &y->span);
}

void object_versions(struct scope *s, const struct object_type *type,
                     struct object_versions *out)
{
    struct building b = {s, type, out};
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !object_type_is(type, r) || !request_writes(r) ||
            !request_succeeded(r))
            continue;
        if (r->name.n)
            write_one(&b, r);
        else if (deletes(r))
            delete_all(&b, r);
    }
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        if (object_type_is_document(type, o) &&
            !has_version(&b, namespace_of(&b, o), o->k->name))
            add(&b, of_document(&b, o));
    }
    if (out->v.n > 1)
        qsort(out->v.v, out->v.n, sizeof *out->v.v, by_from);
}

void object_versions_release(struct object_versions *o)
{
    for (size_t i = 0; i < o->owned.n; i++)
        json_decref(o->owned.v[i]);
    free(o->owned.v);
    free(o->v.v);
    *o = (struct object_versions){0};
}
