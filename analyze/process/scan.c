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
    if (r->n == 0)
        return;
    r->window.bytes = bytes_of(r->buffer, r->n);
    r->window.limit = ended || r->n < SCAN_OVERLAP ? r->n : r->n - SCAN_OVERLAP;
    size_t done = r->each(r->context, &r->window);
    if (done > r->n || ended)
        done = r->n;
    memmove(r->buffer, r->buffer + done, r->n - done);
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

static struct run run_of(window_fn *each, void *context)
{
    return (struct run){
        .each = each, .context = context, .buffer = memory_new(SCAN_WINDOW, 1)};
}

static int run_end(struct run *r, int error)
{
    if (error == 0)
        flush(r, true);
    free(r->buffer);
    return error;
}

int scan_process(struct memory *m, const struct process *p, window_fn *each,
                 void *context)
{
    struct run r = run_of(each, context);
    r.window.process = p;
    return run_end(&r, memory_walk(m, p, 0, UINT64_MAX, take_block, &r));
}

int scan_object(struct memory *m, const struct object *o, window_fn *each, void *context)
{
    struct run r = run_of(each, context);
    r.window.object = o;
    return run_end(&r, memory_walk_object(m, o, 0, UINT64_MAX, take_block, &r));
}

static bool maps(const struct process *p, const struct object *o)
{
    for (size_t i = 0; i < p->vma_count; i++)
        if (p->vmas[i].object == o)
            return true;
    return false;
}

int scan_all(struct memory *m, const struct checkpoint *c, const struct process *only,
             window_fn *each, void *context)
{
    int r = 0;
    for (size_t i = 0; i < c->count && r == 0; i++)
        if (!only || only == &c->processes[i])
            r = scan_process(m, &c->processes[i], each, context);
    for (size_t i = 0; i < c->object_count && r == 0; i++)
        if (!only || maps(only, &c->objects[i]))
            r = scan_object(m, &c->objects[i], each, context);
    return r;
}

struct span window_span(const struct window *w, size_t at, size_t length)
{
    uint64_t address = w->address + at;
    struct memory_piece piece = {0};
    if (w->object) {
        piece = memory_object_piece(w->object, address, address + length);
    } else {
        const struct vma *v = process_vma(w->process, address);
        if (v)
            piece = memory_piece_at(w->process, v, address,
                                    address + length < v->entry->end ? address + length
                                                                     : v->entry->end);
    }
    /* A hit over the border of two runs of pages cites its first part. */
    return (struct span){piece.item, piece.offset, piece.item ? piece.size : 0};
}
