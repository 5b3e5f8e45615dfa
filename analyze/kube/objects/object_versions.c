#include "analyze/kube/objects/object_versions.h"

#include <stdlib.h>

#include "analyze/kube/group.h"
#include "analyze/kube/objects/object_patch.h"
#include "analyze/kube/render.h"
#include "formats/base/memory.h"
#include "formats/document.h"

/* -- types -------------------------------------------------------------------------- */

/* Old clusters had policies and others below "extensions"; logs may leave the group out.
 */
static bool is_group(const struct object_type *type, struct bytes group)
{
    if (bytes_is(group, type->group) || (type->also && bytes_is(group, type->also)))
        return true;
    return !type->foreign && (group.n == 0 || bytes_is(group, "extensions"));
}

bool object_type_is(const struct object_type *type, const struct request *r)
{
    return request_is(r, type->resource, "") && is_group(type, r->group);
}

bool object_type_is_document(const struct object_type *type, const struct object *o)
{
    struct bytes version = o->k->api_version; /* that of a typed list is its items' */
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

/* What is known of one name: a cluster has pods by the ten thousand. */
struct known {
    struct version *last;
    const struct object *document; /* the first that tells of it */
};

struct building {
    struct scope *s;
    const struct object_type *type;
    struct object_versions *out;
    struct intern *names;
    struct known *known; /* by the number of the name */
    size_t known_count, known_capacity;
};

static struct known *known_of(struct building *b, struct bytes namespace,
                              struct bytes name)
{
    struct text key = {0};
    name_object(&key, namespace, name);
    uint32_t number = intern_put(b->names, text_bytes(&key));
    text_release(&key);
    b->known = memory_grow(b->known, &b->known_capacity, number + 1, sizeof *b->known);
    for (; b->known_count <= number; b->known_count++)
        b->known[b->known_count] = (struct known){0};
    return &b->known[number];
}

static void add(struct building *b, struct known *known, struct version v)
{
    struct version *kept = arena_new(&b->s->arena, struct version);
    *kept = v;
    list_add(&b->out->v, kept);
    known->last = kept;
}

static const json_t *own(struct building *b, json_t *made)
{
    if (made)
        list_add(&b->out->owned, made);
    return made;
}

/* The version that is not over yet. */
static struct version *current(const struct known *known)
{
    return known->last && known->last->until == INT64_MAX ? known->last : NULL;
}

/* Objects of the cluster have no namespace; a manifest may leave it to the command. */
static struct bytes namespace_of(struct building *b, const struct object *o)
{
    if (b->type->of_cluster)
        return BYTES_NONE;
    return o->k->namespace.n ? o->k->namespace : BYTES("default");
}

static instant created(const struct object *o)
{
    return o->k->created != INSTANT_NONE ? o->k->created : INT64_MIN;
}

static struct version of_document(struct building *b, const struct object *o)
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
static struct version *version_before(struct building *b, struct known *known,
                                      const struct request *r)
{
    const struct object *o = known->document;
    struct version v = {r->namespace, r->name,    NULL,       INT64_MIN,
                        INT64_MAX,    BYTES_NONE, r->spans[0]};
    if (o && is_before(o, r))
        v = of_document(b, o);
    if (v.from >= r->end)
        v.from = INT64_MIN;
    add(b, known, v);
    return known->last;
}

static void write_one(struct building *b, const struct request *r)
{
    struct known *known = known_of(b, r->namespace, r->name);
    struct version *before = current(known);
    if (!before && !bytes_is(r->verb, "create") && !known->last)
        before = version_before(b, known, r);
    if (before)
        before->until = r->end;
    if (deletes(r))
        return;
    const json_t *object = own(b, object_after(r, before ? before->object : NULL));
    if (!object && known->document)
        object = known->document->k->object; /* as it was collected */
    if (!object && before && tells_no_content(r) && r->request)
        object = before->object;
    add(b, known,
        (struct version){r->namespace, r->name, object, r->end, INT64_MAX, request_as(r),
                         r->spans[0]});
}

/* All of a namespace at once, those too that only documents tell of. */
static void delete_all(struct building *b, const struct request *r)
{
    for (size_t i = 0; i < b->s->objects.n; i++) {
        const struct object *o = b->s->objects.v[i];
        if (!object_type_is_document(b->type, o) ||
            !bytes_eq(namespace_of(b, o), r->namespace) || created(o) > r->end)
            continue;
        struct known *known = known_of(b, r->namespace, o->k->name);
        if (!known->last)
            add(b, known, of_document(b, o));
    }
    for (size_t i = 0; i < b->out->v.n; i++) {
        struct version *v = b->out->v.v[i];
        if (v->until == INT64_MAX && bytes_eq(v->namespace, r->namespace))
            v->until = r->end;
    }
}

/* -- what answers show --------------------------------------------------------------- */

/* Of the same object, apart from what the cluster fills in after it was made. */
static bool is_same_state(const json_t *a, const json_t *b)
{
    const json_t *x = tree_get(a, "metadata/labels"), *y = tree_get(b, "metadata/labels");
    bool placed = tree_string(a, "spec/nodeName").n || !tree_string(b, "spec/nodeName").n;
    if (x != y && !json_equal(x, y))
        return false;
    return !placed || same_content(a, b);
}

/* A row of a Table has the metadata alone: all else is as it was. */
static const json_t *with_spec_of(struct building *b, const struct version *last,
                                  const json_t *row)
{
    if (!json_object_get(last->object, "spec") || json_object_get(row, "spec"))
        return row;
    json_t *whole = json_copy((json_t *)(uintptr_t)last->object);
    json_object_set(whole, "metadata", json_object_get(row, "metadata"));
    return own(b, whole);
}

/* An answer tells what the object was at that moment, whoever wrote it before and whether
 * or not the log has that. What ends before or begins after it stays as it is. */
static void see(struct building *b, const struct object *o)
{
    struct bytes namespace = namespace_of(b, o);
    struct known *known = known_of(b, namespace, o->k->name);
    struct version *last = known->last;
    struct version now = of_document(b, o);
    if (last && last->until > o->seen)
        now.object = with_spec_of(b, last, now.object);
    if (!last) {
        add(b, known, now);
    } else if (last->until <= o->seen) { /* made again */
        now.from = now.from > last->until ? now.from : last->until;
        add(b, known, now);
    } else if (last->from <= o->seen && is_same_state(last->object, now.object)) {
        last->object = now.object; /* with its node and addresses */
    } else if (last->from <= o->seen) {
        bool told = last->object != NULL;
        now.from = told ? o->seen : last->from;
        now.until = last->until;
        last->until = now.from;
        if (told)
            add(b, known, now);
        else
            *last = now;
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
    struct building b = {.s = s, .type = type, .out = out, .names = intern_new()};
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        struct known *known = object_type_is_document(type, o)
                                  ? known_of(&b, namespace_of(&b, o), o->k->name)
                                  : NULL;
        if (known && !known->document)
            known->document = o;
    }
    const struct list *written = scope_written(s, type->resource);
    for (size_t i = 0; written && i < written->n; i++) {
        const struct request *r = written->v[i];
        if (!object_type_is(type, r))
            continue;
        if (r->name.n)
            write_one(&b, r);
        else if (deletes(r))
            delete_all(&b, r);
    }
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        if (!object_type_is_document(type, o) || o->seen)
            continue;
        struct known *known = known_of(&b, namespace_of(&b, o), o->k->name);
        if (!known->last)
            add(&b, known, of_document(&b, o));
    }
    for (size_t i = 0; i < s->shown.n; i++)
        if (object_type_is_document(type, s->shown.v[i]))
            see(&b, s->shown.v[i]);
    if (out->v.n > 1)
        qsort(out->v.v, out->v.n, sizeof *out->v.v, by_from);
    intern_free(b.names);
    free(b.known);
}

void object_versions_release(struct object_versions *o)
{
    for (size_t i = 0; i < o->owned.n; i++)
        json_decref(o->owned.v[i]);
    free(o->owned.v);
    free(o->v.v);
    *o = (struct object_versions){0};
}
