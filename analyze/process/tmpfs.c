#include "analyze/process/tmpfs.h"

#include <inttypes.h>
#include <stdio.h>

#include "analyze/process/describe.h"

#define FS_TMPFS 5 /* fstype of mnt.proto */

/* Behind its compression. */
static const struct item *tar_in(const struct item *item)
{
    while (item && container_is_filter(item->container))
        item = item_more(item)->child;
    return item && item->container == CONTAINER_TAR ? item : NULL;
}

static const struct item *image_archive(struct checkpoint *c, const char *stem,
                                        uint32_t number)
{
    char name[64];
    snprintf(name, sizeof name, "%s-%" PRIu32 ".tar.gz.img", stem, number);
    const struct image *image = dump_find(c->dump, name);
    return image ? tar_in(image->item) : NULL;
}

const struct item *tmpfs_archive(struct checkpoint *c, const Criu__MntEntry *mount)
{
    const struct item *found = NULL;
    /* A bind mount of one file of it has another root. */
    if (mount->fstype != FS_TMPFS || !bytes_is(criu_bytes(mount->root), "/"))
        return NULL;
    found = image_archive(c, "tmpfs-dev", mount->root_dev);
    if (!found)
        found = image_archive(c, "tmpfs", mount->mnt_id);
    if (!found && bytes_is(criu_bytes(mount->mountpoint), "/dev/shm"))
        found = tar_in(dump_beside(c->dump, "devshm-checkpoint.tar"));
    return found;
}

struct walking {
    struct checkpoint *checkpoint;
    tmpfs_fn *each;
    void *context;
};

static void walk_mount(void *context, const struct image *image, size_t record,
                       const void *message)
{
    struct walking *w = context;
    const Criu__MntEntry *mount = message;
    const struct item *archive = tmpfs_archive(w->checkpoint, mount);
    struct bytes point = criu_bytes(mount->mountpoint);
    struct text path = {0};
    (void)image;
    (void)record;
    for (const struct item *i = archive ? item_more(archive)->child : NULL; i;
         i = i->next) {
        struct bytes name = item_plain_name(i);
        if (name.n == 0)
            continue;
        text_clear(&path);
        text_add(&path, bytes_is(point, "/") ? BYTES_NONE : point);
        text_byte(&path, '/');
        text_add(&path, name);
        w->each(w->context, text_bytes(&path), i);
    }
    text_release(&path);
}

void tmpfs_each(struct checkpoint *c, tmpfs_fn *each, void *context)
{
    struct walking w = {c, each, context};
    each_record(c, "mountpoints", CRIU_MNTS, walk_mount, &w);
}
