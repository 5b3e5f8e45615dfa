/* Open files as JSON, one function per kind. */
#include "analyze/process/describe.h"
#include "analyze/process/parts.h"
#include "analyze/process/values.h"
#include "formats/base/digest.h"
#include "formats/base/limits.h"
#include "formats/criu/payload.h"

static void set_flags(json_t *o, uint32_t flags)
{
    static const char *const access[] = {"read", "write", "read-write", "none"};
    json_object_set_new(o, "access", json_string(access[flags & 3]));
    json_set_if(o, "flags", value_bits(value_open_flags, flags & ~3u));
}

json_t *describe_data(const struct describe *d, struct bytes data, struct span span)
{
    json_t *o = json_object();
    json_set_unsigned(o, "bytes", data.n);
    json_set_if(o, "text", json_masked(d->mask, bytes_sub(data, 0, 4096)));
    json_object_set_new(o, "span", json_span(span));
    return o;
}

static void set_digest(json_t *o, struct digest_state *state)
{
    char hex[2 * DIGEST_MAX + 1];
    digest_state_final(state);
    const struct digest *digest = digest_state_result(state, DIGEST_SHA256);
    json_object_set_new(o, "sha256", json_string(digest_hex(digest, hex)));
    digest_state_free(state);
}

/* -- deleted files --------------------------------------------------------------------
 */

static void zeros(struct digest_state *state, uint64_t n)
{
    static const uint8_t block[4096];
    for (; n; n -= n < sizeof block ? n : sizeof block)
        digest_state_update(state, bytes_of(block, n < sizeof block ? n : sizeof block));
}

/* The digest of a ghost's content, holes as zeros; chunks must be in order for it. */
static void ghost_digest(json_t *o, const struct criu_record *record, uint64_t size)
{
    struct digest_state *state = digest_state_new(DIGEST_BIT(DIGEST_SHA256));
    struct criu_chunk chunk;
    struct fault fault;
    uint64_t done = 0;
    for (size_t at = 0; criu_ghost_next(record, &at, &chunk, &fault);) {
        if (chunk.offset < done || chunk.offset > size)
            break;
        zeros(state, chunk.offset - done);
        digest_state_update(state, chunk.data);
        done = chunk.offset + chunk.data.n;
    }
    if (size > done && size - done <= LIMIT_DOCUMENT)
        zeros(state, size - done);
    set_digest(o, state);
}

static json_t *describe_time(const Criu__Timeval *t)
{
    char text[INSTANT_TEXT];
    instant when;
    if (!t || t->tv_usec >= 1000000 || t->tv_sec > INT64_MAX / 1000000 - 1 ||
        !instant_from_epoch((int64_t)(t->tv_sec * 1000000 + t->tv_usec),
                            PRECISION_MICROSECOND, &when))
        return NULL;
    return json_string(instant_format(when, PRECISION_MICROSECOND, text));
}

static json_t *describe_ghost(const struct file *f)
{
    const struct criu_record *record = &f->ghost->data.records[0];
    const Criu__GhostFileEntry *g = criu_message(&f->ghost->data, 0);
    json_t *o = json_object();
    if (!g) {
        json_decref(o);
        return NULL;
    }
    uint64_t size = g->has_size ? g->size : record->payload.n;
    json_set_unsigned(o, "size", size);
    json_set_unsigned(o, "uid", g->uid);
    json_set_unsigned(o, "gid", g->gid);
    json_set_unsigned(o, "mode", g->mode & 07777);
    json_set_unsigned(o, "inode", g->ino);
    json_set_if(o, "modified", describe_time(g->mtim));
    json_set_if(o, "accessed", describe_time(g->atim));
    json_set_if(o, "link", json_evidence(criu_bytes(g->symlnk_target)));
    if ((g->mode & 0170000) == 0100000 && size <= LIMIT_DOCUMENT)
        ghost_digest(o, record, size);
    json_object_set_new(o, "span", json_span(image_span(f->ghost, 0)));
    return o;
}

static void set_deleted(const struct describe *d, json_t *o, const struct file *f)
{
    if (!f->remap)
        return;
    static const char *const kinds[] = {"linked", "ghost", "process"};
    unsigned type = f->remap->has_remap_type ? (unsigned)f->remap->remap_type : 1;
    json_object_set_new(o, "deleted", json_boolean(file_is_deleted(f)));
    json_object_set_new(o, "recovered", json_string(type < 3 ? kinds[type] : "unknown"));
    if (f->ghost && f->ghost->data.count)
        json_set_if(o, "content", describe_ghost(f));
    const struct file *kept = file_kept(d->checkpoint, f);
    if (kept)
        json_set_if(o, "kept_as", json_evidence(file_path(kept, &d->checkpoint->arena)));
    json_object_set_new(o, "remap_span", json_span(f->remap_span));
}

