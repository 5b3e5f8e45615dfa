/* Namespaces and mounts: what processes, files and sockets say they are in. */
#include "analyze/process/references.h"

/* -- what numbers there are -----------------------------------------------------------
 */

/* The namespaces of a process, or of CRIU itself, by kind; 0 where it does not say. */
enum { NS_PID, NS_NET, NS_IPC, NS_UTS, NS_MNT, NS_USER, NS_CGROUP, NS_TIME, NS_KINDS };

static void namespaces_of(const Criu__TaskKobjIdsEntry *e, uint32_t out[NS_KINDS])
{
    out[NS_PID] = e ? e->pid_ns_id : 0;
    out[NS_NET] = e ? e->net_ns_id : 0;
    out[NS_IPC] = e ? e->ipc_ns_id : 0;
    out[NS_UTS] = e ? e->uts_ns_id : 0;
    out[NS_MNT] = e ? e->mnt_ns_id : 0;
    out[NS_USER] = e ? e->user_ns_id : 0;
    out[NS_CGROUP] = e ? e->cgroup_ns_id : 0;
    out[NS_TIME] = e ? e->time_ns_id : 0;
}

static uint32_t namespace_of(const struct file *f)
{
    switch (f->type) {
    case CRIU__FD_TYPES__FD_TYPES_INETSK:
        return ((const Criu__InetSkEntry *)f->message)->ns_id;
    case CRIU__FD_TYPES__FD_TYPES_UNIXSK:
        return ((const Criu__UnixSkEntry *)f->message)->ns_id;
    case CRIU__FD_TYPES__FD_TYPES_NETLINKSK:
        return ((const Criu__NetlinkSkEntry *)f->message)->ns_id;
    case CRIU__FD_TYPES__FD_TYPES_PACKETSK:
        return ((const Criu__PacketSockEntry *)f->message)->ns_id;
    case CRIU__FD_TYPES__FD_TYPES_TUNF:
        return ((const Criu__TunfileEntry *)f->message)->ns_id;
    case CRIU__FD_TYPES__FD_TYPES_NS:
        return ((const Criu__NsFileEntry *)f->message)->ns_id;
    default:
        return 0;
    }
}

/* What processes and CRIU itself are in. */
static void add_processes(const struct checkpoint *c, struct numbers *out)
{
    uint32_t own[NS_KINDS];
    for (size_t i = 0; i <= c->count; i++) {
        const Criu__TaskKobjIdsEntry *e =
            i < c->count ? c->processes[i].ids
                         : (c->inventory ? c->inventory->root_ids : NULL);
        namespaces_of(e, own);
        for (size_t k = 0; k < NS_KINDS; k++)
            if (own[k])
                numbers_add(out, own[k], e);
    }
}

/* A network namespace numbers those that its devices have their other ends in. */
static void add_peers(void *context, const struct image *image, size_t record,
                      const void *message)
{
    const Criu__NetnsEntry *e = message;
    (void)image, (void)record;
    for (size_t i = 0; i < e->n_nsids; i++)
        numbers_add(context, e->nsids[i]->target_ns_id, e);
}

void references_namespaces(struct checkpoint *c, struct numbers *out)
{
    add_processes(c, out);
    for (size_t i = 0; i < c->file_count; i++)
        if (namespace_of(&c->files[i]))
            numbers_add(out, namespace_of(&c->files[i]), &c->files[i]);
    each_record(c, "netns", CRIU_NETNS, add_peers, out);
    numbers_sort(out);
}

static const char *const namespace_stems[] = {
    "utsns-", "ipcns-var-", "mountpoints-", "netns-", "netdev-", "userns-", "pidns-"};

static void collect_namespaces(struct references *r)
{
    struct checkpoint *c = r->checkpoint;
    r->namespaces.whole = images_are_whole(c->dump, "ids-");
    add_processes(c, &r->namespaces);
    for (size_t i = 0; i < c->dump->count; i++)
        for (size_t k = 0; k < sizeof namespace_stems / sizeof *namespace_stems; k++) {
            uint64_t number;
            if (image_number(c->dump->images[i].name, namespace_stems[k], &number))
                numbers_add(&r->namespaces, number, &c->dump->images[i]);
        }
    numbers_sort(&r->namespaces);
}

/* -- images of namespaces -------------------------------------------------------------
 */

/* A namespace that is not CRIU's own has images. The network's may have been left to the
 * runtime (--empty-ns), then there is none of any. */
