/* Excerpts: the first bytes of each cited place, read from the evidence in one more pass
 * over the items that are cited, so that reports need the case file alone. */
#include <stdlib.h>

#include "analyze/casefile/private.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* Read beyond what is shown, so that a credential that the cut would halve is still known
 * for one; and before it, because what names a secret stands before the secret. */
#define EXCERPT_READ (LIMIT_EXCERPT + 8 * KIB)
#define EXCERPT_LEAD 512
/* What is read at a time where the source can seek: all of one, mostly. */
#define EXCERPT_PIECE (EXCERPT_READ + EXCERPT_LEAD)

struct window {
    uint32_t item;
    uint64_t offset, length;
    uint64_t start, want; /* of what is read for it */
    struct text bytes;
};

struct excerpts {
    struct casefile *c;
    sqlite3_stmt *add;
    struct window *v;
    size_t n, capacity;
    uint64_t read;         /* held against LIMIT_EXCERPT_READING */
    struct source *source; /* of the last item that was read, or NULL */
    const struct item *last;
    int failure;
};

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

static int store(struct excerpts *x, struct window *w)
{
    struct text plain = {0};
    sqlite3_stmt *s = x->add;
    struct bytes all = text_bytes(&w->bytes);
    size_t lead = (size_t)(w->offset - w->start);
    size_t there = all.n > lead ? all.n - lead : 0;
    size_t shown = w->length < LIMIT_EXCERPT ? (size_t)w->length : LIMIT_EXCERPT;
    if (shown > there)
        shown = there;
    struct text *masked = &x->c->masked;
    text_clear(masked);
    mask_part(x->c->mask, all, lead < all.n ? lead : all.n, shown, masked);
    escape_plain(&plain, text_bytes(masked));
    sqlite3_bind_int64(s, 1, w->item);
    sqlite3_bind_int64(s, 2, (int64_t)w->offset);
    sqlite3_bind_int64(s, 3, (int64_t)w->length);
    sqlite3_bind_int64(s, 4, (int64_t)shown);
    sql_text(s, 5, text_bytes(&plain));
    int r = sql_run(s);
    text_release(&plain);
    text_release(&w->bytes);
    return r;
}

/* What of block (at `at` in the item) belongs to the window. */
static void take(struct window *w, struct bytes block, uint64_t at)
{
    uint64_t from = w->start + w->bytes.n;
    if (from < at || from - at >= block.n || w->bytes.n >= w->want)
        return;
    text_add(&w->bytes, bytes_sub(block, (size_t)(from - at), w->want - w->bytes.n));
}

/* Windows are sorted by offset, so by start; those before `first` are stored. */
static size_t take_block(struct excerpts *x, size_t first, struct bytes block,
                         uint64_t at)
{
    uint64_t end = at + block.n;
    for (size_t i = first; i < x->n && x->v[i].start < end; i++)
        take(&x->v[i], block, at);
    while (first < x->n && x->v[first].start <= end &&
           x->v[first].bytes.n >= x->v[first].want && x->failure == 0)
        x->failure = store(x, &x->v[first++]);
    return first;
}

/* To the window, where the source can seek: most of a large file is not cited. */
static bool go_on(struct source *s, const struct window *w, uint64_t *at)
{
    if (!s->seek || w->start < *at + EXCERPT_PIECE || w->start > s->size)
        return true;
    *at = w->start;
    return s->seek(s, w->start) == 0;
}

static void read_source(struct excerpts *x, const struct package *p,
                        const struct item *item)
{
    struct source *s = item_source_move(p, x->source, item);
    struct bytes block;
    uint64_t at = 0;
    size_t first = 0;
    x->source = s;
    x->last = item;
    if (s && s->seek)
        s->piece = EXCERPT_PIECE;
    while (s && first < x->n && x->failure == 0 && go_on(s, &x->v[first], &at) &&
           source_next(s, &block) == 1) {
        first = take_block(x, first, block, at);
        at += block.n;
    }
    for (; first < x->n && x->failure == 0; first++)
        x->failure = store(x, &x->v[first]);
}

/* What it costs to come to the item's bytes once more: a member of an archive is reached
 * by reading the archive again, or on, when it was read last. */
