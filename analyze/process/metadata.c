#include "analyze/process/metadata.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/process/values.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

enum { SPEC, CONFIG, STATUS, NETWORK };

static const json_t *read_document(struct metadata *m, size_t which,
                                   const struct item *item, struct bytes text)
{
    m->items[which] = item;
    json_read(text, &m->documents[which]);
    return m->documents[which].n ? m->documents[which].v[0].root : NULL;
}

static const json_t *read_beside(struct metadata *m, size_t which, const struct dump *d,
                                 const char *name)
{
    const struct item *item = dump_beside(d, name);
    return item && item->kept ? read_document(m, which, item, item->content) : NULL;
}

/* -- a containerd checkpoint image: the spec is a blob of its own ----------------------
 */

struct gathering {
    uint8_t *p;
    size_t n, room;
};

static void gather(void *context, struct bytes block)
{
    struct gathering *g = context;
    struct bytes part = bytes_sub(block, 0, g->room - g->n);
    if (part.n)
        memcpy(g->p + g->n, part.p, part.n);
    g->n += part.n;
}

/* The blob is a protobuf Any: its type's name, then the specification as JSON. */
static const json_t *read_blob(struct metadata *m, const struct dump *d,
                               const struct item *blob)
{
    struct gathering g = {memory_new(blob->size, 1), 0, blob->size};
    item_read(d->package, (struct span){blob, 0, blob->size}, gather, &g);
    struct bytes all = bytes_of(g.p, g.n);
    size_t json = bytes_find_byte(all, '{');
    if (!bytes_contains(bytes_sub(all, 0, json), BYTES("runtime-spec"))) {
        free(g.p);
        return NULL;
    }
    m->blob = g.p;
    return read_document(m, SPEC, blob, bytes_from(all, json));
}

static const json_t *read_blobs(struct metadata *m, const struct dump *d)
{
    const struct item *layout = d->container->parent;
    const json_t *spec = NULL;
    for (const struct item *i = layout ? layout->child : NULL; i && !spec; i = i->next)
        if (i->role == ROLE_UNKNOWN && i->entry.type == ENTRY_FILE && i->size &&
            i->size < LIMIT_HEAD && bytes_contains(i->name, BYTES("blobs/")))
            spec = read_blob(m, d, i);
    return spec;
}

/* -- which engine ---------------------------------------------------------------------
 */

static const char *engine_of(const struct metadata *m, const struct dump *d)
{
    struct bytes manager = tree_string(
        json_object_get(tree_get(m->spec, "annotations"), "io.container.manager"), "");
    if (bytes_is(manager, "libpod"))
        return "podman";
    if (bytes_is(manager, "cri-o") || dump_beside(d, "bind.mounts"))
        return "cri-o";
    if (m->blob || m->status || dump_beside(d, "status.dump"))
        return "containerd";
    if (dump_beside(d, "network.status"))
        return "podman";
    if (dump_beside(d, "descriptors.json"))
        return "runc or crun";
    return NULL;
}

void metadata_read(const struct dump *d, struct metadata *out)
{
    *out = (struct metadata){0};
    out->spec = read_beside(out, SPEC, d, "spec.dump");
    out->config = read_beside(out, CONFIG, d, "config.dump");
    out->status = read_beside(out, STATUS, d, "status.dump");
    out->network = read_beside(out, NETWORK, d, "network.status");
    if (!out->spec && !out->config)
        out->spec = read_beside(out, SPEC, d, "config.json");
    if (!out->spec)
        out->spec = json_object_get(out->config, "spec");
    if (!out->spec)
        out->spec = read_blobs(out, d);
    out->engine = engine_of(out, d);
}

void metadata_release(struct metadata *m)
{
    for (size_t i = 0; i < 4; i++)
        documents_release(&m->documents[i]);
    free(m->blob);
    *m = (struct metadata){0};
}

/* -- what they say --------------------------------------------------------------------
 */

static struct bytes annotation(const struct metadata *m, const char *name)
{
    return tree_string(json_object_get(tree_get(m->spec, "annotations"), name), "");
}

/* The first of several annotations that is there. */
static struct bytes annotations(const struct metadata *m, const char *const *names)
{
    struct bytes b = BYTES_NONE;
    for (; *names && b.n == 0; names++)
        b = annotation(m, *names);
    return b;
}

static struct bytes config_string(const struct metadata *m, const char *a, const char *b)
{
    struct bytes value = tree_string(m->config, a);
    return value.n || !b ? value : tree_string(m->config, b);
}

static instant time_of(struct bytes text)
{
    instant t;
    return instant_parse(text, &t, NULL) && t > 0 ? t : INSTANT_NONE;
}

instant metadata_checkpointed(const struct metadata *m)
{
    return time_of(tree_string(m->config, "checkpointedTime"));
}

instant metadata_created(const struct metadata *m)
{
    return time_of(tree_string(m->config, "createdTime"));
}

struct bytes metadata_container(const struct metadata *m)
{
    struct bytes id = tree_string(m->config, "id");
    return id.n ? id : annotation(m, "io.kubernetes.cri-o.ContainerID");
}

const json_t *metadata_arguments(const struct metadata *m)
{
    return tree_get(m->spec, "process/args");
}

struct span metadata_span(const struct metadata *m)
{
    const struct item *item = m->items[CONFIG] ? m->items[CONFIG] : m->items[SPEC];
    return (struct span){item, 0, item ? item->size : 0};
}

/* Any tree of evidence with its text escaped and masked; values under secret names are
 * masked whole. */
