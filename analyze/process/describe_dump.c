/* The dump as a whole as JSON: mounts, namespaces, images.
 */
#include <stdlib.h>

#include "analyze/process/decode.h"
#include "analyze/process/describe.h"
#include "analyze/process/tmpfs.h"
#include "analyze/process/values.h"

/* -- records of numbered images -------------------------------------------------------
 */

void each_record(struct checkpoint *c, const char *stem, enum criu_type type,
                 record_fn *each, void *context)
{
    for (size_t i = 0; i < c->dump->count; i++) {
        struct bytes name = c->dump->images[i].name;
        size_t n = strlen(stem);
        if (!bytes_starts(name, bytes_str(stem)) || name.n <= n ||
            (name.p[n] != '-' && name.p[n] != '.'))
            continue;
        struct image *image = dump_image(c->dump, (const char *)name.p);
        if (image->state != IMAGE_READ || image->data.frame.type->type != type)
            continue;
        for (size_t k = 0; k < image->data.count; k++)
            if (image->data.records[k].message)
                each(context, image, k, image->data.records[k].message);
    }
}

struct collecting {
    const struct describe *d;
    json_t *all;
};

/* A record as it stands, with its span. */
static void collect(void *context, const struct image *image, size_t record,
                    const void *message)
{
    struct collecting *c = context;
    json_t *o = decode_message(message);
    json_object_set_new(o, "span", json_span(image_span(image, record)));
    json_array_append_new(c->all, o);
}

static json_t *records_of(const struct describe *d, const char *stem, enum criu_type type)
{
    struct collecting c = {d, json_array()};
    each_record(d->checkpoint, stem, type, collect, &c);
    return c.all;
}

/* -- mounts ---------------------------------------------------------------------------
 */

/* What is told of the files of one mount; `list --all` has them all. */
#define TOLD_FILES 1000

static json_t *describe_content(const struct describe *d, const struct item *file)
{
    char hex[2 * 32 + 1], time[INSTANT_TEXT];
    json_t *o = json_object();
    json_object_set_new(o, "name", json_masked(d->mask, item_plain_name(file)));
    json_object_set_new(o, "type", json_string(entry_type_name(file->entry.type)));
    json_set_unsigned(o, "mode", file->entry.mode);
    json_set_unsigned(o, "uid", file->entry.uid);
    json_set_unsigned(o, "gid", file->entry.gid);
    if (file->entry.type == ENTRY_FILE)
        json_set_unsigned(o, "size", file->size);
    json_set_if(o, "link", json_masked(d->mask, entry_link(&file->entry)));
    if (file->entry.mtime != INSTANT_NONE)
        json_object_set_new(
            o, "modified",
            json_string(instant_format(file->entry.mtime, PRECISION_SECOND, time)));
    if (file->entry.type == ENTRY_FILE && file->hashed) {
        bytes_to_hex(bytes_of(file->sha256, sizeof file->sha256), hex);
        json_object_set_new(o, "sha256", json_string(hex));
    }
    json_object_set_new(o, "span", json_span((struct span){file, 0, file->size}));
    return o;
}

static json_t *content_of(const struct describe *d, const Criu__MntEntry *mount)
{
    const struct item *archive = tmpfs_archive(d->checkpoint, mount);
    json_t *all = json_array();
    for (const struct item *i = archive ? item_more(archive)->child : NULL; i;
         i = i->next)
        if (item_plain_name(i).n && json_array_size(all) < TOLD_FILES)
            json_array_append_new(all, describe_content(d, i));
    return all;
}

static void add_mount(void *context, const struct image *image, size_t record,
                      const void *message)
{
    struct collecting *c = context;
    const struct mask *mask = c->d->mask;
    const Criu__MntEntry *m = message;
    json_t *o = json_object();
    const char *type = value_find(value_file_systems, m->fstype);
    struct bytes point = criu_bytes(m->mountpoint);
    json_set_unsigned(o, "id", m->mnt_id);
    json_set_unsigned(o, "parent", m->parent_mnt_id);
    json_object_set_new(o, "path", json_masked(mask, point));
    json_object_set_new(o, "type",
                        m->has_fsname ? json_evidence(criu_bytes(m->fsname))
                                      : json_string(type ? type : "unknown"));
    json_object_set_new(o, "root", json_masked(mask, criu_bytes(m->root)));
    json_set_if(o, "source", json_masked(mask, criu_bytes(m->source)));
    json_set_if(o, "options", json_masked(mask, criu_bytes(m->options)));
    json_object_set_new(o, "flags", value_bits(value_mount_flags, m->flags));
    json_set_unsigned(o, "device_major", m->root_dev >> 20);
    json_set_unsigned(o, "device_minor", m->root_dev & 0xfffff);
    if (m->has_ext_key || m->ext_mount)
        json_object_set_new(o, "external", json_masked(mask, criu_bytes(m->ext_key)));
    if (bytes_contains(point, BYTES("secrets/kubernetes.io")) ||
        bytes_contains(criu_bytes(m->root), BYTES("kubernetes.io~secret")) ||
        bytes_contains(criu_bytes(m->root), BYTES("kubernetes.io~projected")))
        json_object_set_new(o, "holds_secret", json_true());
    if (m->deleted)
        json_object_set_new(o, "deleted", json_true());
    json_set_if(o, "content", content_of(c->d, m));
    json_object_set_new(o, "span", json_span(image_span(image, record)));
    json_array_append_new(c->all, o);
}

