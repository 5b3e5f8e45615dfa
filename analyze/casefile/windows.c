#include "analyze/casefile/windows.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* Read beyond what is shown, so that a credential that the cut would halve is still known
 * for one; and before it, because what names a secret stands before the secret. */
#define EXCERPT_READ (LIMIT_EXCERPT + 8 * KIB)
#define EXCERPT_LEAD 512
/* What is read at a time where the source can seek: all of one, mostly. */
#define EXCERPT_PIECE (EXCERPT_READ + EXCERPT_LEAD)

void window_release(struct window *w)
{
    text_release(&w->bytes);
    text_release(&w->shown);
}

void windows_clear(struct windows *w)
{
    for (size_t i = 0; i < w->n; i++)
        window_release(&w->v[i]);
    w->n = 0;
}

void windows_release(struct windows *w)
{
    windows_clear(w);
    free(w->v);
    *w = (struct windows){0};
}

void windows_add(struct windows *w, const struct wanted *place)
{
    uint64_t lead = place->offset < EXCERPT_LEAD ? place->offset : EXCERPT_LEAD;
    uint64_t shown = place->length < LIMIT_EXCERPT ? place->length : LIMIT_EXCERPT;
    w->v = memory_grow(w->v, &w->capacity, w->n + 1, sizeof *w->v);
    w->v[w->n++] = (struct window){.item = place->item,
                                   .offset = place->offset,
                                   .length = place->length,
                                   .start = place->offset - lead,
                                   .want = lead + shown + EXCERPT_READ - LIMIT_EXCERPT};
}

void windows_take(struct windows *from, struct windows *to)
{
    size_t i = 0;
    for (size_t k = 0; k < to->n; k++) {
        while (i < from->n && (from->v[i].offset < to->v[k].offset ||
                               (from->v[i].offset == to->v[k].offset &&
                                from->v[i].length < to->v[k].length)))
            i++;
        bool same = i < from->n && from->v[i].offset == to->v[k].offset &&
                    from->v[i].length == to->v[k].length;
        if (!same || !from->v[i].done)
            continue;
        to->v[k] = from->v[i];
        from->v[i].shown = (struct text){0};
        from->v[i].done = false;
    }
}

void window_reader_close(struct window_reader *r)
{
    item_source_close(r->source);
    r->source = NULL;
    r->last = NULL;
}

/* -- what is shown -------------------------------------------------------------------
 */

/* [from, from+n) of the bytes, masked by what stands around it as well. */
static void mask_part(const struct mask *m, struct bytes all, size_t from, size_t n,
                      struct text *out)
{
    size_t at = from, end = from + n, searched = 0;
    struct credential c;
    while (credential_next(all, searched, &c) && c.offset < end) {
        searched = c.offset + (c.length > 0 ? c.length : 1);
        if (searched <= at)
            continue;
        if (c.offset > at)
            text_add(out, bytes_sub(all, at, c.offset - at));
        mask_value(m, c.kind, bytes_sub(all, c.offset, c.length), out);
        at = searched;
    }
    if (at < end)
        text_add(out, bytes_sub(all, at, end - at));
}

void window_finish(const struct casefile *c, struct window *w)
{
    struct text masked = {0};
    struct bytes all = text_bytes(&w->bytes);
    size_t lead = (size_t)(w->offset - w->start);
    size_t there = all.n > lead ? all.n - lead : 0;
    size_t shown = w->length < LIMIT_EXCERPT ? (size_t)w->length : LIMIT_EXCERPT;
    w->shown_bytes = shown < there ? shown : there;
    mask_part(c->mask, all, lead < all.n ? lead : all.n, w->shown_bytes, &masked);
    escape_plain(&w->shown, text_bytes(&masked));
    w->done = true;
    text_release(&masked);
    text_release(&w->bytes);
}

/* -- reading -------------------------------------------------------------------------
 */

void window_take(struct window *w, struct bytes block, uint64_t at)
{
    uint64_t from = w->start + w->bytes.n;
    if (w->done || from < at || from - at >= block.n || w->bytes.n >= w->want)
        return;
    text_add(&w->bytes, bytes_sub(block, (size_t)(from - at), w->want - w->bytes.n));
}

/* The windows of one item that are still read: sorted by offset, so by start. */
struct part {
    const struct casefile *c;
    struct window *v;
    size_t n;
};

/* The first one leaves. */
static void finish_first(struct part *p)
{
    if (!p->v->done)
        window_finish(p->c, p->v);
    p->v++;
    p->n--;
}

static void take_block(struct part *p, struct bytes block, uint64_t at)
{
    uint64_t end = at + block.n;
    for (size_t i = 0; i < p->n && p->v[i].start < end; i++)
        window_take(&p->v[i], block, at);
    while (p->n && (p->v->done || (p->v->start <= end && p->v->bytes.n >= p->v->want)))
        finish_first(p);
}

/* To the window, where the source can seek: most of a large file is not cited. */
static bool go_on(struct source *s, const struct window *w, uint64_t *at)
{
    if (!s->seek || w->start < *at + EXCERPT_PIECE || w->start > s->size)
        return true;
    *at = w->start;
    return s->seek(s, w->start) == 0;
}

static void read_source(struct source *s, struct part *part)
{
    struct bytes block;
    uint64_t at = 0;
    if (s && s->seek)
        s->piece = EXCERPT_PIECE;
    while (s && part->n && go_on(s, part->v, &at) && source_next(s, &block) == 1) {
        take_block(part, block, at);
        at += block.n;
    }
}

/* What it costs to come to the item's bytes once more: a file is read where it is cited;
 * a member of an archive is reached by reading the archive again, or on, when it was read
 * last. */
static uint64_t reading_cost(const struct window_reader *r, const struct item *item,
                             size_t windows)
{
    uint64_t there = (uint64_t)windows * EXCERPT_PIECE, cost = 0;
    if (r->last && r->last->parent == item->parent &&
        item->parent->container != CONTAINER_DIRECTORY)
        return 0;
    for (const struct item *up = item->parent; up; up = up->parent)
        if (up->container != CONTAINER_DIRECTORY)
            cost = up->size;
    return cost ? cost : there < item->size ? there : item->size;
}

static bool afford(struct window_reader *r, const struct item *item, size_t windows)
{
    if (item->kept)
        return true;
    uint64_t cost = reading_cost(r, item, windows);
    if (item->container == CONTAINER_DIRECTORY || cost > LIMIT_EXCERPT_READING - r->read)
        return false;
    r->read += cost;
    r->last = item;
    return true;
}

bool windows_done(const struct windows *w)
{
    for (size_t i = 0; i < w->n; i++)
        if (!w->v[i].done)
            return false;
    return true;
}

bool windows_read(struct window_reader *r, struct windows *w)
{
    const struct package *package = NULL;
    const struct item *item = case_item(r->c, w->v[0].item, &package);
    struct part part = {r->c, w->v, w->n};
    if (!item || !afford(r, item, w->n))
        return false;
    if (windows_done(w))
        return true;
    if (item->kept) {
        take_block(&part, item_more(item)->content, 0);
    } else {
        r->source = item_source_move(package, r->source, item);
        read_source(r->source, &part);
    }
    while (part.n)
        finish_first(&part);
    return true;
}
