/* Open files: files.img, what it refers to, and who holds what. */
#include <stdlib.h>

#include "analyze/process/checkpoint.h"
#include "formats/base/bisect.h"
#include "formats/base/memory.h"

/* Types that have, or once had, an image of their own: the message of a record and where
 * it stands in a record of files.img. The id is the first field of all of them. */
struct file_image {
    Criu__FdTypes type;
    enum criu_type image;
    const char *name;
};

static const struct file_image file_images[] = {
    {CRIU__FD_TYPES__FD_TYPES_REG, CRIU_REG_FILES, "reg-files.img"},
    {CRIU__FD_TYPES__FD_TYPES_PIPE, CRIU_PIPES, "pipes.img"},
    {CRIU__FD_TYPES__FD_TYPES_FIFO, CRIU_FIFO, "fifo.img"},
    {CRIU__FD_TYPES__FD_TYPES_INETSK, CRIU_INETSK, "inetsk.img"},
    {CRIU__FD_TYPES__FD_TYPES_UNIXSK, CRIU_UNIXSK, "unixsk.img"},
    {CRIU__FD_TYPES__FD_TYPES_EVENTFD, CRIU_EVENTFD_FILE, "eventfd.img"},
    {CRIU__FD_TYPES__FD_TYPES_EVENTPOLL, CRIU_EVENTPOLL_FILE, "eventpoll.img"},
    {CRIU__FD_TYPES__FD_TYPES_INOTIFY, CRIU_INOTIFY_FILE, "inotify.img"},
    {CRIU__FD_TYPES__FD_TYPES_SIGNALFD, CRIU_SIGNALFD, "signalfd.img"},
    {CRIU__FD_TYPES__FD_TYPES_PACKETSK, CRIU_PACKETSK, "packetsk.img"},
    {CRIU__FD_TYPES__FD_TYPES_TTY, CRIU_TTY_FILES, "tty.img"},
    {CRIU__FD_TYPES__FD_TYPES_FANOTIFY, CRIU_FANOTIFY_FILE, "fanotify.img"},
    {CRIU__FD_TYPES__FD_TYPES_NETLINKSK, CRIU_NETLINK_SK, "netlinksk.img"},
    {CRIU__FD_TYPES__FD_TYPES_NS, CRIU_NS_FILES, "ns-files.img"},
    {CRIU__FD_TYPES__FD_TYPES_TUNF, CRIU_TUNFILE, "tunfile.img"},
    {CRIU__FD_TYPES__FD_TYPES_EXT, CRIU_EXT_FILES, "ext-files.img"},
    {CRIU__FD_TYPES__FD_TYPES_TIMERFD, CRIU_TIMERFD, "timerfd.img"},
    {CRIU__FD_TYPES__FD_TYPES_BPFMAP, CRIU_BPFMAP_FILE, "bpfmap-file.img"},
    {CRIU__FD_TYPES__FD_TYPES_PIDFD, CRIU_PIDFD, "pidfd.img"},
};

const char *file_type_name(Criu__FdTypes type)
{
    static const char *const names[] = {
        "undefined",     "file",     "pipe",     "fifo",           "inet-socket",
        "unix-socket",   "eventfd",  "epoll",    "inotify",        "signalfd",
        "packet-socket", "tty",      "fanotify", "netlink-socket", "namespace",
        "tun",           "external", "timerfd",  "memfd",          "bpf-map",
        "pidfd"};
    if (type >= 0 && (size_t)type < sizeof names / sizeof *names)
        return names[type];
    return type == CRIU__FD_TYPES__FD_TYPES_CTL_TTY ? "tty" : "unknown";
}

static void add_file(struct checkpoint *c, struct file f)
{
    c->files =
        memory_grow(c->files, &c->file_capacity, c->file_count + 1, sizeof(*c->files));
    c->files[c->file_count++] = f;
}

/* The one member of the union that a record of files.img carries. */
static const void *union_member(const Criu__FileEntry *e)
{
    const void *const members[] = {e->reg,  e->isk,  e->nsf,   e->psk,  e->nlsk,
                                   e->efd,  e->epfd, e->sgfd,  e->tunf, e->tfd,
                                   e->ify,  e->ffy,  e->ext,   e->usk,  e->fifo,
                                   e->pipe, e->tty,  e->memfd, e->bpf,  e->pidfd};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (members[i])
            return members[i];
    return NULL;
}

static void load_union(struct checkpoint *c)
{
    struct image *image = dump_image(c->dump, "files.img");
    if (!image || image->state != IMAGE_READ ||
        image->data.frame.type->type != CRIU_FILES)
        return;
    for (size_t i = 0; i < image->data.count; i++) {
        const Criu__FileEntry *e = criu_message(&image->data, i);
        const void *member = e ? union_member(e) : NULL;
        if (member)
            add_file(c, (struct file){.id = e->id,
                                      .type = e->type,
                                      .message = member,
                                      .span = image_span(image, i)});
    }
}

uint32_t file_id_of(const ProtobufCMessage *m)
{
    const ProtobufCFieldDescriptor *f =
        protobuf_c_message_descriptor_get_field(m->descriptor, 1);
    return *(const uint32_t *)(const void *)((const uint8_t *)m + f->offset);
}

static void load_split(struct checkpoint *c, const struct file_image *from)
{
    struct image *image = dump_image(c->dump, from->name);
    if (!image || image->state != IMAGE_READ ||
        image->data.frame.type->type != from->image)
        return;
    for (size_t i = 0; i < image->data.count; i++) {
        const ProtobufCMessage *m = criu_message(&image->data, i);
        if (m)
            add_file(c, (struct file){.id = file_id_of(m),
                                      .type = from->type,
                                      .message = m,
                                      .span = image_span(image, i)});
    }
}

