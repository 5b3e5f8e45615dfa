#include "analyze/casefile/passing.h"

#include <stdlib.h>

#include "formats/base/bisect.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

#define CHUNK (64 * KIB)

/* Bytes that passed one behind the other. */
struct chunk {
    const struct item *item; /* NULL: none yet */
    uint64_t at;
    size_t n;
    uint8_t octets[CHUNK];
};

struct passing {
    const struct casefile *c;
    struct windows open, done;
    const struct item *item; /* whose bytes passed last */
    uint64_t end;            /* up to where */
    struct chunk *ring;
    size_t chunks, last; /* all of them; the one that is filled */
};

struct passing *passing_new(const struct casefile *c, size_t keep)
{
    struct passing *p = memory_new(1, sizeof *p);
    p->c = c;
    /* One more: the one that is filled may be nearly empty. */
    p->chunks = keep / CHUNK + 2;
    p->ring = memory_new(p->chunks, sizeof *p->ring);
    return p;
}

bool item_is_compressed(const struct item *item)
{
    for (const struct item *up = item->parent; up && !item->kept; up = up->parent)
        if (container_is_filter(up->container) && up->container != CONTAINER_SPLIT)
            return true;
    return false;
}

/* -- windows --------------------------------------------------------------------------
 */

/* Has everything that it can get? */
static bool is_complete(const struct window *w, const struct item *item)
{
    uint64_t end = w->start + w->bytes.n;
    return w->bytes.n > 0 && (w->bytes.n >= w->want || end == item->size);
}

static void close_window(struct passing *p, size_t i)
{
    struct windows *open = &p->open, *done = &p->done;
    window_finish(p->c, &open->v[i]);
    done->v = memory_grow(done->v, &done->capacity, done->n + 1, sizeof *done->v);
    done->v[done->n++] = open->v[i];
    open->v[i] = open->v[--open->n];
}

static void feed(struct passing *p, const struct item *item, uint64_t at,
                 struct bytes block)
{
    uint32_t id;
    if (p->open.n == 0 || !case_item_id(p->c, item, &id))
        return;
    for (size_t i = p->open.n; i-- > 0;) {
        struct window *w = &p->open.v[i];
        if (w->item != id)
            continue;
        window_take(w, block, at);
        if (is_complete(w, item))
            close_window(p, i);
    }
}

/* -- what passed ----------------------------------------------------------------------
 */

/* Room behind what was kept last, as much as there is of `n`. */
static struct chunk *room_for(struct passing *p, const struct item *item, uint64_t at)
{
    struct chunk *last = &p->ring[p->last];
    if (last->item == item && last->at + last->n == at && last->n < CHUNK)
        return last;
    p->last = (p->last + 1) % p->chunks;
    last = &p->ring[p->last];
    last->item = item;
    last->at = at;
    last->n = 0;
    return last;
}

static void keep(struct passing *p, const struct item *item, uint64_t at,
                 struct bytes block)
{
    while (block.n) {
        struct chunk *chunk = room_for(p, item, at);
        struct bytes part = bytes_sub(block, 0, CHUNK - chunk->n);
        memcpy(chunk->octets + chunk->n, part.p, part.n);
        chunk->n += part.n;
        at += part.n;
        block = bytes_from(block, part.n);
    }
}

void passing_block(struct passing *p, const struct item *item, uint64_t at,
                   struct bytes block)
{
    if (!item_is_compressed(item))
        return;
    feed(p, item, at, block);
    keep(p, item, at, block);
    p->item = item;
    p->end = at + block.n;
}

/* Of what is kept, what belongs to the window; the oldest first. */
static void recall(const struct passing *p, const struct item *item, struct window *w)
{
    for (size_t i = 1; i <= p->chunks; i++) {
        const struct chunk *chunk = &p->ring[(p->last + i) % p->chunks];
        if (chunk->item == item)
            window_take(w, bytes_of(chunk->octets, chunk->n), chunk->at);
    }
}

/* Will the rest of it pass? */
static bool goes_on(const struct passing *p, const struct item *item,
                    const struct window *w)
{
    return p->item != item || w->start + w->bytes.n >= p->end;
}

void passing_cite(struct passing *p, const struct wanted *place)
{
    const struct item *item = case_item(p->c, place->item, NULL);
    bool full = p->open.n + p->done.n >= LIMIT_EXCERPTS;
    if (full || !item || !item_is_compressed(item) || place->length == 0)
        return;
    windows_add(&p->open, place);
    struct window *w = &p->open.v[p->open.n - 1];
    recall(p, item, w);
    if (is_complete(w, item)) {
        close_window(p, p->open.n - 1);
    } else if (!goes_on(p, item, w)) {
        window_release(w);
        p->open.n--;
    }
}

/* -- what came of it ------------------------------------------------------------------
 */

static int by_place(const void *pa, const void *pb)
{
    const struct window *a = pa, *b = pb;
    if (a->item != b->item)
        return a->item < b->item ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return a->length < b->length ? -1 : a->length > b->length;
}

void passing_end(struct passing *p)
{
    if (!p)
        return;
    windows_release(&p->open);
    free(p->ring);
    p->ring = NULL;
    if (p->done.n)
        qsort(p->done.v, p->done.n, sizeof *p->done.v, by_place);
}

void passing_take(struct passing *p, struct windows *w)
{
    size_t at;
    if (!p)
        return;
    BISECT(at, 0, p->done.n, p->done.v[at].item < w->v[0].item);
    struct windows of_item = {.v = p->done.v + at};
    while (at + of_item.n < p->done.n && of_item.v[of_item.n].item == w->v[0].item)
        of_item.n++;
    windows_take(&of_item, w);
}

void passing_free(struct passing *p)
{
    if (!p)
        return;
    windows_release(&p->open);
    windows_release(&p->done);
    free(p->ring);
    free(p);
}
