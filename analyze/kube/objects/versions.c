/* The pod's labels at every moment. */
#include <stdlib.h>

#include "analyze/kube/network/network.h"
#include "analyze/kube/objects/object_patch.h"

static struct version *add_version(struct incident *in, struct list *list,
                                   struct version v)
{
    struct version *kept = arena_new(&in->scope->arena, struct version);
    *kept = v;
    list_add(list, kept);
    return kept;
}

static void end_current(struct list *list, instant t)
{
    for (size_t i = 0; i < list->n; i++) {
        struct version *v = list->v[i];
        if (v->until == INT64_MAX)
            v->until = t;
    }
}

/* -- labels of the pod -------------------------------------------------------------- */

static instant manifest_created(const struct incident *in)
{
    const struct kobject *k = in->scope->manifest_object.k;
    return k && k->created != INSTANT_NONE ? k->created : INT64_MIN;
}

static const json_t *own(struct incident *in, json_t *made)
{
    list_add(&in->owned, made);
    return made;
}

/* An object with these labels alone; a new reference. */
static json_t *with_labels(const json_t *labels)
{
    json_t *object = json_object(), *metadata = json_object();
    json_object_set(metadata, "labels", (json_t *)(uintptr_t)labels);
    json_object_set_new(object, "metadata", metadata);
    return object;
}

/* The labels that a patch of the labels `before` leaves; a new reference or NULL. */
static json_t *patched_labels(const json_t *before, const json_t *patch)
{
    json_t *none = before ? NULL : json_object();
    json_t *object = with_labels(before ? before : none);
    json_t *after = object_patched(object, patch);
    json_t *labels =
        json_incref(json_object_get(json_object_get(after, "metadata"), "labels"));
    json_decref(after);
    json_decref(object);
    json_decref(none);
    return labels;
}

/* What the pod had before the first write that the log shows: what is told of it later,
 * or by its manifest, without what that write set. */
static void labels_before(struct incident *in, const struct request *r)
{
    const struct scope *s = in->scope;
    const json_t *told = tree_get(s->manifest, "metadata/labels");
    struct span span = told ? object_span(&s->manifest_object, told) : r->spans[0];
    if (!told)
        told = tree_get(r->response, "metadata/labels");
    if (!told && s->described_labels) {
        told = s->described_labels;
        span = description_span(s);
    }
    if (!told)
        return;
    json_t *before = json_copy((json_t *)(uintptr_t)told);
    json_t *set = r->request ? patched_labels(NULL, r->request) : NULL;
    const char *key;
    json_t *value;
    json_object_foreach(set, key, value)
    {
        if (json_equal(json_object_get(before, key), value))
            json_object_del(before, key);
    }
    json_decref(set);
    struct version v = {.namespace = r->namespace,
                        .name = r->name,
                        .object = own(in, before),
                        .from = manifest_created(in),
                        .until = INT64_MAX,
                        .span = span};
    if (v.from < r->end)
        add_version(in, &in->labels, v);
}

static void label_write(struct incident *in, const struct request *r)
{
    if (in->labels.n == 0 && !bytes_is(r->verb, "create"))
        labels_before(in, r);
    const struct version *last = in->labels.n ? in->labels.v[in->labels.n - 1] : NULL;
    json_t *whole = object_after(r, NULL);
    json_t *labels = json_incref((json_t *)(uintptr_t)tree_get(whole, "metadata/labels"));
    if (!whole && r->request)
        labels = patched_labels(last ? last->object : NULL, r->request);
    bool told = whole || labels;
    json_decref(whole);
    if (labels)
        list_add(&in->owned, labels);
    if (!told || (last && json_equal(last->object, labels)))
        return;
    struct version v = {r->namespace, r->name,       labels,     r->end,
                        INT64_MAX,    request_as(r), r->spans[0]};
    end_current(&in->labels, r->end);
    add_version(in, &in->labels, v);
}

/* managedFields tell when a label was set although nobody's log does. */
static void labels_from_managers(struct incident *in)
{
    const json_t *managers = tree_get(in->scope->manifest, "metadata/managedFields");
    const json_t *labels = tree_get(in->scope->manifest, "metadata/labels");
    json_t *before = json_copy((json_t *)(uintptr_t)labels);
    instant set = INSTANT_NONE;
    for (size_t i = 0; i < json_array_size(managers); i++) {
        const json_t *m = json_array_get(managers, i);
        const json_t *fields =
            json_object_get(tree_get(m, "fieldsV1/f:metadata"), "f:labels");
        const char *key;
        json_t *value;
        instant t;
        if (!fields || !instant_parse(tree_string(m, "time"), &t, NULL) ||
            t < instant_after(manifest_created(in), 2 * NANOSECONDS))
            continue;
        json_object_foreach((json_t *)(uintptr_t)fields, key,
                            value) if (key[0] == 'f' && key[1] == ':')
            json_object_del(before, key + 2);
        set = set == INSTANT_NONE || t < set ? t : set;
    }
    list_add(&in->owned, before);
    struct span span = object_span(&in->scope->manifest_object, managers);
    struct version v = {.namespace = in->scope->pod.namespace,
                        .name = in->scope->pod.name,
                        .object = before ? before : labels,
                        .from = manifest_created(in),
                        .until = INT64_MAX,
                        .span = span};
    if (set != INSTANT_NONE) {
        v.until = set;
        add_version(in, &in->labels, v);
        v.until = INT64_MAX;
        v.from = set;
    }
    v.object = labels;
    add_version(in, &in->labels, v);
}

