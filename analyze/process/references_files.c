/* What open files refer to, and what the images beside files.img say of them. */
#include "analyze/process/parts.h"
#include "analyze/process/references.h"

#define MESSAGE(type, from) ((const Criu__##type *)(from)->message)

/* -- what numbers there are -----------------------------------------------------------
 */

static void collect(struct references *r)
{
    const struct checkpoint *c = r->checkpoint;
    for (size_t i = 0; i < c->file_count; i++) {
        const struct file *f = &c->files[i];
        if (f->type == CRIU__FD_TYPES__FD_TYPES_PIPE)
            numbers_add(&r->pipes, MESSAGE(PipeEntry, f)->pipe_id, f);
        else if (f->type == CRIU__FD_TYPES__FD_TYPES_FIFO)
            numbers_add(&r->fifos, MESSAGE(FifoEntry, f)->pipe_id, f);
        else if (f->type == CRIU__FD_TYPES__FD_TYPES_BPFMAP)
            numbers_add(&r->bpf_maps, MESSAGE(BpfmapFileEntry, f)->map_id, f);
    }
    struct dump *d = c->dump;
    bool whole = r->files.whole;
    r->pipes.whole = whole && images_are_whole(d, "pipes.");
    r->fifos.whole = whole && images_are_whole(d, "fifo.");
    r->sockets_are_whole = whole && images_are_whole(d, "unixsk.");
    r->bpf_maps.whole = whole && images_are_whole(d, "bpfmap-file.");
    numbers_sort(&r->bpf_maps);
    numbers_sort(&r->pipes);
    numbers_sort(&r->fifos);
}

/* -- unix sockets ---------------------------------------------------------------------
 */

/* Two that are connected name each other. A server's socket that many write to, or that
 * did not accept yet, is reached by its name; what lies outside of the dump has flags
 * (CRIU dumps no other: its sk-unix.c, "unreachable peer"). */
static bool agrees(const Criu__UnixSkEntry *s, const Criu__UnixSkEntry *peer)
{
    return peer->peer == s->ino || peer->name.len || peer->state == 10 /* listening */ ||
           peer->uflags || s->uflags;
}

static void peers_disagree(struct references *r, const struct file *f,
                           const struct file *other)
{
    struct finding *x = &r->peers.finding;
    if (r->peers.count++) {
        finding_span(x, f->span);
        return;
    }
    *x = finding_of(process_kind(PROCESS_PEERS), base_name_of(f->span.item->name),
                    f->span);
    finding_span(x, other->span);
    detect_argument(r->detect, x, "socket", "%u", MESSAGE(UnixSkEntry, f)->ino);
    detect_argument(r->detect, x, "peer", "%u", MESSAGE(UnixSkEntry, f)->peer);
    detect_argument(r->detect, x, "peer_of_the_peer", "%u",
                    MESSAGE(UnixSkEntry, other)->peer);
}

static void unix_peer(struct references *r, const struct file *f)
{
    const Criu__UnixSkEntry *s = MESSAGE(UnixSkEntry, f);
    if (s->peer == 0 || !r->sockets_are_whole)
        return;
    const struct file *other = checkpoint_unix_socket(r->checkpoint, s->peer);
    if (!other && s->uflags == 0) {
        references_lack(r, REFERENCE_PEER, f->span, s->peer);
    } else if (other && !agrees(s, MESSAGE(UnixSkEntry, other))) {
        peers_disagree(r, f, other);
    }
}

/* -- other kinds ----------------------------------------------------------------------
 */

/* Pages of the file itself, unless it has none. */
static void memory_file(struct references *r, const struct file *f)
{
    if (!f->memfd) {
        struct image *image = dump_image(r->checkpoint->dump, "memfd.img");
        if (!image)
            references_no_image(r, f->span, "memfd.img");
        else if (image_is_whole(image))
            references_lack(r, REFERENCE_MEMFD, f->span,
                            MESSAGE(MemfdFileEntry, f)->inode_id);
        return;
    }
    if (f->memfd->size &&
        !dump_numbered(r->checkpoint->dump, "pagemap-shmem", f->memfd->shmid))
        references_no_image(r, f->memfd_span, "pagemap-shmem-%u.img", f->memfd->shmid);
}

static void terminal(struct references *r, const struct file *f)
{
    const Criu__TtyFileEntry *e = MESSAGE(TtyFileEntry, f);
    const struct image *image = dump_image(r->checkpoint->dump, "tty-info.img");
    if (!image)
        references_no_image(r, f->span, "tty-info.img");
    if (e->has_regf_id && e->regf_id)
        references_want(r, REFERENCE_FILE, &r->files, f->span, e->regf_id);
    if (!image || !image_is_whole(image) || image->data.frame.type->type != CRIU_TTY_INFO)
        return;
    for (size_t i = 0; i < image->data.count; i++) {
        const Criu__TtyInfoEntry *info = criu_message(&image->data, i);
        if (info && info->id == e->tty_info_id)
            return;
    }
    references_lack(r, REFERENCE_TERMINAL, f->span, e->tty_info_id);
}

