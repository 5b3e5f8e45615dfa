/* Order of events: by the reference clock, records of one act as one.
 *
 * A line of a container stands in the node's log, in the checkpoint and in what somebody
 * printed of it; a request stands in two copies of the audit log, once for each of its
 * stages. They become one event with the places of all; the record that states the time
 * most finely speaks for them.
 */
#include <stdlib.h>

#include "analyze/casefile/private.h"
#include "analyze/events/clocks.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* -- by the reference clock ------------------------------------------------------------
 */

struct placing {
    struct casefile *c;
    sqlite3_stmt *rows, *move;
};

/* Events that state no time have their place at the end. */
static int place_row(struct placing *p)
{
    sqlite3_stmt *row = p->rows, *s = p->move;
    instant time = sqlite3_column_int64(row, 1);
    enum event_kind kind = event_kind_by_name(sql_column(row, 2));
    const struct item *item =
        case_item(p->c, (uint32_t)sqlite3_column_int64(row, 3), NULL);
    instant placed = clocks_place(p->c->clocks, kind, item, time);
    if (placed == time)
        return 0;
    sqlite3_bind_int64(s, 1, placed);
    sqlite3_bind_int64(s, 2, time);
    sqlite3_bind_int64(s, 3, sqlite3_column_int64(row, 3));
    sqlite3_bind_int64(s, 4, sqlite3_column_int64(row, 4));
    sqlite3_bind_int64(s, 5, sqlite3_column_int64(row, 0));
    return sql_run(s);
}

static int place_by_clocks(struct casefile *c)
{
    struct placing p = {.c = c};
    if (!c->clocks || !clocks_move(c->clocks))
        return 0;
    int r = sql_prepare(c->db,
                        "SELECT rowid, time, kind, item, offset FROM side.event"
                        " WHERE time IS NOT NULL ORDER BY rowid",
                        &p.rows);
    if (r == 0)
        r = sql_prepare(c->db,
                        "UPDATE side.place SET time = ? WHERE time = ? AND item = ?"
                        " AND offset = ? AND row = ?",
                        &p.move);
    while (r == 0 && (r = sql_next(p.rows)) == 1)
        r = place_row(&p);
    sqlite3_finalize(p.rows);
    sqlite3_finalize(p.move);
    return r;
}

/* -- records of one act ---------------------------------------------------------------
 */

struct record {
    int64_t row, item;
};

/* A record that others may be the same as, while they are near in time. */
struct seen {
    struct record own;
    int64_t best; /* row, of those that are one with it */
    instant placed, time;
    enum precision precision;
    bool request, in_scope;
    size_t told; /* bytes of its fields */
    uint8_t same[SAMENESS];
    struct bytes object;       /* owned */
    struct seen *next, **link; /* of the same slot; what points here */
    struct record *records;    /* all that are one with it */
    size_t count, capacity;
};

#define SEEN_SLOTS (1 << 16)
/* So many alike are looked at: a line that is written a million times in a second must
 * not be compared with all of them. */
#define SEEN_ALIKE 64

struct merging {
    struct casefile *c;
    sqlite3_stmt *rows, *add;
    struct seen *slots[SEEN_SLOTS];
    struct seen **queue; /* in order of time, a ring */
    size_t first, count;
    bool any;
};

static size_t slot_of(const uint8_t *same)
{
    return (size_t)same[0] | (size_t)same[1] << 8;
}

static void seen_free(struct seen *s)
{
    free((void *)(uintptr_t)s->object.p);
    free(s->records);
    free(s);
}

/* The oldest leaves: what turned out to be one with it is written down. */
static int forget_first(struct merging *m)
{
    struct seen *s = m->queue[m->first];
    int r = 0;
    *s->link = s->next;
    if (s->next)
        s->next->link = s->link;
    m->first = (m->first + 1) % LIMIT_MERGE_WINDOW;
    m->count--;
    for (size_t i = 0; r == 0 && i < s->count; i++) {
        if (s->records[i].row == s->best)
            continue;
        sqlite3_bind_int64(m->add, 1, s->records[i].row);
        sqlite3_bind_int64(m->add, 2, s->best);
        r = sql_run(m->add);
        m->any = true;
    }
    seen_free(s);
    return r;
}