/* The pod where its metadata alone is known: a row of a Table. */
static const struct object *row_of_pod(const struct scope *s)
{
    const struct list *all[] = {&s->objects, &s->shown};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < all[k]->n; i++) {
            const struct object *o = all[k]->v[i];
            if (bytes_is(o->k->kind, "Pod") &&
                scope_is_pod(s, o->k->namespace, o->k->name))
                return o;
        }
    return NULL;
}

static void labels_from_row(struct incident *in, const struct object *row)
{
    instant made = row->k->created;
    add_version(in, &in->labels,
                (struct version){.namespace = in->scope->pod.namespace,
                                 .name = in->scope->pod.name,
                                 .object = tree_get(row->k->object, "metadata/labels"),
                                 .from = made != INSTANT_NONE ? made : INT64_MIN,
                                 .until = INT64_MAX,
                                 .span = object_span(row, NULL)});
}

/* Where no write to the pod tells its labels. */
static void labels_from_documents(struct incident *in)
{
    const struct scope *s = in->scope;
    const struct object *row = row_of_pod(s);
    if (s->manifest)
        labels_from_managers(in);
    else if (s->described_labels)
        add_version(in, &in->labels,
                    (struct version){.namespace = s->pod.namespace,
                                     .name = s->pod.name,
                                     .object = s->described_labels,
                                     .from = INT64_MIN,
                                     .until = INT64_MAX,
                                     .span = description_span(s)});
    else if (row)
        labels_from_row(in, row);
}

/* A deleted or evicted pod is gone, as are all with their namespace; one of a StatefulSet
 * comes back under its name. */
static bool ends_pod(const struct scope *s, const struct request *r)
{
    bool deletes = bytes_starts(r->verb, BYTES("delete"));
    bool own = scope_is_pod(s, r->namespace, r->name);
    if (bytes_is(r->resource, "namespaces"))
        return deletes && s->pod.namespace.n && bytes_eq(r->name, s->pod.namespace);
    if (request_is(r, "pods", "") && deletes)
        return own || (r->name.n == 0 && bytes_eq(r->namespace, s->pod.namespace));
    return own && request_is(r, "pods", "eviction");
}

static void find_labels(struct incident *in)
{
    struct scope *s = in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !request_writes(r) || !request_succeeded(r))
            continue;
        if (ends_pod(s, r)) {
            if (in->labels.n == 0)
                labels_from_documents(in);
            end_current(&in->labels, r->end);
        } else if (request_is(r, "pods", "") && scope_is_pod(s, r->namespace, r->name)) {
            label_write(in, r);
        }
    }
    if (in->labels.n == 0)
        labels_from_documents(in);
}

/* Answers that show the pod tell what writes left out, or what no write of the log did.
 */
static void labels_from_answers(struct incident *in)
{
    const struct scope *s = in->scope;
    for (size_t i = 0; i < s->shown.n; i++) {
        const struct object *o = s->shown.v[i];
        const json_t *labels = tree_get(o->k->object, "metadata/labels");
        struct version *v = (struct version *)(uintptr_t)labels_at(in, o->seen);
        if (!v || !scope_is_pod(s, o->k->namespace, o->k->name) || v->object == labels ||
            json_equal(v->object, labels))
            continue;
        struct version now = *v;
        now.object = labels;
        now.by = BYTES_NONE;
        now.from = o->seen;
        now.span = object_span(o, NULL);
        v->until = o->seen;
        add_version(in, &in->labels, now);
    }
}

const struct version *labels_during(const struct incident *in, instant from,
                                    instant until)
{
    for (size_t i = in->labels.n; i > 0; i--) {
        const struct version *v = in->labels.v[i - 1];
        if (v->from < until && v->until > from)
            return v;
    }
    return NULL;
}

const struct version *labels_at(const struct incident *in, instant t)
{
    return labels_during(in, t, t == INT64_MAX ? t : t + 1);
}

void incident_versions(struct incident *in)
{
    find_labels(in);
    labels_from_answers(in);
    network_read(in);
}