/* -- kinds ----------------------------------------------------------------------------
 */

static void regular(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__RegFileEntry *r = f->message;
    json_object_set_new(o, r->ext ? "external" : "path",
                        json_masked(d->mask, criu_bytes(r->name)));
    set_flags(o, r->flags);
    json_set_unsigned(o, "position", r->pos);
    if (r->has_size)
        json_set_unsigned(o, "size", r->size);
    if (r->has_mode)
        json_set_unsigned(o, "mode", r->mode & 07777);
    if (r->n_build_id) {
        struct text t = {0};
        for (size_t i = 0; i < r->n_build_id && i < 16; i++)
            for (unsigned shift = 0; shift < 32; shift += 8)
                text_printf(&t, "%02x", r->build_id[i] >> shift & 255);
        json_object_set_new(o, "build_id", json_string(text_c(&t)));
        text_release(&t);
    }
    json_object_set_new(o, "mount", json_integer(r->mnt_id));
    set_deleted(d, o, f);
}

struct hashing {
    struct digest_state *state;
    bool whole;
};

static int hash_block(void *context, const struct memory_block *b)
{
    struct hashing *h = context;
    h->whole &= memory_has_bytes(b->origin) || b->origin == MEMORY_ZERO;
    if (b->data.n)
        digest_state_update(h->state, b->data);
    else
        zeros(h->state, b->size);
    return 0;
}

static void memfd(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__MemfdFileEntry *m = f->message;
    json_object_set_new(o, "path", json_evidence(file_path(f, &d->checkpoint->arena)));
    json_object_set_new(o, "memfd", json_true());
    set_flags(o, m->flags);
    json_set_unsigned(o, "position", m->pos);
    if (!f->memfd)
        return;
    json_set_unsigned(o, "size", f->memfd->size);
    json_set_if(o, "seals", value_bits(value_seals, f->memfd->seals));
    json_set_unsigned(o, "shmid", f->memfd->shmid);
    const struct object *object = checkpoint_object(d->checkpoint, f->memfd->shmid);
    if (object && object->layer && f->memfd->size <= GIB) {
        struct hashing h = {digest_state_new(DIGEST_BIT(DIGEST_SHA256)), true};
        memory_walk(d->memory, object_range(object, f->memfd->size), hash_block, &h);
        if (h.whole)
            set_digest(o, h.state);
        else
            digest_state_free(h.state);
    }
    json_object_set_new(o, "memfd_span", json_span(f->memfd_span));
}

static void queued(const struct describe *d, json_t *o, const char *image_name,
                   uint32_t pipe)
{
    struct image *image = dump_image(d->checkpoint->dump, image_name);
    for (size_t i = 0; image && i < image->data.count; i++) {
        const Criu__PipeDataEntry *e = criu_message(&image->data, i);
        const struct criu_record *r = &image->data.records[i];
        if (image->data.frame.type->payload != CRIU_PAYLOAD_PIPE || !e ||
            e->pipe_id != pipe)
            continue;
        json_set_if(
            o, "unread",
            describe_data(d, r->payload,
                          (struct span){image->item, r->payload_offset, r->payload.n}));
        if (e->has_size)
            json_set_unsigned(o, "capacity", e->size);
    }
}

static void pipe_end(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__PipeEntry *p = f->message;
    json_set_unsigned(o, "pipe", p->pipe_id);
    set_flags(o, p->flags);
    queued(d, o, "pipes-data.img", p->pipe_id);
}

static void fifo(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__FifoEntry *e = f->message;
    const struct file *path = checkpoint_file(d->checkpoint, e->regf_id);
    json_set_unsigned(o, "pipe", e->pipe_id);
    if (path && path->type == CRIU__FD_TYPES__FD_TYPES_REG)
        regular(d, o, path);
    queued(d, o, "fifo-data.img", e->pipe_id);
}

/* What stood in an image of its own for all files of a kind. */
static struct parts image_parts(const struct describe *d, const char *name,
                                enum criu_type type, uint32_t id)
{
    struct checkpoint *c = d->checkpoint;
    return parts_of_file(c, dump_image(c->dump, name), type, id);
}

static void epoll(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__EventpollFileEntry *e = f->message;
    json_t *watched = json_array();
    struct parts all = parts_inside(e->tfd, e->n_tfd);
    set_flags(o, e->flags);
    if (all.n == 0)
        all = image_parts(d, "eventpoll-tfd.img", CRIU_EVENTPOLL_TFD, f->id);
    for (size_t i = 0; i < all.n; i++) {
        const Criu__EventpollTfdEntry *t = (const void *)all.v[i];
        json_t *w = json_object();
        json_set_unsigned(w, "fd", t->tfd);
        json_object_set_new(w, "events", json_hex(t->events));
        json_object_set_new(w, "data", json_hex(t->data));
        json_array_append_new(watched, w);
    }
    json_object_set_new(o, "watched", watched);
}