/* Two statements of one moment, as finely as the coarser states it. Stages of a request
 * are apart by the time it took. */
static bool same_moment(const struct seen *a, const struct seen *b)
{
    int64_t width_a = precision_width(a->precision),
            width_b = precision_width(b->precision);
    int64_t width = width_a > width_b ? width_a : width_b;
    if (a->request)
        return true; /* the window is narrow and the id is one request's */
    width = width > 0 ? width : 1;
    return a->time - a->time % width == b->time - b->time % width;
}

/* "shop/api-0/api" and "api-0/api" can be one; two pods cannot. */
static bool same_place(struct bytes a, struct bytes b)
{
    return bytes_contains(a, b) || bytes_contains(b, a);
}

/* A file that says the same twice means it: only the stages of a request stand together.
 */
static bool is_of_another_file(const struct seen *s, const struct seen *new)
{
    for (size_t i = 0; !s->request && i < s->count; i++)
        if (s->records[i].item == new->own.item)
            return false;
    return true;
}

/* The first of those that it can be one with. */
static struct seen *find_same(struct merging *m, const struct seen *new)
{
    struct seen *found = NULL;
    size_t alike = 0;
    for (struct seen *s = m->slots[slot_of(new->same)]; s && alike < SEEN_ALIKE;
         s = s->next) {
        if (memcmp(s->same, new->same, SAMENESS) != 0)
            continue;
        alike++;
        if (same_moment(s, new) && same_place(s->object, new->object) &&
            is_of_another_file(s, new))
            found = s;
    }
    return found;
}

static bool tells_more(const struct seen *a, const struct seen *b)
{
    int64_t width_a = precision_width(a->precision),
            width_b = precision_width(b->precision);
    if (a->in_scope != b->in_scope)
        return a->in_scope;
    if (width_a != width_b)
        return width_a < width_b;
    return a->told > b->told;
}

static void add_record(struct seen *s, struct record r)
{
    s->records = memory_grow(s->records, &s->capacity, s->count + 1, sizeof *s->records);
    s->records[s->count++] = r;
}

/* `new` becomes part of `s`, and speaks for it when it tells more. */
static void join(struct seen *s, const struct seen *new)
{
    add_record(s, new->own);
    if (!tells_more(new, s))
        return;
    s->best = new->own.row;
    s->precision = new->precision;
    s->time = new->time;
    s->told = new->told;
    s->in_scope = new->in_scope;
}

static int remember(struct merging *m, const struct seen *new)
{
    int r = m->count == LIMIT_MERGE_WINDOW ? forget_first(m) : 0;
    struct seen *s = memory_new(1, sizeof *s);
    uint8_t *object = memory_new(new->object.n + 1, 1);
    *s = *new;
    s->best = new->own.row;
    if (new->object.n)
        memcpy(object, new->object.p, new->object.n);
    s->object = bytes_of(object, new->object.n);
    add_record(s, new->own);
    s->link = &m->slots[slot_of(s->same)];
    s->next = *s->link;
    if (s->next)
        s->next->link = &s->next;
    *s->link = s;
    m->queue[(m->first + m->count++) % LIMIT_MERGE_WINDOW] = s;
    return r;
}

