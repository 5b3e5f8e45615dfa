/* The documents that runtimes put beside the images, and whose they are. */
#include "analyze/process/metadata.h"

#include <stdlib.h>
#include <string.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* -- reading --------------------------------------------------------------------------
 */

static const json_t *read_text(struct metadata *m, enum metadata_document which,
                               const struct item *item, struct bytes text)
{
    json_read(text, &m->read[which]);
    m->items[which] = item;
    m->documents[which] = m->read[which].n ? m->read[which].v[0].root : NULL;
    return m->documents[which];
}

/* What checkpoints have as metadata are files of some kilobytes. */
#define LIMIT_METADATA (4 * MIB)

/* A small file as text; *hold is freed by the caller. */
static struct bytes text_of(const struct dump *d, const struct item *item, uint8_t **hold)
{
    *hold = NULL;
    if (item->kept)
        return item_more(item)->content;
    if (item->entry.type != ENTRY_FILE || item->size == 0 || item->size > LIMIT_METADATA)
        return BYTES_NONE;
    *hold = memory_new(item->size, 1);
    return item_copy(d->package, (struct span){item, 0, item->size}, *hold);
}

static void read_item(struct metadata *m, enum metadata_document which,
                      const struct dump *d, const struct item *item)
{
    uint8_t *hold = NULL;
    if (item && !m->documents[which])
        read_text(m, which, item, text_of(d, item, &hold));
    free(hold);
}

/* -- OCI images that hold a checkpoint ------------------------------------------------
 */

/* A blob of containerd is a protobuf Any: its type's name, then the specification. */
static void read_spec_blob(struct metadata *m, const struct item *blob, struct bytes all)
{
    size_t json = bytes_find_byte(all, '{');
    if (bytes_contains(bytes_sub(all, 0, json), BYTES("runtime-spec")))
        read_text(m, METADATA_SPEC, blob, bytes_from(all, json));
}

static void read_image_blob(struct metadata *m, const struct item *blob, struct bytes all)
{
    struct documents documents = {0};
    json_read(all, &documents);
    const json_t *root = documents.n ? documents.v[0].root : NULL;
    const json_t *annotations = json_object_get(root, "annotations");
    const char *key;
    json_t *value;
    bool checkpoint = false;
    json_object_foreach((json_t *)(uintptr_t)annotations, key, value) checkpoint |=
        strstr(key, "checkpoint") != NULL;
    documents_release(&documents);
    if (checkpoint)
        read_text(m, METADATA_IMAGE, blob, all);
}

/* The checkpoint is a blob of a layout; the other small blobs say what it is. */
static void read_blobs(struct metadata *m, const struct dump *d)
{
    const struct item *layout = d->container->parent;
    struct bytes own = d->container->name, folder = BYTES("blobs/");
    size_t at = bytes_find(own, folder);
    if (at >= own.n)
        return;
    folder = bytes_sub(own, 0, at + folder.n);
    for (const struct item *i = layout ? item_more(layout)->child : NULL; i;
         i = i->next) {
        uint8_t *hold = NULL;
        if (i->entry.type != ENTRY_FILE || i->size == 0 || i->size > LIMIT_HEAD ||
            i->container != CONTAINER_NONE || !bytes_starts(i->name, folder))
            continue;
        struct bytes all = text_of(d, i, &hold);
        if (!m->documents[METADATA_SPEC])
            read_spec_blob(m, i, all);
        if (!m->documents[METADATA_IMAGE] && json_looks_like(all))
            read_image_blob(m, i, all);
        free(hold);
    }
}

/* -- Docker ---------------------------------------------------------------------------
 */

/* containers/ID/checkpoints/NAME: the container's folder, with its configuration. */
static struct bytes docker_folder(const struct dump *d)
{
    size_t name = bytes_rfind_byte(d->folder, '/');
    struct bytes above = bytes_sub(d->folder, 0, name < d->folder.n ? name : 0);
    if (!bytes_ends(above, BYTES("/checkpoints")))
        return BYTES_NONE;
    return bytes_sub(above, 0, above.n - strlen("/checkpoints"));
}