static void namespace_images(struct references *r, const struct process *p)
{
    static const struct {
        int kind;
        const char *stem;
    } wanted[] = {{NS_UTS, "utsns"},
                  {NS_IPC, "ipcns-var"},
                  {NS_MNT, "mountpoints"},
                  {NS_USER, "userns"},
                  {NS_NET, "netns"}};
    struct dump *d = r->checkpoint->dump;
    uint32_t own[NS_KINDS], root[NS_KINDS];
    namespaces_of(p->ids, own);
    namespaces_of(r->checkpoint->inventory->root_ids, root);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        uint32_t number = own[wanted[i].kind];
        bool left = wanted[i].kind == NS_NET && !dump_has_stem(d, "netns-");
        if (number && root[wanted[i].kind] && number != root[wanted[i].kind] && !left &&
            !dump_numbered(d, wanted[i].stem, number))
            references_no_image(r, p->span, "%s-%u.img", wanted[i].stem, number);
    }
}

/* Each namespace once: by the first process that is in it. */
static void images_of_all(struct references *r)
{
    const struct checkpoint *c = r->checkpoint;
    const Criu__TaskKobjIdsEntry *before = NULL;
    if (!c->inventory || !c->inventory->root_ids || !c->inventory->ns_per_id)
        return;
    for (size_t i = 0; i < c->count; i++) {
        const Criu__TaskKobjIdsEntry *e = c->processes[i].ids;
        uint32_t own[NS_KINDS], last[NS_KINDS];
        namespaces_of(e, own);
        namespaces_of(before, last);
        if (e && (!before || memcmp(own, last, sizeof own) != 0))
            namespace_images(r, &c->processes[i]);
        before = e ? e : before;
    }
}

/* -- what files and sockets are in ----------------------------------------------------
 */

/* -1: unknown, or of a mount outside of the container (external files and sockets). */
static int64_t mount_of(const struct file *f)
{
    const Criu__RegFileEntry *regular = f->message;
    const Criu__UnixSkEntry *socket = f->message;
    switch (f->type) {
    case CRIU__FD_TYPES__FD_TYPES_REG:
        return regular->ext ? -1 : regular->mnt_id;
    case CRIU__FD_TYPES__FD_TYPES_UNIXSK:
        return socket->uflags ? -1 : socket->mnt_id;
    case CRIU__FD_TYPES__FD_TYPES_BPFMAP:
        return ((const Criu__BpfmapFileEntry *)f->message)->mnt_id;
    default:
        return -1;
    }
}

/* -- mounts ---------------------------------------------------------------------------
 */

static void add_mount(void *context, const struct image *image, size_t record,
                      const void *message)
{
    struct references *r = context;
    (void)image, (void)record;
    numbers_add(&r->mounts, ((const Criu__MntEntry *)message)->mnt_id, message);
}

/* All mounts are known when no process is in the mount namespace of the node. */
static bool mounts_are_known(const struct checkpoint *c)
{
    const Criu__TaskKobjIdsEntry *root = c->inventory ? c->inventory->root_ids : NULL;
    if (!root || !root->mnt_ns_id || !dump_has_stem(c->dump, "mountpoints-") ||
        !images_are_whole(c->dump, "mountpoints-"))
        return false;
    for (size_t i = 0; i < c->count; i++) {
        const Criu__TaskKobjIdsEntry *e = c->processes[i].ids;
        if (process_is_alive(&c->processes[i]) &&
            (!e || !e->mnt_ns_id || e->mnt_ns_id == root->mnt_ns_id ||
             !dump_numbered(c->dump, "mountpoints", e->mnt_ns_id)))
            return false;
    }
    return true;
}

/* The root of a namespace hangs on a mount outside of it; no other does. */
static void mount_parent(void *context, const struct image *image, size_t record,
                         const void *message)
{
    const Criu__MntEntry *e = message;
    struct bytes point = criu_bytes(e->mountpoint);
    if (!bytes_is(point, "/") && !bytes_is(point, "./"))
        references_want(context, REFERENCE_MOUNT, &((struct references *)context)->mounts,
                        image_span(image, record), e->parent_mnt_id);
}

void references_of_namespaces(struct references *r)
{
    struct checkpoint *c = r->checkpoint;
    collect_namespaces(r);
    images_of_all(r);
    each_record(c, "mountpoints", CRIU_MNTS, add_mount, r);
    numbers_sort(&r->mounts);
    r->mounts.whole = mounts_are_known(c);
    each_record(c, "mountpoints", CRIU_MNTS, mount_parent, r);
    for (size_t i = 0; i < c->file_count; i++) {
        const struct file *f = &c->files[i];
        uint32_t in = namespace_of(f);
        int64_t mount = mount_of(f);
        if (in)
            references_want(r, REFERENCE_NAMESPACE, &r->namespaces, f->span, in);
        if (mount >= 0)
            references_want(r, REFERENCE_MOUNT, &r->mounts, f->span, (uint64_t)mount);
    }
}