static int merge_row(struct merging *m)
{
    sqlite3_stmt *row = m->rows;
    struct bytes same = sql_column(row, 4);
    struct seen new = {
        .own = {sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 9)},
        .placed = sqlite3_column_int64(row, 1),
        .time = sqlite3_column_int64(row, 2),
        .precision = precision_by_name(sql_column(row, 3)),
        .object = sql_column(row, 5),
        .in_scope = sqlite3_column_int(row, 6) != 0,
        .told = (size_t)sqlite3_column_int64(row, 7),
        .request = sqlite3_column_int(row, 8) != 0};
    int r = 0;
    while (r == 0 && m->count > 0 &&
           instant_apart(new.placed, m->queue[m->first]->placed) > NANOSECONDS)
        r = forget_first(m);
    if (r < 0 || same.n != SAMENESS)
        return r;
    memcpy(new.same, same.p, SAMENESS);
    struct seen *s = find_same(m, &new);
    if (!s)
        return remember(m, &new);
    join(s, &new);
    return 0;
}

static int find_duplicates(struct casefile *c, bool *any)
{
    struct merging *m = memory_new(1, sizeof *m);
    m->c = c;
    m->queue = memory_new(LIMIT_MERGE_WINDOW, sizeof *m->queue);
    int r = sql_prepare(c->db,
                        "SELECT place.row, place.time, e.time, e.precision, e.same,"
                        " e.object, e.in_scope, length(e.fields), e.kind = 'api-request',"
                        " e.item"
                        " FROM side.place CROSS JOIN side.event AS e"
                        " ON e.rowid = place.row WHERE e.time IS NOT NULL"
                        " ORDER BY place.time, place.item, place.offset, place.row",
                        &m->rows);
    if (r == 0)
        r = sql_prepare(c->db, "INSERT INTO side.duplicate VALUES (?,?)", &m->add);
    while (r == 0 && (r = sql_next(m->rows)) == 1)
        r = merge_row(m);
    while (m->count > 0) {
        int last = forget_first(m);
        r = r == 0 ? last : r;
    }
    *any = m->any;
    sqlite3_finalize(m->rows);
    sqlite3_finalize(m->add);
    free(m->queue);
    free(m);
    return r;
}

/* -- into the case file ---------------------------------------------------------------
 */

/* CROSS JOIN: in the order of `place`, which the planner must not turn round. A place is
 * told only where it is not the stated time. */
static const char store[] =
    "INSERT INTO main.event (time, placed, time_end, precision, clock, source, kind,"
    " time_desc, actor, action, object, message, severity, in_scope, item, offset,"
    " length, fields)"
    " SELECT e.time, nullif(place.time, coalesce(e.time, place.time)), time_end,"
    " precision, clock, source, kind, time_desc, actor, action, object, message,"
    " severity, in_scope, e.item, e.offset, length, fields"
    " FROM side.place CROSS JOIN side.event AS e ON e.rowid = place.row"
    " WHERE place.row NOT IN (SELECT row FROM side.duplicate)"
    " ORDER BY place.time, place.item, place.offset, place.row;";

/* Events were numbered in this order. */
static const char store_also[] =
    "CREATE TABLE side.leader AS SELECT row, id FROM (SELECT row, row_number() OVER"
    " (ORDER BY time, item, offset, row) AS id FROM side.place"
    " WHERE row NOT IN (SELECT row FROM side.duplicate))"
    " WHERE row IN (SELECT best FROM side.duplicate);"
    "CREATE UNIQUE INDEX side.leader_row ON leader (row);"
    "INSERT INTO main.event_also SELECT l.id,"
    " row_number() OVER (PARTITION BY l.id ORDER BY e.item, e.offset, e.length, d.row),"
    " e.item, e.offset, e.length, e.time, e.precision, e.time_desc"
    " FROM side.duplicate AS d JOIN side.leader AS l ON l.row = d.best"
    " JOIN side.event AS e ON e.rowid = d.row ORDER BY l.id;";

int case_store_events(struct casefile *c)
{
    bool any = false;
    int r = place_by_clocks(c);
    if (r == 0)
        r = find_duplicates(c, &any);
    if (r == 0)
        r = sql_exec(c->db, store);
    if (r == 0 && any)
        r = sql_exec(c->db, store_also);
    return r == 0 ? sql_exec(c->db, "INSERT INTO search (search) VALUES ('rebuild')") : r;
}