static int by_id(const void *a, const void *b)
{
    const struct file *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    if (x->span.item != y->span.item)
        return x->span.item->id < y->span.item->id ? -1 : 1;
    return (x->span.offset > y->span.offset) - (x->span.offset < y->span.offset);
}

static struct file *find_file(const struct checkpoint *c, uint32_t id)
{
    size_t low;
    BISECT(low, 0, c->file_count, c->files[low].id < id);
    return low < c->file_count && c->files[low].id == id ? &c->files[low] : NULL;
}

const struct file *checkpoint_file(const struct checkpoint *c, uint32_t id)
{
    return id ? find_file(c, id) : NULL;
}

/* One id may have two records: of the end of a tunnel also its device node is written. */
static const struct file *file_of_kind(const struct checkpoint *c,
                                       const Criu__FdinfoEntry *e)
{
    const struct file *first = checkpoint_file(c, e->id), *f = first;
    while (f && f < c->files + c->file_count && f->id == e->id)
        if (e->has_type && f->type != e->type)
            f++;
        else
            return f;
    return first;
}

/* Old images have no type: bit 31 of remap_id then says that it is a ghost. */
static bool remap_is_ghost(const Criu__RemapFilePathEntry *e)
{
    if (e->has_remap_type)
        return e->remap_type == CRIU__REMAP_TYPE__REMAP_TYPE_GHOST;
    return e->remap_id >> 31;
}

static void load_remaps(struct checkpoint *c)
{
    struct image *image = dump_image(c->dump, "remap-fpath.img");
    if (!image || image->state != IMAGE_READ ||
        image->data.frame.type->type != CRIU_REMAP_FPATH)
        return;
    for (size_t i = 0; i < image->data.count; i++) {
        const Criu__RemapFilePathEntry *e = criu_message(&image->data, i);
        struct file *f = e ? find_file(c, e->orig_id) : NULL;
        if (!f || f->remap)
            continue;
        f->remap = e;
        f->remap_span = image_span(image, i);
        uint32_t id = e->has_remap_type ? e->remap_id : e->remap_id & ~(1u << 31);
        if (remap_is_ghost(e))
            f->ghost = dump_numbered_hex(c->dump, "ghost-file", id);
        if (f->ghost && (f->ghost->state != IMAGE_READ ||
                         f->ghost->data.frame.type->type != CRIU_GHOST_FILE))
            f->ghost = NULL;
    }
}

static void load_memfds(struct checkpoint *c)
{
    struct image *image = dump_image(c->dump, "memfd.img");
    if (!image || image->state != IMAGE_READ ||
        image->data.frame.type->type != CRIU_MEMFD_INODE)
        return;
    for (size_t k = 0; k < c->file_count; k++) {
        struct file *f = &c->files[k];
        if (f->type != CRIU__FD_TYPES__FD_TYPES_MEMFD)
            continue;
        for (size_t i = 0; i < image->data.count && !f->memfd; i++) {
            const Criu__MemfdInodeEntry *e = criu_message(&image->data, i);
            if (e &&
                e->inode_id == ((const Criu__MemfdFileEntry *)f->message)->inode_id) {
                f->memfd = e;
                f->memfd_span = image_span(image, i);
            }
        }
    }
}

void checkpoint_files(struct checkpoint *c)
{
    load_union(c);
    for (size_t i = 0; i < sizeof file_images / sizeof *file_images; i++)
        load_split(c, &file_images[i]);
    if (c->file_count)
        qsort(c->files, c->file_count, sizeof(*c->files), by_id);
    load_remaps(c);
    load_memfds(c);
}

/* The table is shared by the processes of one files_id; before that it was by pid. */
void checkpoint_descriptors(struct checkpoint *c, struct process *p)
{
    uint32_t number = p->ids && p->ids->has_files_id ? p->ids->files_id : p->pid;
    struct image *image = dump_numbered(c->dump, "fdinfo", number);
    if (!image || image->state != IMAGE_READ ||
        image->data.frame.type->type != CRIU_FDINFO)
        return;
    p->descriptors = arena_array(&c->arena, struct descriptor, image->data.count);
    for (size_t i = 0; i < image->data.count; i++) {
        const Criu__FdinfoEntry *e = criu_message(&image->data, i);
        if (!e)
            continue;
        p->descriptors[p->descriptor_count++] = (struct descriptor){
            e->fd, e->flags, file_of_kind(c, e), e, image_span(image, i)};
    }
}

bool file_is_deleted(const struct file *f)
{
    if (f->type == CRIU__FD_TYPES__FD_TYPES_UNIXSK)
        return ((const Criu__UnixSkEntry *)f->message)->deleted;
    return f->remap && !(f->remap->has_remap_type &&
                         f->remap->remap_type == CRIU__REMAP_TYPE__REMAP_TYPE_PROCFS);
}

const struct file *file_kept(const struct checkpoint *c, const struct file *f)
{
    bool linked = f->remap && f->remap->has_remap_type &&
                  f->remap->remap_type == CRIU__REMAP_TYPE__REMAP_TYPE_LINKED;
    return linked ? checkpoint_file(c, f->remap->remap_id) : NULL;
}

struct bytes file_path(const struct file *f, struct arena *into)
{
    if (f->type == CRIU__FD_TYPES__FD_TYPES_REG)
        return criu_bytes(((const Criu__RegFileEntry *)f->message)->name);
    if (f->type != CRIU__FD_TYPES__FD_TYPES_MEMFD || !f->memfd)
        return BYTES_NONE;
    struct text t = {0};
    text_str(&t, "memfd:");
    text_add(&t, criu_bytes(f->memfd->name));
    struct bytes path = arena_copy(into, text_bytes(&t));
    text_release(&t);
    return path;
}
