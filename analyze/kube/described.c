/* What `kubectl describe pod` tells of the pod, where no manifest does. */
#include "analyze/kube/objects.h"
#include "formats/describe.h"

struct described {
    struct scope *s;
    const struct item *item;
    struct bytes namespace, name; /* of the object that is being read */
    bool on_node;                 /* pods have a node and containers */
    /* The first pod, and whether there is another one. */
    struct bytes first_namespace, first_name;
    const struct item *first_item;
    bool several;
};

static void see_object(struct described *d, const struct describe_line *l)
{
    if (l->indent > 0)
        return;
    if (bytes_is(l->key, "Name")) {
        d->name = l->value;
        d->namespace = BYTES_NONE;
        d->on_node = false;
    } else if (bytes_is(l->key, "Namespace")) {
        d->namespace = l->value;
    } else if (bytes_is(l->key, "Node")) {
        d->on_node = true;
    }
}

static void see_pod(void *context, const struct describe_line *l)
{
    struct described *d = context;
    see_object(d, l);
    if (l->indent > 0 || !bytes_is(l->key, "Containers") || !d->on_node || !d->name.n)
        return;
    if (d->first_item)
        d->several |= !bytes_eq(d->name, d->first_name) ||
                      !bytes_eq(d->namespace, d->first_namespace);
    else
        *d = (struct described){d->s,         d->item, d->namespace, d->name, true,
                                d->namespace, d->name, d->item,      false};
}

static struct bytes told(struct scope *s, struct bytes value)
{
    bool none = value.n && value.p[0] == '<'; /* "<none>", "<unset>" */
    return none ? BYTES_NONE : arena_copy(&s->arena, value);
}

static void read_container(struct scope *s, const struct describe_line *l)
{
    struct scope_container c = {.name = told(s, l->container)};
    if (bytes_starts(l->section, BYTES("Init")))
        c.role = CONTAINER_INIT;
    else if (bytes_starts(l->section, BYTES("Ephemeral")))
        c.role = CONTAINER_EPHEMERAL;
    size_t scheme = bytes_find(l->value, BYTES("://"));
    if (bytes_is(l->key, "Container ID") && scheme < l->value.n)
        c.id = told(s, bytes_from(l->value, scheme + 3));
    else if (bytes_is(l->key, "Image"))
        c.image = told(s, l->value);
    else if (bytes_is(l->key, "Image ID"))
        c.image_id = told(s, l->value);
    else
        return;
    pod_add_container(s, &c);
}

/* "worker-2/10.0.0.5"; "ReplicaSet/web-7d9f" */
static void read_member(struct scope *s, const struct describe_line *l)
{
    struct scope_pod *p = &s->pod;
    size_t slash = bytes_find_byte(l->value, '/');
    struct bytes before = bytes_sub(l->value, 0, slash);
    if (bytes_is(l->key, "Node") && !p->node.n)
        p->node = told(s, before);
    else if (bytes_is(l->key, "Service Account") && !p->service_account.n)
        pod_set_account(s, told(s, l->value));
    else if (bytes_is(l->key, "Controlled By") && !p->owner_name.n &&
             slash < l->value.n) {
        p->owner_kind = told(s, before);
        p->owner_name = told(s, bytes_from(l->value, slash + 1));
    }
}

static void take_pod(void *context, const struct describe_line *l)
{
    struct described *d = context;
    struct scope *s = d->s;
    see_object(d, l);
    if (!bytes_eq(d->name, s->pod.name) ||
        (d->namespace.n && !bytes_eq(d->namespace, s->pod.namespace)))
        return;
    if (l->indent == 0)
        read_member(s, l);
    else if (l->indent == 4 && l->container.n)
        read_container(s, l);
}

static void each_text(struct described *d,
                      void (*each)(void *context, const struct describe_line *l))
{
    struct item *root = package_root(d->s->analysis->package);
    for (struct item *item = root; item; item = item_next(item, root)) {
        if (item->role != ROLE_POD_DESCRIBE || !item->kept)
            continue;
        d->item = item;
        d->name = d->namespace = BYTES_NONE;
        describe_lines(item_more(item)->content, each, d);
    }
}

void pod_from_description(struct scope *s)
{
    struct described d = {.s = s};
    if (!s->pod.how)
        each_text(&d, see_pod);
    if (d.first_item && !d.several) {
        s->pod.namespace = told(s, d.first_namespace);
        s->pod.name = told(s, d.first_name);
        s->pod.span = (struct span){d.first_item, 0, item_more(d.first_item)->content.n};
        s->pod.how = "the only pod that a description tells of";
    }
    if (s->pod.how && !s->manifest)
        each_text(&d, take_pod);
}