/* States of a connection that has queues and numbers to keep (tcp_states.h): established,
 * closing from this side, closed by the other. */
static bool is_connected(uint32_t state)
{
    return state == 1 || state == 4 || state == 5 || state == 8 || state == 9 ||
           state == 11;
}

/* With --tcp-close connections are dumped without their streams. That stands in the
 * inventory; one that is of CRIU 4.1 or later, which has a number of its run, would say
 * it. Of older ones only a dump that has streams is known to keep them. */
static bool keeps_streams(const struct checkpoint *c)
{
    const Criu__InventoryEntry *inventory = c->inventory;
    if (!inventory || inventory->tcp_close)
        return false;
    return inventory->has_dump_criu_run_id || dump_has_stem(c->dump, "tcp-stream-");
}

static void stream(struct references *r, const struct file *f)
{
    const Criu__InetSkEntry *s = MESSAGE(InetSkEntry, f);
    bool tcp = s->type == 1 && s->proto == 6;
    if (tcp && !dump_numbered_hex(r->checkpoint->dump, "tcp-stream", s->ino) &&
        is_connected(s->state) && keeps_streams(r->checkpoint))
        references_no_image(r, f->span, "tcp-stream-%x.img", s->ino);
}

static void process_of(struct references *r, const struct file *f)
{
    int32_t pid = MESSAGE(PidfdEntry, f)->nspid; /* -1: of a process that ended */
    if (pid > 0)
        references_want(r, REFERENCE_PROCESS, &r->processes, f->span, (uint64_t)pid);
}

static bool holds(const struct process *p, uint32_t fd)
{
    for (size_t i = 0; i < p->descriptor_count; i++)
        if (p->descriptors[i].fd == fd)
            return true;
    return false;
}

/* What an epoll watches is a descriptor of a process that holds the epoll: CRIU looks it
 * up in the first of them. */
static bool is_watchable(const struct checkpoint *c, const struct file *epoll,
                         uint32_t fd)
{
    size_t n;
    const struct holder *h = checkpoint_holders_of(c, epoll, &n);
    for (size_t i = 0; i < n; i++)
        if (holds(h[i].process, fd))
            return true;
    return n == 0;
}

static void watched(struct references *r, const struct file *f)
{
    struct checkpoint *c = r->checkpoint;
    const Criu__EventpollFileEntry *e = MESSAGE(EventpollFileEntry, f);
    struct parts all = parts_inside(e->tfd, e->n_tfd);
    if (all.n == 0)
        all = parts_of_file(c, dump_image(c->dump, "eventpoll-tfd.img"),
                            CRIU_EVENTPOLL_TFD, f->id);
    for (size_t i = 0; i < all.n && images_are_whole(c->dump, "fdinfo-"); i++) {
        uint32_t fd = ((const Criu__EventpollTfdEntry *)(const void *)all.v[i])->tfd;
        if (!is_watchable(c, f, fd))
            references_lack(r, REFERENCE_WATCHED, f->span, fd);
    }
}

static void file_references(struct references *r, const struct file *f)
{
    if (f->type == CRIU__FD_TYPES__FD_TYPES_UNIXSK)
        unix_peer(r, f);
    else if (f->type == CRIU__FD_TYPES__FD_TYPES_MEMFD)
        memory_file(r, f);
    else if (f->type == CRIU__FD_TYPES__FD_TYPES_TTY)
        terminal(r, f);
    else if (f->type == CRIU__FD_TYPES__FD_TYPES_INETSK)
        stream(r, f);
    else if (f->type == CRIU__FD_TYPES__FD_TYPES_PIDFD)
        process_of(r, f);
    else if (f->type == CRIU__FD_TYPES__FD_TYPES_EVENTPOLL)
        watched(r, f);
    else if (f->type == CRIU__FD_TYPES__FD_TYPES_FIFO &&
             MESSAGE(FifoEntry, f)->has_regf_id)
        references_want(r, REFERENCE_FILE, &r->files, f->span,
                        MESSAGE(FifoEntry, f)->regf_id);
    bool ghost = f->remap && (f->remap->has_remap_type ? f->remap->remap_type == 1
                                                       : f->remap->remap_id >> 31);
    uint32_t id = f->remap ? f->remap->remap_id & ~(1u << 31) : 0;
    if (ghost && !dump_numbered_hex(r->checkpoint->dump, "ghost-file", id))
        references_no_image(r, f->remap_span, "ghost-file-%x.img", id);
}

/* -- images beside files.img ----------------------------------------------------------
 */

