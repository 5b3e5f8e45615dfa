/* Excerpts: the first bytes of each cited place, read from the evidence in one more pass
 * over the items that are cited, so that reports need the case file alone. */
#include <stdlib.h>

#include "analyze/casefile/ahead.h"
#include "formats/base/limits.h"

struct excerpts {
    struct casefile *c;
    sqlite3_stmt *add;
    struct windows windows; /* of one item */
    struct window_reader reader;
};

static int store(struct excerpts *x, const struct window *w)
{
    sqlite3_stmt *s = x->add;
    sqlite3_bind_int64(s, 1, w->item);
    sqlite3_bind_int64(s, 2, (int64_t)w->offset);
    sqlite3_bind_int64(s, 3, (int64_t)w->length);
    sqlite3_bind_int64(s, 4, (int64_t)w->shown_bytes);
    sql_text(s, 5, text_bytes(&w->shown));
    return sql_run(s);
}

/* What was not read ahead is read now. */
static int flush(struct excerpts *x)
{
    struct windows *w = &x->windows;
    int r = 0;
    ahead_take(x->c->ahead, w);
    bool read = windows_read(&x->reader, w);
    for (size_t i = 0; read && i < w->n && r == 0; i++)
        r = store(x, &w->v[i]);
    windows_clear(w);
    return r;
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
    struct windows *v = &x->windows;
    int r;
    while ((r = sql_next(wanted)) == 1) {
        struct wanted w = wanted_row(wanted);
        if (v->n > 0 && v->v[0].item != w.item && (r = flush(x)) < 0)
            return r;
        windows_add(v, &w);
    }
    return r == 0 && v->n > 0 ? flush(x) : r;
}

int case_store_excerpts(struct casefile *c)
{
    struct excerpts x = {.c = c, .reader = {.c = c}};
    sqlite3_stmt *wanted = NULL;
    int r = want_events(c);
    if (r == 0)
        r = sql_prepare(c->db, "INSERT INTO excerpt VALUES (?,?,?,?,?)", &x.add);
    if (r == 0)
        r = select_wanted(c, &wanted);
    if (r == 0)
        r = each_wanted(&x, wanted);
    window_reader_close(&x.reader);
    sqlite3_finalize(wanted);
    sqlite3_finalize(x.add);
    windows_release(&x.windows);
    return r;
}
