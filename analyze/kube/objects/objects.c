#include "analyze/kube/objects/objects.h"

#include "formats/base/memory.h"

static bool holds_objects(const struct item *item)
{
    switch (item->role) {
    case ROLE_POD_MANIFEST:
    case ROLE_NETWORK_POLICY:
    case ROLE_KUBERNETES_OBJECTS:
        return item->kept && item_more(item)->content.n > 0;
    default:
        return false;
    }
}

static void read_item(struct scope *s, const struct item *item)
{
    struct kobjects *all = memory_new(1, sizeof *all);
    kobjects_read(item_more(item)->content, all);
    list_add(&s->kobjects, all);
    for (size_t i = 0; i < all->n; i++) {
        struct object *o = arena_new(&s->arena, struct object);
        *o = (struct object){.item = item, .k = &all->v[i]};
        list_add(&s->objects, o);
    }
}

void objects_read(struct scope *s)
{
    struct item *root = package_root(s->analysis->package);
    for (struct item *item = root; item; item = item_next(item, root))
        if (holds_objects(item))
            read_item(s, item);
}

struct span object_span(const struct object *o, const json_t *node)
{
    struct span span = {o->item, o->k->offset, o->k->length};
    uint64_t offset, length;
    if (node && o->k->document && document_span(o->k->document, node, &offset, &length)) {
        span.offset = offset;
        span.length = length;
    }
    return span;
}

const struct object *objects_find(const struct scope *s, const char *kind,
                                  struct bytes namespace, struct bytes name)
{
    for (size_t i = 0; i < s->objects.n; i++) {
        const struct object *o = s->objects.v[i];
        if (bytes_is(o->k->kind, kind) && bytes_eq(o->k->name, name) &&
            (namespace.n == 0 || bytes_eq(o->k->namespace, namespace)))
            return o;
    }
    return NULL;
}

const char *const cloud_account_keys[CLOUD_ACCOUNTS] = {
    "eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id"};

struct bytes pod_cloud_account(const struct scope *s, size_t key)
{
    const struct object *o =
        objects_find(s, "ServiceAccount", s->pod.namespace, s->pod.service_account);
    const json_t *annotations = o ? tree_get(o->k->object, "metadata/annotations") : NULL;
    return tree_string(json_object_get(annotations, cloud_account_keys[key]), "");
}
