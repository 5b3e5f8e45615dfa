/* The pod's labels and the policies of its namespace, at every moment. */
#include <stdlib.h>

#include "analyze/kube/incident.h"

static const json_t *body_after(const struct request *r)
{
    if (tree_get(r->response, "metadata") &&
        !bytes_is(tree_string(r->response, "kind"), "Status"))
        return r->response;
    bool whole = bytes_is(r->verb, "create") || bytes_is(r->verb, "update");
    return whole ? r->request : NULL;
}

static struct version *add_version(struct incident *in, struct list *list,
                                   struct version v)
{
    struct version *kept = arena_new(&in->scope->arena, struct version);
    *kept = v;
    list_add(list, kept);
    return kept;
}

static void end_current(struct list *list, struct bytes name, instant t)
{
    for (size_t i = 0; i < list->n; i++) {
        struct version *v = list->v[i];
        if (v->until == INT64_MAX && bytes_eq(v->name, name))
            v->until = t;
    }
}

/* -- labels of the pod -------------------------------------------------------------- */

/* A merge patch applied to the labels that were there: RFC 7386. */
static const json_t *merged_labels(struct incident *in, const struct request *r)
{
    const json_t *patch = tree_get(r->request, "metadata/labels");
    const struct version *last = in->labels.n ? in->labels.v[in->labels.n - 1] : NULL;
    if (!patch || !last)
        return patch;
    json_t *merged = json_copy((json_t *)(uintptr_t)last->object);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)patch, key, value)
    {
        if (json_is_null(value))
            json_object_del(merged, key);
        else
            json_object_set(merged, key, value);
    }
    list_add(&in->owned, merged);
    return merged;
}

static void label_write(struct incident *in, const struct request *r)
{
    const json_t *body = body_after(r);
    const json_t *labels = tree_get(body, "metadata/labels");
    if (!labels && !body)
        labels = merged_labels(in, r);
    const struct version *last = in->labels.n ? in->labels.v[in->labels.n - 1] : NULL;
    if ((!labels && !body) || (last && json_equal(last->object, labels)))
        return;
    struct version v = {r->name, labels, r->end, INT64_MAX, request_as(r), r->spans[0]};
    end_current(&in->labels, r->name, r->end);
    add_version(in, &in->labels, v);
}

static instant manifest_created(const struct incident *in)
{
    const struct kobject *k = in->scope->manifest_object.k;
    return k && k->created != INSTANT_NONE ? k->created : INT64_MIN;
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
            t < manifest_created(in) + 2 * NANOSECONDS)
            continue;
        json_object_foreach((json_t *)(uintptr_t)fields, key,
                            value) if (key[0] == 'f' && key[1] == ':')
            json_object_del(before, key + 2);
        set = set == INSTANT_NONE || t < set ? t : set;
    }
    list_add(&in->owned, before);
    struct span span = object_span(&in->scope->manifest_object, managers);
    struct version v = {in->scope->pod.name,  before ? before : labels,
                        manifest_created(in), INT64_MAX,
                        BYTES_NONE,           span};
    if (set != INSTANT_NONE) {
        v.until = set;
        add_version(in, &in->labels, v);
        v.until = INT64_MAX;
        v.from = set;
    }
    v.object = labels;
    add_version(in, &in->labels, v);
}

static void find_labels(struct incident *in)
{
    struct scope *s = in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !bytes_is(r->resource, "pods") || r->subresource.n ||
            !request_writes(r) || !request_succeeded(r) ||
            !scope_is_pod(s, r->namespace, r->name))
            continue;
        if (bytes_starts(r->verb, BYTES("delete")))
            end_current(&in->labels, r->name, r->end);
        else
            label_write(in, r);
    }
    if (in->labels.n == 0 && s->manifest)
        labels_from_managers(in);
}

/* -- policies ----------------------------------------------------------------------- */

/* Calico has a resource of the same name, which means something else. */
static bool is_kubernetes(const struct request *r)
{
    return r->group.n == 0 || bytes_is(r->group, "networking.k8s.io") ||
           bytes_is(r->group, "extensions");
}

bool incident_other_policies(const struct incident *in)
{
    const struct scope *s = in->scope;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->in_scope && !r->folded && request_writes(r) && request_succeeded(r) &&
            bytes_ends(r->resource, BYTES("networkpolicies")) &&
            !(is_kubernetes(r) && bytes_is(r->resource, "networkpolicies")))
            return true;
    }
    return false;
}

static bool is_policy(const struct incident *in, const struct request *r)
{
    return is_kubernetes(r) && request_is(r, "networkpolicies", "") &&
           bytes_eq(r->namespace, in->scope->pod.namespace) && request_writes(r) &&
           request_succeeded(r) && !r->folded;
}

static const struct object *policy_document(const struct incident *in, struct bytes name)
{
    return objects_find(in->scope, "NetworkPolicy", in->scope->pod.namespace, name);
}

static void policy_write(struct incident *in, const struct request *r)
{
    end_current(&in->policies, r->name, r->end);
    if (bytes_starts(r->verb, BYTES("delete")))
        return;
    const json_t *body = body_after(r);
    const struct object *o = policy_document(in, r->name);
    if (!body && o)
        body = o->k->object; /* the level leaves bodies out: as it was collected */
    struct version v = {r->name, body, r->end, INT64_MAX, request_as(r), r->spans[0]};
    add_version(in, &in->policies, v);
}

static bool has_version(const struct incident *in, struct bytes name)
{
    for (size_t i = 0; i < in->policies.n; i++) {
        const struct version *v = in->policies.v[i];
        if (bytes_eq(v->name, name))
            return true;
    }
    return false;
}

static void policies_of_documents(struct incident *in)
{
    struct scope *s = in->scope;
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        struct bytes namespace = o->k->namespace.n ? o->k->namespace : BYTES("default");
        struct bytes version = tree_string(o->k->object, "apiVersion");
        if (!bytes_is(o->k->kind, "NetworkPolicy") ||
            bytes_contains(version, BYTES("projectcalico.org")) ||
            !bytes_eq(namespace, s->pod.namespace) || has_version(in, o->k->name))
            continue;
        struct version v = {.name = o->k->name, .object = o->k->object};
        v.from = o->k->created != INSTANT_NONE ? o->k->created : INT64_MIN;
        v.until = INT64_MAX;
        v.span = object_span(o, NULL);
        add_version(in, &in->policies, v);
    }
}

static int by_from(const void *a, const void *b)
{
    const struct version *x = *(void *const *)a, *y = *(void *const *)b;
    return moment_compare(x->from, &x->span, y->from, &y->span);
}

void incident_versions(struct incident *in)
{
    struct scope *s = in->scope;
    find_labels(in);
    for (size_t i = 0; i < s->requests.n; i++)
        if (is_policy(in, s->requests.v[i]))
            policy_write(in, s->requests.v[i]);
    policies_of_documents(in);
    if (in->policies.n > 1)
        qsort(in->policies.v, in->policies.n, sizeof *in->policies.v, by_from);
}
