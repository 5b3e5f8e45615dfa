#include "analyze/casefile/ahead.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "analyze/casefile/passing.h"
#include "formats/base/bisect.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

struct ahead {
    struct casefile *c;
    pthread_t thread;
    bool runs;
    atomic_bool stop;
    struct windows *items; /* the windows of each, in order of item */
    size_t n, capacity;
};

/* -- what is read ahead ---------------------------------------------------------------
 */

/* Takes a place that is cited, in order. */
typedef void cited_fn(void *context, const struct wanted *w);

static void add(void *context, const struct wanted *w)
{
    struct ahead *a = context;
    const struct item *item = case_item(a->c, w->item, NULL);
    if (!item || !item_is_compressed(item))
        return;
    if (a->n == 0 || a->items[a->n - 1].v[0].item != w->item) {
        a->items = memory_grow(a->items, &a->capacity, a->n + 1, sizeof *a->items);
        a->items[a->n++] = (struct windows){0};
    }
    windows_add(&a->items[a->n - 1], w);
}

/* What documents and events cite. */
static int begin_table(struct casefile *c)
{
    struct text sql = {0};
    text_printf(&sql,
                "CREATE TABLE side.ahead (item INTEGER, offset INTEGER, length INTEGER,"
                " PRIMARY KEY (item, offset, length)) WITHOUT ROWID;"
                "INSERT INTO side.ahead SELECT item, offset, length FROM side.wanted;"
                "INSERT OR IGNORE INTO side.ahead SELECT item, offset, length FROM"
                " side.event WHERE in_scope LIMIT %d;",
                LIMIT_EVENT_EXCERPTS);
    int r = sql_exec(c->db, text_c(&sql));
    text_release(&sql);
    return r;
}

static int add_span(struct casefile *c, sqlite3_stmt *s, struct span span)
{
    uint32_t item;
    if (!case_item_id(c, span.item, &item))
        return 0;
    sqlite3_bind_int64(s, 1, item);
    sqlite3_bind_int64(s, 2, (int64_t)span.offset);
    sqlite3_bind_int64(s, 3, (int64_t)span.length);
    return sql_run(s);
}

static int add_findings(struct casefile *c, const struct findings *all)
{
    sqlite3_stmt *s = NULL;
    int r = sql_prepare(c->db, "INSERT OR IGNORE INTO side.ahead VALUES (?,?,?)", &s);
    for (size_t i = 0; r == 0 && i < all->n; i++)
        for (size_t k = 0; r == 0 && k < all->v[i]->span_count; k++)
            r = add_span(c, s, all->v[i]->spans[k]);
    sqlite3_finalize(s);
    return r;
}

/* What is cited so far. */
static int each_cited(struct casefile *c, const struct findings *all, cited_fn *each,
                      void *context)
{
    sqlite3_stmt *rows = NULL;
    int r = begin_table(c);
    if (r == 0)
        r = add_findings(c, all);
    if (r == 0)
        r = sql_prepare(c->db,
                        "SELECT * FROM side.ahead WHERE length > 0 ORDER BY"
                        " item, offset, length LIMIT ?",
                        &rows);
    if (r == 0)
        sqlite3_bind_int64(rows, 1, LIMIT_EXCERPTS);
    while (r == 0 && (r = sql_next(rows)) == 1) {
        struct wanted w = wanted_row(rows);
        each(context, &w);
        r = 0;
    }
    sqlite3_finalize(rows);
    return r == 0 ? sql_exec(c->db, "DROP TABLE side.ahead") : r;
}

/* -- what passes ----------------------------------------------------------------------
 */

static void cite(void *context, const struct wanted *w)
{
    passing_cite(context, w);
}

int case_passing(struct casefile *c, const struct findings *all, size_t keep)
{
    if (!c->passing)
        c->passing = passing_new(c, keep);
    return each_cited(c, all, cite, c->passing);
}

void case_pass(struct casefile *c, const struct item *item, uint64_t at,
               struct bytes block)
{
    if (c->passing)
        passing_block(c->passing, item, at, block);
}

void case_pass_cited(struct casefile *c, struct span span)
{
    struct wanted w = {.offset = span.offset, .length = span.length};
    if (c->passing && case_item_id(c, span.item, &w.item))
        passing_cite(c->passing, &w);
}

/* Is something left to be read? */
static bool take_passed(struct ahead *a)
{
    bool left = false;
    passing_end(a->c->passing);
    for (size_t i = 0; i < a->n; i++) {
        passing_take(a->c->passing, &a->items[i]);
        left = left || !windows_done(&a->items[i]);
    }
    passing_free(a->c->passing);
    a->c->passing = NULL;
    return left;
}

/* -- the reading ----------------------------------------------------------------------
 */

static void *read_all(void *context)
{
    struct ahead *a = context;
    struct window_reader reader = {.c = a->c};
    /* Only what the analysis leaves of the processors: of this thread and those that it
     * starts. */
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 19);
    for (size_t i = 0; i < a->n && !atomic_load(&a->stop); i++)
        windows_read(&reader, &a->items[i]);
    window_reader_close(&reader);
    return NULL;
}

int case_read_ahead(struct casefile *c, const struct findings *all, bool beside)
{
    struct ahead *a = memory_new(1, sizeof *a);
    a->c = c;
    c->ahead = a;
    int r = each_cited(c, all, add, a);
    bool left = take_passed(a);
    a->runs =
        r == 0 && left && beside && pthread_create(&a->thread, NULL, read_all, a) == 0;
    return r;
}

static void join(struct ahead *a)
{
    if (a->runs)
        pthread_join(a->thread, NULL);
    a->runs = false;
}

void ahead_take(struct ahead *a, struct windows *w)
{
    size_t at;
    if (!a)
        return;
    join(a);
    BISECT(at, 0, a->n, a->items[at].v[0].item < w->v[0].item);
    if (at < a->n && a->items[at].v[0].item == w->v[0].item)
        windows_take(&a->items[at], w);
}

void ahead_free(struct ahead *a)
{
    if (!a)
        return;
    atomic_store(&a->stop, true);
    join(a);
    for (size_t i = 0; i < a->n; i++)
        windows_release(&a->items[i]);
    free(a->items);
    free(a);
}