static void read_docker(struct metadata *m, const struct dump *d)
{
    struct bytes folder = docker_folder(d);
    struct text t = {0};
    if (folder.n == 0)
        return;
    text_add(&t, folder);
    text_str(&t, "/config.v2.json");
    read_item(m, METADATA_DOCKER, d, item_child(d->container, text_bytes(&t)));
    text_release(&t);
}

/* -- which engine ---------------------------------------------------------------------
 */

static bool has_annotation(const struct metadata *m, const char *prefix)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)tree_get(m->spec, "annotations"), key, value)
    {
        if (strncmp(key, prefix, strlen(prefix)) == 0)
            return true;
    }
    return false;
}

static const char *engine_of(const struct metadata *m, const struct dump *d)
{
    struct bytes manager = tree_string(
        json_object_get(tree_get(m->spec, "annotations"), "io.container.manager"), "");
    if (bytes_is(manager, "libpod"))
        return "podman";
    if (bytes_is(manager, "cri-o") || dump_beside(d, "bind.mounts") ||
        has_annotation(m, "io.kubernetes.cri-o."))
        return "cri-o";
    if (m->documents[METADATA_STATUS] || m->documents[METADATA_CONTAINERD] ||
        dump_beside(d, "container.log") || has_annotation(m, "io.kubernetes.cri.") ||
        bytes_contains(m->items[METADATA_SPEC] ? m->items[METADATA_SPEC]->name
                                               : BYTES_NONE,
                       BYTES("blobs/")))
        return "containerd";
    if (dump_beside(d, "network.status"))
        return "podman";
    if (m->documents[METADATA_DOCKER] ||
        bytes_contains(docker_folder(d), BYTES("containers/")))
        return "docker";
    if (dump_beside(d, "descriptors.json"))
        return "runc or crun";
    return NULL;
}

/* What CRI-O puts as JSON into the values of its annotations. */
static void read_annotation(struct metadata *m, enum metadata_document which,
                            const char *name)
{
    struct bytes text =
        tree_string(json_object_get(tree_get(m->spec, "annotations"), name), "");
    if (text.n)
        read_text(m, which, m->items[METADATA_SPEC], text);
}

void metadata_read(const struct dump *d, struct metadata *out)
{
    static const struct {
        enum metadata_document which;
        const char *name;
    } files[] = {
        {METADATA_SPEC, "spec.dump"},         {METADATA_CONFIG, "config.dump"},
        {METADATA_STATUS, "status.dump"},     {METADATA_CONTAINERD, "status"},
        {METADATA_NETWORK, "network.status"}, {METADATA_BIND_MOUNTS, "bind.mounts"},
        {METADATA_SPEC, "config.json"}};
    *out = (struct metadata){0};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        read_item(out, files[i].which, d, dump_beside(d, files[i].name));
    if (!out->documents[METADATA_SPEC])
        out->documents[METADATA_SPEC] =
            json_object_get(out->documents[METADATA_CONFIG], "spec");
    read_blobs(out, d);
    read_docker(out, d);
    out->spec = out->documents[METADATA_SPEC];
    read_annotation(out, METADATA_CRIO_NAME, "io.kubernetes.cri-o.Metadata");
    read_annotation(out, METADATA_CRIO_LABELS, "io.kubernetes.cri-o.Labels");
    read_annotation(out, METADATA_CRIO_ANNOTATIONS, "io.kubernetes.cri-o.Annotations");
    out->engine = engine_of(out, d);
}

void metadata_release(struct metadata *m)
{
    for (size_t i = 0; i < METADATA_DOCUMENTS; i++)
        documents_release(&m->read[i]);
    *m = (struct metadata){0};
}