json_t *describe_mounts(const struct describe *d)
{
    struct collecting c = {d, json_array()};
    each_record(d->checkpoint, "mountpoints", CRIU_MNTS, add_mount, &c);
    return c.all;
}

/* -- images without records -----------------------------------------------------------
 */

/* Which pagemaps take their bytes from a pages file. */
static json_t *pagemaps_of(const struct describe *d, const struct item *pages)
{
    const struct checkpoint *c = d->checkpoint;
    json_t *all = json_array();
    for (size_t i = 0; i < c->count; i++)
        if (c->processes[i].layer && c->processes[i].layer->pages == pages)
            json_array_append_new(all, json_evidence(c->processes[i].layer->image->name));
    for (size_t i = 0; i < c->object_count; i++)
        if (c->objects[i].layer && c->objects[i].layer->pages == pages)
            json_array_append_new(all, json_evidence(c->objects[i].layer->image->name));
    return all;
}

json_t *describe_raw(const struct describe *d, const struct image *image)
{
    const struct item *item = image->item;
    json_t *o = json_object(), *entries = json_array();
    json_object_set_new(o, "raw", json_true());
    json_set_unsigned(o, "bytes", item->size);
    if (bytes_starts(image->name, BYTES("pages-"))) {
        json_object_set_new(o, "pagemaps", pagemaps_of(d, item));
    } else if (bytes_starts(image->name, BYTES("tmpfs-"))) {
        const struct item *tar = item;
        while (tar && container_is_filter(tar->container))
            tar = item_more(tar)->child;
        for (const struct item *i = tar ? item_more(tar)->child : NULL; i; i = i->next)
            if (item_plain_name(i).n)
                json_array_append_new(entries, describe_content(d, i));
    } else {
        json_decref(entries);
        entries = describe_network_image(d, image);
    }
    json_set_if(o, "entries", entries);
    return o;
}

/* -- namespaces ---------------------------------------------------------------------
 */

json_t *describe_namespaces(const struct describe *d)
{
    json_t *o = json_object();
    json_set_if(o, "uts", records_of(d, "utsns", CRIU_UTSNS));
    json_set_if(o, "user", records_of(d, "userns", CRIU_USERNS));
    json_set_if(o, "time", records_of(d, "timens", CRIU_TIMENS));
    json_set_if(o, "pid", records_of(d, "pidns", CRIU_PIDNS));
    return o;
}

/* -- images ---------------------------------------------------------------------------
 */

/* Reads what nothing has asked for yet, so that its faults are told as well. */
static json_t *describe_images(const struct describe *d)
{
    json_t *all = json_array();
    struct dump *dump = d->checkpoint->dump;
    for (size_t i = 0; i < dump->count; i++) {
        struct image *image = &dump->images[i];
        bool used = image->used;
        dump_image(dump, (const char *)image->name.p);
        image->used = used;
        if (image->faults.n == 0 && image->data.unknown == 0)
            continue;
        json_t *o = json_object();
        json_object_set_new(o, "image", json_evidence(image->name));
        json_set_unsigned(o, "unknown_fields", image->data.unknown);
        json_object_set_new(o, "faults", decode_faults(&image->faults));
        json_object_set_new(o, "span",
                            json_span((struct span){image->item, 0, image->item->size}));
        json_array_append_new(all, o);
    }
    return all;
}

json_t *describe_dump(const struct describe *d)
{
    const struct checkpoint *c = d->checkpoint;
    struct text path = {0};
    json_t *o = json_object();
    item_path(c->dump->container, &path);
    json_object_set_new(o, "container_item", json_evidence(text_bytes(&path)));
    text_release(&path);
    json_object_set_new(o, "folder", json_evidence(c->dump->folder));
    json_set_unsigned(o, "images", c->dump->count);
    json_set_unsigned(o, "processes", c->count);
    json_set_unsigned(o, "page_size", c->page_size);
    json_object_set_new(o, "container", metadata_describe(d->metadata, c->dump, d->mask));
    json_object_set_new(o, "has_parent", json_boolean(c->dump->parent_link != NULL));
    if (c->dump->parent_link)
        json_object_set_new(o, "parent_found", json_boolean(c->dump->parent != NULL));
    if (c->inventory)
        json_object_set_new(o, "inventory", decode_message(&c->inventory->base));
    if (c->stats)
        json_object_set_new(o, "statistics", decode_message(&c->stats->base));
    json_set_if(o, "namespaces", describe_namespaces(d));
    json_set_if(o, "ipc", describe_ipc(d));
    json_set_if(o, "locks", describe_locks(d));
    json_set_if(o, "seccomp_filters", describe_seccomp(d));
    json_set_if(o, "broken_images", describe_images(d));
    return o;
}