static void handle_path(const struct describe *d, json_t *w, const Criu__FhEntry *h)
{
    if (h && h->has_path)
        json_set_if(w, "path", json_masked(d->mask, criu_bytes(h->path)));
}

static void inotify(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__InotifyFileEntry *e = f->message;
    json_t *watched = json_array();
    struct parts all = parts_inside(e->wd, e->n_wd);
    set_flags(o, e->flags);
    if (all.n == 0)
        all = image_parts(d, "inotify-wd.img", CRIU_INOTIFY_WD, f->id);
    for (size_t i = 0; i < all.n; i++) {
        const Criu__InotifyWdEntry *wd = (const void *)all.v[i];
        json_t *w = json_object();
        json_set_unsigned(w, "watch", wd->wd);
        json_set_unsigned(w, "inode", wd->i_ino);
        json_set_unsigned(w, "device", wd->s_dev);
        json_object_set_new(w, "mask", json_hex(wd->mask));
        handle_path(d, w, wd->f_handle);
        json_array_append_new(watched, w);
    }
    json_object_set_new(o, "watched", watched);
}

static void fanotify(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__FanotifyFileEntry *e = f->message;
    json_t *marks = json_array();
    set_flags(o, e->flags);
    json_object_set_new(o, "initialised", json_hex(e->faflags));
    struct parts all = parts_inside(e->mark, e->n_mark);
    if (all.n == 0)
        all = image_parts(d, "fanotify-mark.img", CRIU_FANOTIFY_MARK, f->id);
    for (size_t i = 0; i < all.n; i++) {
        const Criu__FanotifyMarkEntry *mark = (const void *)all.v[i];
        json_t *w = json_object();
        json_object_set_new(w, "mask", json_hex(mark->mask));
        if (mark->ie) {
            json_set_unsigned(w, "inode", mark->ie->i_ino);
            handle_path(d, w, mark->ie->f_handle);
        }
        if (mark->me) {
            json_set_unsigned(w, "mount", mark->me->mnt_id);
            json_set_if(w, "path", json_masked(d->mask, criu_bytes(mark->me->path)));
        }
        json_array_append_new(marks, w);
    }
    json_object_set_new(o, "marks", marks);
}

static void signalfd(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__SignalfdEntry *e = f->message;
    json_t *signals = json_array();
    (void)d;
    set_flags(o, e->flags);
    for (unsigned n = 1; n <= 64; n++)
        if (e->sigmask >> (n - 1) & 1)
            json_array_append_new(signals, value_or_number(value_signals, n));
    json_object_set_new(o, "signals", signals);
}

static void timerfd(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__TimerfdEntry *e = f->message;
    (void)d;
    set_flags(o, e->flags);
    json_object_set_new(o, "clock", value_or_number(value_clocks, e->clockid));
    json_set_unsigned(o, "ticks", e->ticks);
    json_set_unsigned(o, "expires_in_seconds", e->vsec);
    json_set_unsigned(o, "interval_seconds", e->isec);
}

static void tty(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__TtyFileEntry *e = f->message;
    const struct file *path = checkpoint_file(d->checkpoint, e->regf_id);
    static const char *const kinds[] = {"unknown", "pty",      "console", "vt",
                                        "ctty",    "external", "serial"};
    set_flags(o, e->flags);
    if (path && path->type == CRIU__FD_TYPES__FD_TYPES_REG)
        json_object_set_new(o, "path", json_evidence(file_path(path, NULL)));
    struct image *image = dump_image(d->checkpoint->dump, "tty-info.img");
    for (size_t i = 0; image && i < image->data.count; i++) {
        const Criu__TtyInfoEntry *t = criu_message(&image->data, i);
        if (image->data.frame.type->type != CRIU_TTY_INFO || !t ||
            t->id != e->tty_info_id)
            continue;
        json_object_set_new(
            o, "terminal",
            json_string(kinds[(unsigned)t->type < 7 ? (unsigned)t->type : 0]));
        json_set_unsigned(o, "session", t->sid);
        json_set_unsigned(o, "foreground_group", t->pgrp);
        if (t->pty)
            json_set_unsigned(o, "index", t->pty->index);
    }
    image = dump_image(d->checkpoint->dump, "tty-data.img");
    for (size_t i = 0; image && i < image->data.count; i++) {
        const Criu__TtyDataEntry *t = criu_message(&image->data, i);
        if (image->data.frame.type->type == CRIU_TTY_DATA && t &&
            t->tty_id == e->tty_info_id)
            json_object_set_new(
                o, "unread", describe_data(d, criu_bytes(t->data), image_span(image, i)));
    }
}

