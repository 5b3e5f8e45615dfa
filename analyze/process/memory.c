#include "analyze/process/memory.h"

#include <stdlib.h>

#include "formats/base/memory.h"
#include "formats/criu/payload.h"

/* Pages files that are open at a time: a walk needs one per dump of the chain and one for
 * a shared object. */
#define STREAMS 8

/* A pages file that is read forward. */
struct stream {
    const struct item *item;
    struct source *source;
    uint64_t at;       /* offset of `left` */
    struct bytes left; /* of the last block */
    bool ended;
    bool left_behind; /* memory_leave() */
    uint64_t used;    /* when it was last asked */
};

struct memory {
    const struct checkpoint *checkpoint;
    struct stream streams[STREAMS];
    uint64_t clock;
    memory_passes_fn *passes; /* or NULL */
    void *watcher;
};

const char *memory_origin_name(enum memory_origin s)
{
    static const char *const names[] = {
        [MEMORY_PAGES] = "pages",     [MEMORY_PARENT] = "parent",
        [MEMORY_SHARED] = "shared",   [MEMORY_GHOST] = "ghost",
        [MEMORY_ZERO] = "zero",       [MEMORY_FILE] = "file",
        [MEMORY_LAZY] = "lazy",       [MEMORY_MISSING] = "missing",
        [MEMORY_SPECIAL] = "special",
    };
    return names[s];
}

struct memory *memory_open(const struct checkpoint *c)
{
    struct memory *m = memory_new(1, sizeof(*m));
    m->checkpoint = c;
    return m;
}

static void stream_close(struct stream *s)
{
    if (s->source)
        item_source_close(s->source);
    *s = (struct stream){0};
}

void memory_close(struct memory *m)
{
    for (size_t i = 0; i < STREAMS; i++)
        stream_close(&m->streams[i]);
    free(m);
}

const struct checkpoint *memory_checkpoint(const struct memory *m)
{
    return m->checkpoint;
}

void memory_watch(struct memory *m, memory_passes_fn *passes, void *context)
{
    m->passes = passes;
    m->watcher = context;
}

/* -- where bytes are ------------------------------------------------------------------
 */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* In the pages of one layer; MEMORY_SPECIAL stands for "the layer says nothing". */
static struct memory_piece layer_piece(const struct layer *layer, uint64_t address,
                                       uint64_t end)
{
    struct memory_piece nothing = {MEMORY_SPECIAL, end - address, NULL, 0};
    enum memory_origin origin = MEMORY_PAGES;
    for (; layer; layer = layer->parent, origin = MEMORY_PARENT) {
        const struct criu_extent *x = criu_pagemap_at(&layer->map, address);
        if (!x || x->start >= end)
            break;
        if (x->start > address) {
            nothing.size = x->start - address;
            break;
        }
        uint64_t into = address - x->start;
        end = least(end, x->start + x->size);
        if (x->kind == CRIU_EXTENT_PRESENT)
            return (struct memory_piece){
                layer->pages && !layer->map.compressed ? origin : MEMORY_MISSING,
                end - address, layer->pages, x->at + into};
        if (x->kind != CRIU_EXTENT_PARENT)
            return (struct memory_piece){x->kind == CRIU_EXTENT_LAZY ? MEMORY_LAZY
                                                                     : MEMORY_ZERO,
                                         end - address, NULL, 0};
        nothing = (struct memory_piece){MEMORY_MISSING, end - address, NULL, 0};
    }
    if (nothing.origin == MEMORY_MISSING)
        nothing.size = least(nothing.size, end - address);
    return nothing;
}

struct memory_piece memory_object_piece(const struct object *o, uint64_t offset,
                                        uint64_t end)
{
    struct memory_piece piece = layer_piece(o ? o->layer : NULL, offset, end);
    if (piece.origin == MEMORY_PAGES || piece.origin == MEMORY_PARENT)
        piece.origin = MEMORY_SHARED;
    else if (piece.origin == MEMORY_SPECIAL)
        piece.origin = o && o->layer ? MEMORY_ZERO : MEMORY_MISSING;
    return piece;
}