static json_t *safe_tree(const json_t *node, const struct mask *mask, unsigned depth)
{
    const char *key;
    json_t *value, *out;
    size_t i;
    if (json_is_string(node))
        return json_masked(mask, tree_string(node, ""));
    if (depth > 32 || (!json_is_object(node) && !json_is_array(node)))
        return json_is_object(node) || json_is_array(node) ? json_null()
                                                           : json_deep_copy(node);
    out = json_is_object(node) ? json_object() : json_array();
    json_array_foreach(node, i, value)
        json_array_append_new(out, safe_tree(value, mask, depth + 1));
    json_object_foreach((json_t *)(uintptr_t)node, key, value)
    {
        json_t *name = json_masked(mask, bytes_str(key));
        struct text t = {0};
        if (json_is_string(value) && credential_name(bytes_str(key)))
            mask_value(mask, "secret", tree_string(value, ""), &t);
        json_object_set_new(out, json_string_value(name),
                            t.n ? json_evidence(text_bytes(&t))
                                : safe_tree(value, mask, depth + 1));
        text_release(&t);
        json_decref(name);
    }
    return out;
}

static void set_pod(const struct metadata *m, json_t *o, const struct mask *mask)
{
    static const char *const names[] = {"io.kubernetes.pod.name",
                                        "io.kubernetes.cri.sandbox-name", NULL};
    static const char *const spaces[] = {"io.kubernetes.pod.namespace",
                                         "io.kubernetes.cri.sandbox-namespace", NULL};
    static const char *const uids[] = {"io.kubernetes.pod.uid",
                                       "io.kubernetes.cri.sandbox-uid", NULL};
    static const char *const sandboxes[] = {"io.kubernetes.cri-o.SandboxID",
                                            "io.kubernetes.cri.sandbox-id", NULL};
    json_t *pod = json_object();
    json_set_if(pod, "name", json_masked(mask, annotations(m, names)));
    json_set_if(pod, "namespace", json_masked(mask, annotations(m, spaces)));
    json_set_if(pod, "uid", json_masked(mask, annotations(m, uids)));
    json_set_if(pod, "sandbox", json_masked(mask, annotations(m, sandboxes)));
    json_set_if(o, "pod", pod);
}

static void set_image(const struct metadata *m, json_t *o, const struct mask *mask)
{
    static const char *const names[] = {"io.kubernetes.cri-o.ImageName",
                                        "io.kubernetes.cri.image-name", NULL};
    json_t *image = json_object();
    struct bytes name = config_string(m, "rootfsImageName", "rootfsImage");
    json_set_if(image, "name", json_masked(mask, name.n ? name : annotations(m, names)));
    json_set_if(image, "id", json_masked(mask, tree_string(m->config, "rootfsImageID")));
    json_set_if(image, "digest",
                json_masked(mask, tree_string(m->config, "rootfsImageRef")));
    json_set_if(image, "requested",
                json_masked(mask, tree_string(m->config, "RawImageName")));
    json_set_if(o, "image", image);
}

/* What an archive of the engine holds besides the images. */
static json_t *missing_of(const struct metadata *m, const struct dump *d)
{
    static const struct {
        const char *engine, *name;
    } parts[] = {{"podman", "config.dump"},
                 {"podman", "spec.dump"},
                 {"podman", "network.status"},
                 {"cri-o", "config.dump"},
                 {"cri-o", "spec.dump"},
                 {"cri-o", "bind.mounts"},
                 {"containerd", "descriptors.json"},
                 {"runc or crun", "descriptors.json"}};
    json_t *all = json_array();
    for (size_t i = 0; m->engine && i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].engine, m->engine) == 0 && !dump_beside(d, parts[i].name))
            json_array_append_new(all, json_string(parts[i].name));
    return all;
}

json_t *metadata_describe(const struct metadata *m, const struct dump *d,
                          const struct mask *mask)
{
    static const char *const names[] = {"io.kubernetes.container.name",
                                        "io.kubernetes.cri.container-name", NULL};
    json_t *o = json_object();
    struct bytes name = tree_string(m->config, "name");
    int64_t restarts;
    json_object_set_new(o, "engine", m->engine ? json_string(m->engine) : json_null());
    json_set_if(o, "id", json_masked(mask, metadata_container(m)));
    json_set_if(o, "name", json_masked(mask, name.n ? name : annotations(m, names)));
    set_image(m, o, mask);
    set_pod(m, o, mask);
    json_set_if(o, "runtime",
                json_masked(mask, config_string(m, "runtime", "ociRuntime")));
    json_set_if(o, "created", json_masked(mask, tree_string(m->config, "createdTime")));
    json_set_if(o, "checkpointed",
                json_masked(mask, tree_string(m->config, "checkpointedTime")));
    if (tree_true(m->config, "restored"))
        json_object_set_new(o, "restored", json_true());
    if (tree_integer(m->config, "restartCount", &restarts) ||
        tree_integer(m->status, "metadata/attempt", &restarts))
        json_object_set_new(o, "restart_count", json_integer(restarts));
    json_set_if(o, "hostname", json_masked(mask, tree_string(m->spec, "hostname")));
    json_set_if(o, "arguments", safe_tree(metadata_arguments(m), mask, 0));
    json_set_if(o, "annotations", safe_tree(tree_get(m->spec, "annotations"), mask, 0));
    json_set_if(o, "mounts", safe_tree(tree_get(m->spec, "mounts"), mask, 0));
    json_set_if(o, "namespaces",
                safe_tree(tree_get(m->spec, "linux/namespaces"), mask, 0));
    json_set_if(o, "network", safe_tree(m->network, mask, 0));
    json_set_if(o, "missing", missing_of(m, d));
    json_object_set_new(o, "span", json_span(metadata_span(m)));
    return o;
}