static void bpf_map(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__BpfmapFileEntry *e = f->message;
    (void)d;
    set_flags(o, e->flags);
    json_object_set_new(o, "name", json_evidence(criu_bytes(e->map_name)));
    json_set_unsigned(o, "map_type", e->map_type);
    json_set_unsigned(o, "key_size", e->key_size);
    json_set_unsigned(o, "value_size", e->value_size);
    json_set_unsigned(o, "max_entries", e->max_entries);
    struct image *image = dump_image(d->checkpoint->dump, "bpfmap-data.img");
    for (size_t i = 0; image && i < image->data.count; i++) {
        const Criu__BpfmapDataEntry *data = criu_message(&image->data, i);
        if (image->data.frame.type->type != CRIU_BPFMAP_DATA || !data ||
            data->map_id != e->map_id)
            continue;
        json_set_unsigned(o, "entries", data->count);
        json_object_set_new(o, "data_span", json_span(image_span(image, i)));
    }
}

static void other(const struct describe *d, json_t *o, const struct file *f)
{
    (void)d;
    if (f->type == CRIU__FD_TYPES__FD_TYPES_EVENTFD) {
        const Criu__EventfdFileEntry *e = f->message;
        set_flags(o, e->flags);
        json_set_unsigned(o, "counter", e->counter);
    } else if (f->type == CRIU__FD_TYPES__FD_TYPES_NS) {
        const Criu__NsFileEntry *e = f->message;
        json_object_set_new(o, "namespace",
                            value_or_number(value_namespaces, e->ns_cflag));
        json_set_unsigned(o, "namespace_id", e->ns_id);
    } else if (f->type == CRIU__FD_TYPES__FD_TYPES_PIDFD) {
        const Criu__PidfdEntry *e = f->message;
        set_flags(o, e->flags);
        json_object_set_new(o, "pid", json_integer(e->nspid));
    } else if (f->type == CRIU__FD_TYPES__FD_TYPES_TUNF) {
        const Criu__TunfileEntry *e = f->message;
        json_set_if(o, "device", json_evidence(criu_bytes(e->netdev)));
        json_object_set_new(o, "detached", json_boolean(e->detached));
    }
}

json_t *describe_file(const struct describe *d, const struct file *f)
{
    if (!f)
        return json_null();
    json_t *o = json_object();
    json_set_unsigned(o, "id", f->id);
    json_object_set_new(o, "type", json_string(file_type_name(f->type)));
    switch (f->type) {
    case CRIU__FD_TYPES__FD_TYPES_REG:
        regular(d, o, f);
        break;
    case CRIU__FD_TYPES__FD_TYPES_MEMFD:
        memfd(d, o, f);
        break;
    case CRIU__FD_TYPES__FD_TYPES_PIPE:
        pipe_end(d, o, f);
        break;
    case CRIU__FD_TYPES__FD_TYPES_FIFO:
        fifo(d, o, f);
        break;
    case CRIU__FD_TYPES__FD_TYPES_EVENTPOLL:
        epoll(d, o, f);
        break;
    case CRIU__FD_TYPES__FD_TYPES_INOTIFY:
        inotify(d, o, f);
        break;
    case CRIU__FD_TYPES__FD_TYPES_FANOTIFY:
        fanotify(d, o, f);
        break;
    case CRIU__FD_TYPES__FD_TYPES_SIGNALFD:
        signalfd(d, o, f);
        break;
    case CRIU__FD_TYPES__FD_TYPES_TIMERFD:
        timerfd(d, o, f);
        break;
    case CRIU__FD_TYPES__FD_TYPES_TTY:
        tty(d, o, f);
        break;
    case CRIU__FD_TYPES__FD_TYPES_BPFMAP:
        bpf_map(d, o, f);
        break;
    default:
        other(d, o, f);
    }
    json_object_set_new(o, "span", json_span(f->span));
    return o;
}

json_t *describe_descriptors(const struct describe *d, const struct process *p)
{
    json_t *all = json_array();
    for (size_t i = 0; i < p->descriptor_count; i++) {
        const struct descriptor *fd = &p->descriptors[i];
        json_t *o = json_object();
        json_set_unsigned(o, "fd", fd->fd);
        json_object_set_new(o, "close_on_exec", json_boolean(fd->flags & 1));
        struct text label = {0};
        if (fd->file)
            file_label(d->checkpoint, fd->file, &label);
        json_set_if(o, "target", json_masked(d->mask, text_bytes(&label)));
        text_release(&label);
        json_object_set_new(o, "file", describe_file(d, fd->file));
        if (!fd->file)
            json_set_unsigned(o, "missing_id", fd->entry->id);
        json_object_set_new(o, "span", json_span(fd->span));
        json_array_append_new(all, o);
    }
    return all;
}