/* The content of a deleted file; what lies between its chunks and behind its end, up to
 * the end of the page, is zero. */
static struct memory_piece ghost_piece(const struct image *ghost, uint64_t offset,
                                       uint64_t end)
{
    struct memory_piece piece = {MEMORY_ZERO, end - offset, NULL, 0};
    struct criu_chunk chunk;
    struct fault fault;
    for (size_t at = 0; criu_ghost_next(&ghost->data.records[0], &at, &chunk, &fault);) {
        if (chunk.offset >= end)
            continue;
        if (chunk.offset > offset) {
            piece.size = least(piece.size, chunk.offset - offset);
        } else if (offset - chunk.offset < chunk.data.n) {
            uint64_t into = offset - chunk.offset;
            return (struct memory_piece){MEMORY_GHOST,
                                         least(piece.size, chunk.data.n - into),
                                         ghost->item, chunk.at + into};
        }
    }
    return piece;
}

static struct memory_piece file_piece(const struct vma *v, uint64_t address, uint64_t end)
{
    uint64_t into = address - v->entry->start, offset = v->entry->pgoff + into;
    if (!v->file || !v->file->ghost || v->file->ghost->data.count == 0 ||
        v->entry->pgoff > UINT64_MAX - into || offset > UINT64_MAX - (end - address))
        return (struct memory_piece){MEMORY_FILE, end - address, NULL, 0};
    return ghost_piece(v->file->ghost, offset, offset + (end - address));
}

struct memory_piece memory_piece_at(const struct process *p, const struct vma *v,
                                    uint64_t address, uint64_t end)
{
    struct memory_piece piece = layer_piece(p->layer, address, end);
    if (piece.origin != MEMORY_SPECIAL)
        return piece;
    end = address + piece.size;
    switch (v->backing) {
    case BACKING_SHARED: {
        uint64_t into = address - v->entry->start;
        if (v->entry->pgoff > UINT64_MAX - into - (end - address))
            break;
        uint64_t offset = v->entry->pgoff + into;
        return memory_object_piece(v->object, offset, offset + (end - address));
    }
    case BACKING_ANONYMOUS:
        piece.origin = p->layer ? MEMORY_ZERO : MEMORY_MISSING;
        break;
    case BACKING_FILE:
        return file_piece(v, address, end);
    case BACKING_SPECIAL:
        break;
    }
    return piece;
}

/* -- the order in which all of it is read ----------------------------------------------
 */

struct placed {
    struct memory_range range;
    uint32_t place; /* in the archive; 0: anywhere */
    size_t number;
};

