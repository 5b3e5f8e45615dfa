/* Images that nothing in the dump refers to: left from an earlier dump in the same
 * folder, or put there. */
#include <stdlib.h>

#include "analyze/process/references.h"

struct leftovers {
    struct detect *detect;
    struct checkpoint *checkpoint;
    struct numbers tasks, namespaces, mounts, devices;
};

static void tell(struct leftovers *l, const struct image *image)
{
    const struct span whole = {image->item, 0, image->item->size};
    struct finding f = finding_of(process_kind(PROCESS_STALE), image->name, whole);
    findings_add(l->detect->findings, &f);
}

static void objects(struct leftovers *l)
{
    const struct checkpoint *c = l->checkpoint;
    for (size_t i = 0; i < c->object_count; i++) {
        const struct object *o = &c->objects[i];
        if (o->layer && !o->mapped && !o->memfd && !o->segment)
            tell(l, o->layer->image);
    }
}

/* Those of processes, files and sockets are read when something refers to them. */
static bool is_unread(const struct image *image)
{
    static const char *const stems[] = {"core-",  "mm-",         "pagemap-",
                                        "pages-", "fdinfo-",     "ids-",
                                        "fs-",    "ghost-file-", "tcp-stream-"};
    for (size_t i = 0; i < sizeof stems / sizeof *stems && !image->used; i++)
        if (bytes_starts(image->name, bytes_str(stems[i])) &&
            !bytes_starts(image->name, BYTES("pagemap-shmem-")))
            return true;
    return false;
}

/* What old CRIU kept apart of a task is read when somebody asks for it. */
static bool is_of_other_task(const struct leftovers *l, struct bytes name)
{
    static const char *const stems[] = {"vmas-",     "creds-",   "sigacts-",
                                        "rlimit-",   "itimers-", "posix-timers-",
                                        "signal-s-", "signal-p-"};
    uint64_t number;
    for (size_t i = 0; i < sizeof stems / sizeof *stems && l->tasks.whole; i++)
        if (image_number(name, stems[i], &number))
            return !numbers_find(&l->tasks, number);
    return false;
}

static void read_tasks(struct leftovers *l)
{
    struct checkpoint *c = l->checkpoint;
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->processes[i].thread_count; k++)
            numbers_add(&l->tasks, c->processes[i].threads[k].tid, &c->processes[i]);
    numbers_sort(&l->tasks);
    l->tasks.whole = images_are_whole(c->dump, "pstree.");
}

/* -- namespaces -----------------------------------------------------------------------
 */

static bool is_of_other_namespace(const struct leftovers *l, struct bytes name)
{
    static const char *const stems[] = {
        "utsns-",       "ipcns-var-", "ipcns-shm-", "ipcns-msg-", "ipcns-sem-",
        "mountpoints-", "netns-",     "netdev-",    "ifaddr-",    "route-",
        "route6-",      "rule-",      "iptables-",  "ip6tables-", "nftables-",
        "netns-ct-",    "netns-exp-", "userns-",    "pidns-"};
    uint64_t number;
    for (size_t i = 0; i < sizeof stems / sizeof *stems && l->namespaces.whole; i++)
        if (image_number(name, stems[i], &number))
            return !numbers_find(&l->namespaces, number);
    return false;
}

/* Before the inventory said that namespaces have numbers, their images had those of
 * processes. */
static void read_namespaces(struct leftovers *l)
{
    struct checkpoint *c = l->checkpoint;
    references_namespaces(c, &l->namespaces);
    l->namespaces.whole =
        c->inventory && c->inventory->ns_per_id && images_are_whole(c->dump, "ids-") &&
        images_are_whole(c->dump, "pstree.") && images_are_whole(c->dump, "files.") &&
        images_are_whole(c->dump, "netns-");
}

/* -- contents of mounts ---------------------------------------------------------------
 */

static void add_mount(void *context, const struct image *image, size_t record,
                      const void *message)
{
    struct leftovers *l = context;
    const Criu__MntEntry *e = message;
    (void)image, (void)record;
    numbers_add(&l->mounts, e->mnt_id, e);
    numbers_add(&l->devices, e->root_dev, e);
}

static void read_mounts(struct leftovers *l)
{
    struct checkpoint *c = l->checkpoint;
    each_record(c, "mountpoints", CRIU_MNTS, add_mount, l);
    numbers_sort(&l->mounts);
    numbers_sort(&l->devices);
    l->mounts.whole = images_are_whole(c->dump, "mountpoints-");
}

/* "tmpfs-dev-66.tar.gz.img" has the number of a device, "tmpfs-70.tar.gz.img" and
 * "autofs-70.img" have that of a mount. */
static bool is_of_other_mount(const struct leftovers *l, struct bytes name)
{
    static const char ending[] = ".tar.gz.img";
    static const struct {
        const char *stem;
        bool of_device;
    } stems[] = {{"tmpfs-dev-", true}, {"tmpfs-", false}, {"autofs-", false}};
    for (size_t i = 0; i < sizeof stems / sizeof *stems && l->mounts.whole; i++) {
        uint64_t number;
        if (!bytes_starts(name, bytes_str(stems[i].stem)))
            continue;
        struct bytes rest = bytes_from(name, strlen(stems[i].stem));
        size_t end = bytes_ends(rest, bytes_str(ending)) ? sizeof ending - 1 : 4;
        return bytes_to_u64(bytes_sub(rest, 0, rest.n - end), &number) &&
               !numbers_find(stems[i].of_device ? &l->devices : &l->mounts, number);
    }
    return false;
}

void detect_stale(struct detect *d)
{
    struct leftovers l = {.detect = d, .checkpoint = d->describe.checkpoint};
    const struct dump *dump = l.checkpoint->dump;
    if (l.checkpoint->count == 0)
        return; /* a pre-dump has no process tree to compare with */
    read_tasks(&l);
    read_namespaces(&l);
    read_mounts(&l);
    objects(&l);
    for (size_t i = 0; i < dump->count; i++)
        if (is_unread(&dump->images[i]) || is_of_other_task(&l, dump->images[i].name) ||
            is_of_other_namespace(&l, dump->images[i].name) ||
            is_of_other_mount(&l, dump->images[i].name))
            tell(&l, &dump->images[i]);
    free(l.tasks.v);
    free(l.namespaces.v);
    free(l.mounts.v);
    free(l.devices.v);
}