static void waiting_in_pipe(void *context, const struct image *image, size_t record,
                            const void *message)
{
    struct references *r = context;
    bool fifo = image->data.frame.type->type == CRIU_FIFO_DATA;
    references_want(r, fifo ? REFERENCE_FIFO : REFERENCE_PIPE,
                    fifo ? &r->fifos : &r->pipes, image_span(image, record),
                    ((const Criu__PipeDataEntry *)message)->pipe_id);
}

static void waiting_in_socket(void *context, const struct image *image, size_t record,
                              const void *message)
{
    struct references *r = context;
    const Criu__SkPacketEntry *e = message;
    struct span span = image_span(image, record);
    references_want(r, REFERENCE_FILE, &r->files, span, e->id_for);
    for (size_t i = 0; i < e->n_scm; i++)
        for (size_t k = 0; k < e->scm[i]->n_rights; k++)
            references_want(r, REFERENCE_FILE, &r->files, span, e->scm[i]->rights[k]);
}

static void deleted(void *context, const struct image *image, size_t record,
                    const void *message)
{
    struct references *r = context;
    const Criu__RemapFilePathEntry *e = message;
    struct span span = image_span(image, record);
    references_want(r, REFERENCE_FILE, &r->files, span, e->orig_id);
    if (e->has_remap_type && e->remap_type == CRIU__REMAP_TYPE__REMAP_TYPE_LINKED)
        references_want(r, REFERENCE_FILE, &r->files, span, e->remap_id);
}

static void map_content(void *context, const struct image *image, size_t record,
                        const void *message)
{
    struct references *r = context;
    references_want(r, REFERENCE_BPF_MAP, &r->bpf_maps, image_span(image, record),
                    ((const Criu__BpfmapDataEntry *)message)->map_id);
}

static void segment(void *context, const struct image *image, size_t record,
                    const void *message)
{
    struct references *r = context;
    const Criu__IpcShmEntry *e = message;
    if (e->in_pagemaps && e->desc &&
        !dump_numbered(r->checkpoint->dump, "pagemap-shmem", e->desc->id))
        references_no_image(r, image_span(image, record), "pagemap-shmem-%u.img",
                            e->desc->id);
}

static void lock(void *context, const struct image *image, size_t record,
                 const void *message)
{
    struct references *r = context;
    const Criu__FileLockEntry *e = message;
    struct span span = image_span(image, record);
    const struct numbered *found = numbers_find(&r->processes, (uint32_t)e->pid);
    const struct process *p = found ? found->what : NULL;
    if (!p)
        references_want(r, REFERENCE_PROCESS, &r->processes, span, (uint32_t)e->pid);
    else if (p->descriptor_count && !holds(p, (uint32_t)e->fd) &&
             images_are_whole(r->checkpoint->dump, "fdinfo-"))
        references_lack(r, REFERENCE_DESCRIPTOR, span, (uint64_t)e->fd);
}

/* -- types ----------------------------------------------------------------------------
 */

static void kinds_disagree(struct references *r, const struct process *p,
                           const struct descriptor *fd)
{
    struct finding *x = &r->kinds.finding;
    if (r->kinds.count++) {
        finding_span(x, fd->span);
        return;
    }
    *x = detect_finding(r->detect, PROCESS_KINDS, p, fd->span);
    finding_span(x, fd->file->span);
    detect_argument(r->detect, x, "fd", "%u", fd->fd);
    detect_argument(r->detect, x, "table", "%s", file_type_name(fd->entry->type));
    detect_argument(r->detect, x, "file", "%s", file_type_name(fd->file->type));
}

/* The table of a process says what kind of file a descriptor is, and the file says it. */
static void kinds(struct references *r, const struct process *p)
{
    for (size_t i = 0; i < p->descriptor_count; i++) {
        const struct descriptor *fd = &p->descriptors[i];
        if (!fd->file || !fd->entry->has_type || fd->entry->type == fd->file->type ||
            fd->entry->type >= CRIU__FD_TYPES__FD_TYPES_CTL_TTY)
            continue;
        kinds_disagree(r, p, fd);
    }
}

void references_of_files(struct references *r)
{
    struct checkpoint *c = r->checkpoint;
    collect(r);
    for (size_t i = 0; i < c->file_count; i++)
        file_references(r, &c->files[i]);
    each_record(c, "ipcns-shm", CRIU_IPCNS_SHM, segment, r);
    each_record(c, "pipes-data", CRIU_PIPES_DATA, waiting_in_pipe, r);
    each_record(c, "fifo-data", CRIU_FIFO_DATA, waiting_in_pipe, r);
    each_record(c, "sk-queues", CRIU_SK_QUEUES, waiting_in_socket, r);
    each_record(c, "remap-fpath", CRIU_REMAP_FPATH, deleted, r);
    each_record(c, "bpfmap-data", CRIU_BPFMAP_DATA, map_content, r);
    each_record(c, "filelocks", CRIU_FILE_LOCKS, lock, r);
    for (size_t i = 0; i < c->count; i++)
        kinds(r, &c->processes[i]);
}