static uint64_t reading_cost(const struct excerpts *x, const struct item *item)
{
    uint64_t cost = item->size;
    if (x->last && x->last->parent == item->parent &&
        item->parent->container != CONTAINER_DIRECTORY)
        return 0;
    for (const struct item *up = item->parent; up; up = up->parent)
        if (up->container != CONTAINER_DIRECTORY)
            cost = up->size;
    return cost;
}

/* All windows are of one item. */
static int flush(struct excerpts *x)
{
    const struct package *package = NULL;
    const struct item *item = x->n > 0 ? case_item(x->c, x->v[0].item, &package) : NULL;
    if (item && item->kept) {
        size_t first = take_block(x, 0, item_more(item)->content, 0);
        for (; first < x->n && x->failure == 0; first++)
            x->failure = store(x, &x->v[first]);
    } else if (item && item->container != CONTAINER_DIRECTORY &&
               reading_cost(x, item) <= LIMIT_EXCERPT_READING - x->read) {
        x->read += reading_cost(x, item);
        read_source(x, package, item);
    }
    for (size_t i = 0; i < x->n; i++)
        text_release(&x->v[i].bytes);
    x->n = 0;
    return x->failure;
}

static void add_window(struct excerpts *x, struct window w)
{
    uint64_t lead = w.offset < EXCERPT_LEAD ? w.offset : EXCERPT_LEAD;
    uint64_t more = EXCERPT_READ - LIMIT_EXCERPT;
    w.start = w.offset - lead;
    w.want = lead + (w.length < LIMIT_EXCERPT ? w.length : LIMIT_EXCERPT) + more;
    x->v = memory_grow(x->v, &x->capacity, x->n + 1, sizeof *x->v);
    x->v[x->n++] = w;
}

static int want_events(struct casefile *c)
{
    struct text sql = {0};
    text_printf(&sql,
                "INSERT OR IGNORE INTO side.wanted SELECT item, offset, length, %d FROM"
                " main.event WHERE id IN (SELECT event FROM event_finding) LIMIT %d;"
                "INSERT OR IGNORE INTO side.wanted SELECT item, offset, length, %d FROM"
                " main.event WHERE in_scope LIMIT %d;",
                RANK_FINDING, LIMIT_EXCERPTS, RANK_EVENT, LIMIT_EVENT_EXCERPTS);
    int r = sql_exec(c->db, text_c(&sql));
    text_release(&sql);
    return r;
}

static int select_wanted(struct casefile *c, sqlite3_stmt **out)
{
    struct text sql = {0};
    text_printf(&sql,
                "SELECT item, offset, length FROM (SELECT * FROM side.wanted"
                " WHERE length > 0 ORDER BY rank, item, offset, length LIMIT %d)"
                " ORDER BY item, offset, length",
                LIMIT_EXCERPTS);
    int r = sql_prepare(c->db, text_c(&sql), out);
    text_release(&sql);
    return r;
}

static int each_wanted(struct excerpts *x, sqlite3_stmt *wanted)
{
    int r;
    while ((r = sql_next(wanted)) == 1) {
        struct window w = {.item = (uint32_t)sqlite3_column_int64(wanted, 0),
                           .offset = (uint64_t)sqlite3_column_int64(wanted, 1),
                           .length = (uint64_t)sqlite3_column_int64(wanted, 2)};
        if (x->n > 0 && x->v[0].item != w.item && (r = flush(x)) < 0)
            return r;
        add_window(x, w);
    }
    return r == 0 ? flush(x) : r;
}

int case_store_excerpts(struct casefile *c)
{
    struct excerpts x = {.c = c};
    sqlite3_stmt *wanted = NULL;
    int r = want_events(c);
    if (r == 0)
        r = sql_prepare(c->db, "INSERT INTO excerpt VALUES (?,?,?,?,?)", &x.add);
    if (r == 0)
        r = select_wanted(c, &wanted);
    if (r == 0)
        r = each_wanted(&x, wanted);
    item_source_close(x.source);
    sqlite3_finalize(wanted);
    sqlite3_finalize(x.add);
    free(x.v);
    return r;
}
