#include "analyze/layer/mounts.h"

#include <jansson.h>

#include "formats/criu/image.h"
#include "formats/criu/namespace.pb-c.h"
#include "formats/json.h"

static struct bytes base_of(const struct item *item)
{
    struct bytes name = item_plain_name(item);
    size_t slash = bytes_rfind_byte(name, '/');
    return bytes_from(name, slash < name.n ? slash + 1 : 0);
}

bool mounts_are_told_by(const struct item *item)
{
    struct bytes name = base_of(item);
    return item->role == ROLE_CRIU_IMAGE && bytes_starts(name, BYTES("mountpoints-")) &&
           bytes_ends(name, BYTES(".img"));
}

/* -- where a saved file system was mounted --------------------------------------------
 */

/* tmpfs-dev-N.tar.gz.img: N is the device; before CRIU 2.0 tmpfs-N: the mount. */
static bool tmpfs_number(struct bytes name, bool *is_device, uint64_t *number)
{
    static const struct bytes suffix = {(const uint8_t *)".tar.gz.img", 11};
    *is_device = bytes_starts(name, BYTES("tmpfs-dev-"));
    if (!bytes_ends(name, suffix) ||
        (!*is_device && !bytes_starts(name, BYTES("tmpfs-"))))
        return false;
    size_t from = *is_device ? 10 : 6;
    return bytes_to_u64(bytes_sub(name, from, name.n - suffix.n - from), number);
}

struct sought {
    uint64_t number;
    bool is_device;
    struct bytes path; /* found: of the mount that shows the file system's root */
};

static void look_at_mount(const Criu__MntEntry *m, struct sought *s)
{
    bool same = s->is_device ? m->has_root_dev && m->root_dev == s->number
                             : m->has_mnt_id && m->mnt_id == s->number;
    struct bytes root = bytes_of(m->root.data, m->root.len);
    struct bytes path = bytes_of(m->mountpoint.data, m->mountpoint.len);
    if (same && s->path.n == 0 && bytes_is(root, "/"))
        s->path = path;
}

static void look_at_image(const struct item *item, struct sought *s, struct arena *arena)
{
    struct criu_image image = {0};
    if (!item->kept || !criu_image_read(&image, item_more(item)->content, NULL))
        return;
    for (size_t i = 0; i < image.count; i++) {
        const Criu__MntEntry *m = criu_message(&image, i);
        if (m)
            look_at_mount(m, s);
    }
    /* CRIU writes "./dev/shm" and "/dev/shm". */
    if (s->path.n && s->path.p[0] == '.')
        s->path = bytes_from(s->path, 1);
    s->path = s->path.n ? arena_copy(arena, s->path) : BYTES_NONE;
    criu_image_release(&image);
}

static struct bytes tmpfs_path(const struct item *container, const struct item *archive,
                               struct arena *arena)
{
    struct sought s = {0};
    if (!tmpfs_number(base_of(archive), &s.is_device, &s.number))
        return BYTES_NONE;
    for (const struct item *m = item_more(container)->child; m && s.path.n == 0;
         m = m->next) {
        if (mounts_are_told_by(m))
            look_at_image(m, &s, arena);
    }
    return s.path;
}

/* podman: volumes/NAME.tar, with the place in config.dump. */
static struct bytes volume_path(const struct item *container, const struct item *archive,
                                struct arena *arena)
{
    const struct item *config = item_child(container, BYTES("config.dump"));
    struct bytes name = base_of(archive), path = BYTES_NONE;
    struct documents docs = {0};
    size_t i;
    json_t *volume;
    if (bytes_ends(name, BYTES(".tar")))
        name = bytes_sub(name, 0, name.n - 4);
    if (config && config->kept)
        json_read(item_more(config)->content, &docs);
    json_array_foreach(docs.n ? json_object_get(docs.v[0].root, "namedVolumes") : NULL, i,
                       volume)
    {
        if (bytes_eq(tree_string(volume, "volumeName"), name))
            path = tree_string(volume, "dest");
    }
    path = path.n ? arena_copy(arena, path) : BYTES_NONE;
    documents_release(&docs);
    return path;
}

static bool is_mount(const struct item *container, const struct item *m,
                     struct arena *arena, struct mounted *out)
{
    struct bytes name = item_plain_name(m);
    *out = (struct mounted){.layer.container = layer_container(m)};
    if (!out->layer.container)
        return false;
    if (bytes_is(name, "devshm-checkpoint.tar")) {
        out->path = BYTES("/dev/shm");
        out->kind = "shm";
    } else if (bytes_starts(name, BYTES("volumes/"))) {
        out->path = volume_path(container, m, arena);
        out->kind = "volume";
    } else {
        out->path = tmpfs_path(container, m, arena);
        out->kind = "tmpfs";
    }
    return out->path.n > 1 && out->path.p[0] == '/';
}

void mounts_find(const struct item *container, struct arena *arena, struct mounts *out)
{
    struct mounted m;
    size_t most = 0;
    *out = (struct mounts){0};
    for (const struct item *i = item_more(container)->child; i; i = i->next)
        most += i->container != CONTAINER_NONE;
    out->v = arena_array(arena, struct mounted, most + 1);
    for (const struct item *i = item_more(container)->child; i; i = i->next) {
        if (i->container != CONTAINER_NONE && is_mount(container, i, arena, &m))
            out->v[out->n++] = m;
    }
}

/* -- applying -------------------------------------------------------------------------
 */

/* What every runtime makes in the tmpfs of /dev (OCI runtime specification, "Default
 * Devices" and "Dev symbolic links") and below /sys/fs/cgroup. */
static bool is_runtimes_own(void *context, const struct item *entry, struct bytes path)
{
    static const char *const names[] = {
        "null", "zero",  "full",   "random", "urandom", "tty", "console", "ptmx",
        "fd",   "stdin", "stdout", "stderr", "core",    "shm", "pts",     "mqueue"};
    const struct mounted *m = context;
    if (bytes_starts(m->path, BYTES("/sys/")))
        return entry->entry.type != ENTRY_FILE;
    if (!bytes_is(m->path, "/dev") || entry->entry.type == ENTRY_FILE)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (bytes_is(path, names[i]))
            return true;
    }
    return false;
}

void mounted_apply(struct mounted *m, struct tree *t, uint16_t number)
{
    m->layer.number = number;
    layer_examine(&m->layer, DIALECT_MOUNT);
    layer_apply_at(&m->layer, t, &(struct mount_point){m->path, is_runtimes_own, m});
}
