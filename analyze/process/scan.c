#include "analyze/process/scan.h"

#include <stdlib.h>

#include "formats/base/memory.h"

struct run {
    window_fn *each;
    void *context;
    struct window window;
    uint8_t *buffer; /* SCAN_WINDOW bytes */
    size_t n;
    uint64_t next; /* address after the last byte */
};

/* Gives the searcher what is there and keeps what it is not done with. */
static void flush(struct run *r, bool ended)
{
    const uint8_t *given = r->buffer;
    if (r->n == 0)
        return;
    r->window.bytes = bytes_of(given, r->n);
    r->window.limit = ended || r->n < SCAN_OVERLAP ? r->n : r->n - SCAN_OVERLAP;
    size_t done = r->each(r->context, &r->window);
    if (done > r->n || ended)
        done = r->n;
    memmove(r->buffer, given + done, r->n - done);
    r->n -= done;
    r->window.address += done;
    r->window.continues = r->n > 0;
}

static int take_block(void *context, const struct memory_block *b)
{
    struct run *r = context;
    bool wanted =
        memory_has_bytes(b->origin) && (r->window.object || b->origin != MEMORY_SHARED);
    struct bytes rest = wanted ? b->data : BYTES_NONE;
    if (r->n && (!wanted || b->address != r->next))
        flush(r, true);
    if (r->n == 0) {
        r->window.address = b->address;
        r->window.continues = false;
    }
    r->next = b->address + b->size;
    while (rest.n) {
        size_t part = SCAN_WINDOW - r->n < rest.n ? SCAN_WINDOW - r->n : rest.n;
        memcpy(r->buffer + r->n, rest.p, part);
        r->n += part;
        rest = bytes_from(rest, part);
        if (r->n == SCAN_WINDOW)
            flush(r, false);
    }
    return 0;
}

static int scan_range(struct memory *m, struct memory_range range, window_fn *each,
                      void *context)
{
    struct run r = {.each = each,
                    .context = context,
                    .window = {.process = range.process, .object = range.object},
                    .buffer = memory_new(SCAN_WINDOW, 1)};
    r.window.buffer = &r.buffer;
    int error = memory_walk(m, range, take_block, &r);
    if (error == 0)
        flush(&r, true);
    free(r.buffer);
    return error;
}

static bool maps(const struct process *p, const struct object *o)
{
    for (size_t i = 0; i < p->vma_count; i++)
        if (p->vmas[i].object == o)
            return true;
    return false;
}

int scan_memory(struct memory *m, const struct process *only, window_fn *each,
                void *context)
{
    size_t n;
    struct memory_range *all = memory_ranges(memory_checkpoint(m), &n);
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        bool wanted =
            !only || (all[i].object ? maps(only, all[i].object) : all[i].process == only);
        if (wanted)
            r = scan_range(m, all[i], each, context);
        memory_leave(m);
    }
    free(all);
    return r;
}

uint64_t passage_address(struct passage p)
{
    return p.window->address + p.at;
}

struct span passage_span(struct passage p)
{
    const struct window *w = p.window;
    uint64_t address = passage_address(p), end = address + p.length;
    struct memory_piece piece = {0};
    if (w->object) {
        piece = memory_object_piece(w->object, address, end);
    } else {
        const struct vma *v = process_vma(w->process, address);
        if (v)
            piece = memory_piece_at(w->process, v, address,
                                    end < v->entry->end ? end : v->entry->end);
    }
    /* A hit over the border of two runs of pages cites its first part. */
    return (struct span){piece.item, piece.offset, piece.item ? piece.size : 0};
}
