/* What `kubectl describe pod` tells of the pod, where no manifest does. */
#include "analyze/kube/objects/objects.h"
#include "analyze/kube/objects/podspec.h"
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

/* "app=web", one on each line; "<none>". */
static void read_label(struct scope *s, const struct describe_line *l)
{
    size_t equals = bytes_find_byte(l->value, '=');
    struct bytes key = bytes_sub(l->value, 0, equals);
    struct bytes value = bytes_from(l->value, equals + 1);
    if (equals >= l->value.n || key.n == 0)
        return;
    if (!s->described_labels)
        s->described_labels = json_object();
    json_object_setn_new(s->described_labels, (const char *)key.p, key.n,
                         json_stringn((const char *)value.p, value.n));
}

static void take_pod(void *context, const struct describe_line *l)
{
    struct described *d = context;
    struct scope *s = d->s;
    see_object(d, l);
    if (!bytes_eq(d->name, s->pod.name) ||
        (d->namespace.n && !bytes_eq(d->namespace, s->pod.namespace)))
        return;
    if (bytes_is(l->section, "Labels"))
        read_label(s, l);
    else if (l->indent == 0)
        read_member(s, l);
    else if (l->indent == 4 && l->container.n)
        read_container(s, l);
}

/* `d` is the first member of what the callback gets. */
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

/* -- what it makes readable ---------------------------------------------------------- */

struct referring {
    struct described d;
    void (*each)(void *context, const struct reference *r);
    void *context;
};

/* What stands between the mark and the next quote. */
static struct bytes quoted(struct bytes text, const char *mark)
{
    struct bytes rest = bytes_from(text, bytes_find(text, bytes_str(mark)));
    if (rest.n == 0)
        return BYTES_NONE;
    rest = bytes_from(rest, strlen(mark));
    return bytes_sub(rest, 0, bytes_find_byte(rest, '\''));
}

/* "PASSWORD:  <set to the key 'password' in secret 'db'>  Optional: false" */
static void of_variable(struct referring *r, const struct describe_line *l)
{
    struct bytes secret = quoted(l->value, "in secret '");
    struct bytes map = quoted(l->value, "of config map '");
    struct reference one = {.kind = secret.n ? REFERENCE_SECRET : REFERENCE_CONFIGMAP,
                            .name = secret.n ? secret : map,
                            .key = quoted(l->value, "the key '"),
                            .container = l->container,
                            .where = l->key,
                            .via = "environment variable",
                            .readable = true};
    if (one.name.n)
        r->each(r->context, &one);
}

/* "db  Secret  Optional: false" below "Environment Variables from:" */
static void of_whole(struct referring *r, const struct describe_line *l)
{
    struct bytes name = bytes_sub(l->key, 0, bytes_find_byte(l->key, ' '));
    struct bytes kind = bytes_trim(bytes_from(l->key, name.n));
    bool secret = bytes_starts(kind, BYTES("Secret "));
    struct reference one = {.kind = secret ? REFERENCE_SECRET : REFERENCE_CONFIGMAP,
                            .name = name,
                            .container = l->container,
                            .via = "environment of the container",
                            .readable = true};
    if (secret || bytes_starts(kind, BYTES("ConfigMap ")))
        r->each(r->context, &one);
}

static void of_volume(struct referring *r, const struct describe_line *l)
{
    bool secret = bytes_is(l->key, "SecretName");
    struct reference one = {.kind = secret ? REFERENCE_SECRET : REFERENCE_CONFIGMAP,
                            .name = l->value,
                            .via = "volume",
                            .readable = true};
    uint64_t lifetime;
    struct reference token = {
        .kind = REFERENCE_TOKEN, .via = "projected volume", .readable = true};
    if (bytes_is(l->key, "TokenExpirationSeconds") && bytes_to_u64(l->value, &lifetime) &&
        lifetime <= INT64_MAX) {
        token.lifetime = (int64_t)lifetime;
        r->each(r->context, &token);
    }
    bool named = l->value.n && l->value.p[0] != '<';
    if (named && (secret || bytes_is(l->key, "ConfigMapName")))
        r->each(r->context, &one);
}

static void refer_line(void *context, const struct describe_line *l)
{
    struct referring *r = context;
    const struct scope_pod *pod = &r->d.s->pod;
    see_object(&r->d, l);
    if (!bytes_eq(r->d.name, pod->name) || !bytes_eq(r->d.namespace, pod->namespace))
        return;
    if (bytes_is(l->section, "Volumes"))
        of_volume(r, l);
    else if (l->container.n && l->indent > 4) {
        of_variable(r, l);
        of_whole(r, l);
    }
}

void description_references(struct scope *s,
                            void (*each)(void *context, const struct reference *r),
                            void *context)
{
    struct referring r = {{.s = s}, each, context};
    each_text(&r.d, refer_line);
}

struct span description_span(const struct scope *s)
{
    struct item *root = package_root(s->analysis->package);
    for (struct item *item = root; item; item = item_next(item, root))
        if (item->role == ROLE_POD_DESCRIBE && item->kept)
            return (struct span){item, 0, item_more(item)->content.n};
    return (struct span){0};
}