static int by_place(const void *pa, const void *pb)
{
    const struct placed *a = pa, *b = pb;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

static struct placed placed_at(struct memory_range range, const struct layer *layer,
                               size_t number)
{
    const struct item *pages = layer ? layer->pages : NULL;
    bool anywhere = !pages || pages->kept || !pages->parent ||
                    pages->parent->container == CONTAINER_DIRECTORY;
    return (struct placed){range, anywhere ? 0 : pages->id, number};
}

struct memory_range *memory_ranges(const struct checkpoint *c, size_t *n)
{
    size_t most = c->count + c->object_count + 1;
    struct placed *v = memory_new(most, sizeof *v);
    struct memory_range *out = memory_new(most, sizeof *out);
    *n = 0;
    for (size_t i = 0; i < c->count; i++, ++*n)
        v[*n] = placed_at(process_range(&c->processes[i], 0, UINT64_MAX),
                          c->processes[i].layer, *n);
    for (size_t i = 0; i < c->object_count; i++, ++*n)
        v[*n] =
            placed_at(object_range(&c->objects[i], UINT64_MAX), c->objects[i].layer, *n);
    qsort(v, *n, sizeof *v, by_place);
    for (size_t i = 0; i < *n; i++)
        out[i] = v[i].range;
    free(v);
    return out;
}

/* -- reading --------------------------------------------------------------------------
 */

/* A stream of the same archive, in front of the item, of which nobody wants more: reading
 * on costs less than coming here from the archive's beginning. */
static struct stream *stream_before(struct memory *m, const struct item *item)
{
    for (size_t i = 0; i < STREAMS; i++) {
        struct stream *s = &m->streams[i];
        if (s->source && !s->source->seek && s->item->parent == item->parent &&
            s->item->id < item->id &&
            (s->left_behind || s->at + s->left.n >= s->item->size))
            return s;
    }
    return NULL;
}

static void stream_open(struct memory *m, struct stream *s, const struct item *item)
{
    struct source *before = s->source;
    *s = (struct stream){.item = item};
    s->source = item_source_move(m->checkpoint->dump->package, before, item);
    s->ended = s->source == NULL;
}

static struct stream *stream_of(struct memory *m, const struct item *item,
                                uint64_t offset)
{
    struct stream *oldest = &m->streams[0], *found = NULL;
    for (size_t i = 0; i < STREAMS && !found; i++) {
        struct stream *s = &m->streams[i];
        if (s->item == item)
            found = s;
        else if (s->used < oldest->used)
            oldest = s;
    }
    if (found && found->at > offset && !found->source->seek)
        stream_close(found);
    if (!found) {
        struct stream *before = stream_before(m, item);
        found = before ? before : oldest;
        stream_open(m, found, item);
    } else if (!found->item) {
        stream_open(m, found, item);
    }
    found->used = ++m->clock;
    found->left_behind = false;
    return found;
}

void memory_leave(struct memory *m)
{
    for (size_t i = 0; i < STREAMS; i++)
        m->streams[i].left_behind = true;
}

/* Moves the stream so that `left` begins at `offset`. False at the end. */
static int stream_seek(const struct memory *m, struct stream *s, uint64_t offset)
{
    if (s->ended)
        return 0;
    if (s->source->seek && (offset < s->at || offset > s->at + s->left.n)) {
        int error = offset <= s->source->size ? s->source->seek(s->source, offset) : 0;
        if (error < 0)
            return error;
        s->at = offset;
        s->left = BYTES_NONE;
    }
    while (s->at + s->left.n <= offset) {
        s->at += s->left.n;
        int more = source_next(s->source, &s->left);
        if (more <= 0) {
            s->ended = true;
            s->left = BYTES_NONE;
            return more;
        }
        if (m->passes)
            m->passes(m->watcher, s->item, s->at, s->left);
    }
    s->left = bytes_from(s->left, (size_t)(offset - s->at));
    s->at = offset;
    return 1;
}

/* Is a stream there already? Reading on costs nothing, and is seen by who watches. */
static bool is_next(const struct memory *m, const struct item *item, uint64_t offset)
{
    for (size_t i = 0; i < STREAMS; i++) {
        const struct stream *s = &m->streams[i];
        if (s->item == item && offset >= s->at && offset - s->at <= s->left.n)
            return true;
    }
    return false;
}

/* The walk kept its end: what lies there is read without what stands before it. */
static bool tail_at(const struct memory *m, const struct item *item, uint64_t offset,
                    struct bytes *out)
{
    struct bytes tail = item_tail(item);
    if (tail.n == 0 || offset >= item->size || item->size - offset > tail.n ||
        is_next(m, item, offset))
        return false;
    *out = bytes_from(tail, tail.n - (size_t)(item->size - offset));
    return true;
}

/* What a pages file has at `offset`, as much of it as is at hand; nothing at its end. */
static int bytes_at(struct memory *m, const struct item *item, uint64_t offset,
                    struct bytes *out)
{
    *out = BYTES_NONE;
    if (item->kept) {
        if (offset < item_more(item)->content.n)
            *out = bytes_from(item_more(item)->content, (size_t)offset);
        return 0;
    }
    if (tail_at(m, item, offset, out))
        return 0;
    struct stream *s = stream_of(m, item, offset);
    int more = stream_seek(m, s, offset);
    if (more < 0)
        return more;
    *out = s->left;
    return 0;
}

struct walk {
    struct memory *memory;
    memory_fn *each;
    void *context;
};

/* Hands out the bytes of one piece block by block; what the file lacks is missing. */
static int read_piece(const struct walk *w, struct memory_block b,
                      const struct memory_piece *piece)
{
    uint64_t offset = piece->offset, left = piece->size;
    while (left) {
        struct bytes data;
        int error = bytes_at(w->memory, piece->item, offset, &data);
        if (error < 0)
            return error;
        bool missing = data.n == 0;
        b.origin = missing ? MEMORY_MISSING : piece->origin;
        b.size = missing ? left : least(left, data.n);
        b.data = bytes_sub(data, 0, (size_t)b.size);
        b.span = (struct span){missing ? NULL : piece->item, offset, b.data.n};
        int stop = w->each(w->context, &b);
        if (stop)
            return stop;
        b.address += b.size;
        offset += b.size;
        left -= b.size;
    }
    return 0;
}

/* `b` has the address and the area. */
static int hand_out(const struct walk *w, struct memory_block b,
                    const struct memory_piece *piece)
{
    b.size = piece->size;
    b.origin = piece->origin;
    return memory_has_bytes(piece->origin) ? read_piece(w, b, piece)
                                           : w->each(w->context, &b);
}

static int walk_process(const struct walk *w, struct memory_range range)
{
    const struct process *p = range.process;
    for (size_t i = 0; i < p->vma_count && range.start < range.end; i++) {
        const struct vma *v = &p->vmas[i];
        uint64_t to = least(range.end, v->entry->end);
        uint64_t at = range.start > v->entry->start ? range.start : v->entry->start;
        while (at < to) {
            struct memory_piece piece = memory_piece_at(p, v, at, to);
            int stop =
                hand_out(w, (struct memory_block){.address = at, .vma = v}, &piece);
            if (stop)
                return stop;
            at += piece.size;
        }
        /* Areas that overlap what was handed out already are not told twice. */
        if (to > range.start)
            range.start = to;
    }
    return 0;
}

static int walk_object(const struct walk *w, struct memory_range range)
{
    uint64_t end = least(range.end, range.object->size);
    for (uint64_t at = range.start; at < end;) {
        struct memory_piece piece = memory_object_piece(range.object, at, end);
        int stop = hand_out(w, (struct memory_block){.address = at}, &piece);
        if (stop)
            return stop;
        at += piece.size;
    }
    return 0;
}

int memory_walk(struct memory *m, struct memory_range range, memory_fn *each,
                void *context)
{
    const struct walk w = {m, each, context};
    return range.object ? walk_object(&w, range) : walk_process(&w, range);
}

struct copying {
    uint64_t next;
    uint8_t *into;
    size_t n;
    struct span span;
};

static int copy_block(void *context, const struct memory_block *b)
{
    struct copying *c = context;
    if (b->address != c->next ||
        (!memory_has_bytes(b->origin) && b->origin != MEMORY_ZERO))
        return 1;
    if (b->origin != MEMORY_ZERO)
        memcpy(c->into + c->n, b->data.p, b->data.n);
    else
        memset(c->into + c->n, 0, (size_t)b->size);
    if (c->n == 0)
        c->span = b->span;
    else if (c->span.item && c->span.item == b->span.item &&
             c->span.offset + c->span.length == b->span.offset)
        c->span.length += b->span.length;
    c->n += (size_t)b->size;
    c->next += b->size;
    return 0;
}

size_t memory_copy(struct memory *m, struct memory_range range, uint8_t *into,
                   struct span *span)
{
    struct copying c = {.next = range.start, .into = into};
    memory_walk(m, range, copy_block, &c);
    if (span)
        *span = c.span;
    return c.n;
}
