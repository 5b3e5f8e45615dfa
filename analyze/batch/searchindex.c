#include "analyze/batch/searchindex_private.h"

#include <errno.h>
#include <stdlib.h>

#include "formats/base/memory.h"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS source ("
    "    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS place ("
    "    id INTEGER PRIMARY KEY, source INTEGER NOT NULL, what TEXT NOT NULL,"
    "    time INTEGER, item TEXT NOT NULL, offset INTEGER NOT NULL,"
    "    length INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS place_of ON place (source);"
    "CREATE TABLE IF NOT EXISTS term ("
    "    kind INTEGER NOT NULL, value TEXT NOT NULL, source INTEGER NOT NULL,"
    "    place INTEGER NOT NULL, times INTEGER NOT NULL, flagged INTEGER NOT NULL,"
    "    PRIMARY KEY (kind, value, source)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS term_of ON term (source);"
    "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 ("
    "    text, tokenize = \"unicode61 tokenchars '-._'\");";

static int prepare_to_fill(struct search_index *x)
{
    int r = sql_prepare(x->db,
                        "INSERT INTO place (source, what, time, item, offset, length) "
                        "VALUES (?, ?, ?, ?, ?, ?)",
                        &x->put_place);
    if (r == 0)
        r = sql_prepare(x->db, "INSERT INTO words (rowid, text) VALUES (?, ?)",
                        &x->put_words);
    /* The first place stays, unless a finding is a better one. */
    if (r == 0)
        r = sql_prepare(x->db,
                        "INSERT INTO term VALUES (?1, ?2, ?3, ?4, 1, ?5) ON CONFLICT DO "
                        "UPDATE SET times = times + 1, flagged = max(flagged, ?5), "
                        "place = iif(flagged < ?5, ?4, place)",
                        &x->put_term);
    return r;
}

static int opened(struct search_index *x, int r, struct search_index **out)
{
    r = r == -EINVAL ? -EUCLEAN : r;
    if (r < 0)
        search_index_close(x);
    else
        *out = x;
    return r;
}

int search_index_open(const char *path, struct search_index **out)
{
    struct search_index *x = memory_new(1, sizeof *x);
    int r = sql_error(sqlite3_open(path ? path : ":memory:", &x->db));
    if (r == 0)
        r = sql_exec(x->db, schema);
    if (r == 0)
        r = prepare_to_fill(x);
    return opened(x, r, out);
}

int search_index_open_done(const char *path, struct search_index **out)
{
    struct search_index *x = memory_new(1, sizeof *x);
    int r = sql_error(sqlite3_open_v2(path, &x->db, SQLITE_OPEN_READONLY, NULL));
    return opened(x, r, out);
}

void search_index_close(struct search_index *x)
{
    if (!x)
        return;
    sqlite3_finalize(x->put_place);
    sqlite3_finalize(x->put_words);
    sqlite3_finalize(x->put_term);
    sqlite3_close(x->db);
    free(x);
}

/* -- asking ----------------------------------------------------------------------------
 */

#define HIT_COLUMNS                                                                      \
    "source.name, place.what, place.item, place.time, place.offset, place.length"

static struct search_hit hit_of(sqlite3_stmt *s)
{
    struct search_hit h = {.source = sql_column(s, 0),
                           .what = sql_column(s, 1),
                           .item = sql_column(s, 2),
                           .time = INSTANT_NONE,
                           .offset = sqlite3_column_int64(s, 4),
                           .length = sqlite3_column_int64(s, 5),
                           .times = 1};
    if (sqlite3_column_type(s, 3) != SQLITE_NULL)
        h.time = sqlite3_column_int64(s, 3);
    return h;
}

struct query {
    struct bytes value;
    bool prefix;
    size_t limit, hits;
    search_fn *each;
    void *context;
};

/* The first value that does not begin with `prefix`, for a range of the index. */
static void after_prefix(struct bytes prefix, struct text *t)
{
    text_add(t, prefix);
    utf8_put(t, 0x10ffff);
}

static int query_terms(struct search_index *x, struct query *q, enum indicator kind)
{
    sqlite3_stmt *s;
    struct text end = {0};
    int r = sql_prepare(x->db,
                        "SELECT " HIT_COLUMNS ", term.value, term.times, term.flagged "
                        "FROM term JOIN source ON source.id = term.source "
                        "JOIN place ON place.id = term.place "
                        "WHERE term.kind = ?1 AND term.value >= ?2 AND term.value <= ?3 "
                        "ORDER BY term.value, source.name LIMIT ?4",
                        &s);
    if (r < 0)
        return r;
    if (q->prefix)
        after_prefix(q->value, &end);
    sqlite3_bind_int(s, 1, (int)kind);
    sql_text(s, 2, q->value);
    sql_text(s, 3, q->prefix ? text_bytes(&end) : q->value);
    sqlite3_bind_int64(s, 4, (int64_t)(q->limit - q->hits));
    for (; (r = sql_next(s)) > 0; q->hits++) {
        struct search_hit h = hit_of(s);
        h.kind = bytes_str(indicator_name(kind));
        h.value = sql_column(s, 6);
        h.times = sqlite3_column_int64(s, 7);
        h.flagged = sqlite3_column_int(s, 8);
        q->each(q->context, &h);
    }
    sqlite3_finalize(s);
    text_release(&end);
    return r;
}

/* As one phrase of FTS5, so that no operator of its language is taken from the query. */
static void phrase(const struct query *q, struct text *t)
{
    text_byte(t, '"');
    for (size_t i = 0; i < q->value.n; i++) {
        if (q->value.p[i] == '"')
            text_byte(t, '"');
        text_byte(t, (char)q->value.p[i]);
    }
    text_str(t, q->prefix ? "\"*" : "\"");
}

static int query_words(struct search_index *x, struct query *q)
{
    sqlite3_stmt *s;
    struct text match = {0};
    int r = sql_prepare(x->db,
                        "SELECT " HIT_COLUMNS ", words.text "
                        "FROM words JOIN place ON place.id = words.rowid "
                        "JOIN source ON source.id = place.source "
                        "WHERE words MATCH ?1 ORDER BY source.name, words.rowid LIMIT ?2",
                        &s);
    if (r < 0)
        return r;
    phrase(q, &match);
    sql_text(s, 1, text_bytes(&match));
    sqlite3_bind_int64(s, 2, (int64_t)(q->limit - q->hits));
    for (; (r = sql_next(s)) > 0; q->hits++) {
        struct search_hit h = hit_of(s);
        h.kind = BYTES("text");
        h.value = sql_column(s, 6);
        h.flagged = bytes_is(h.what, "finding");
        q->each(q->context, &h);
    }
    sqlite3_finalize(s);
    text_release(&match);
    return r;
}

int search_index_query(struct search_index *x, struct bytes query, size_t limit,
                       search_fn *each, void *context)
{
    struct query q = {.value = query, .limit = limit, .each = each, .context = context};
    size_t colon = bytes_find_byte(query, ':');
    enum indicator only = INDICATOR_COUNT;
    bool text_only = bytes_is(bytes_sub(query, 0, colon), "text");
    if (text_only || indicator_by_name(bytes_sub(query, 0, colon), &only))
        q.value = bytes_from(query, colon + 1);
    if (q.value.n && q.value.p[q.value.n - 1] == '*') {
        q.prefix = true;
        q.value.n--;
    }
    int r = 0;
    for (int kind = 0; r == 0 && !text_only && kind < INDICATOR_COUNT; kind++)
        if (only == INDICATOR_COUNT || (int)only == kind)
            r = query_terms(x, &q, (enum indicator)kind);
    if (r == 0 && only == INDICATOR_COUNT && q.value.n)
        r = query_words(x, &q);
    return r < 0 ? r : (int)q.hits;
}

int search_index_shared(struct search_index *x, const struct shared_query *q)
{
    sqlite3_stmt *s;
    int r = sql_prepare(
        x->db,
        "SELECT value, count(*) AS cases, (SELECT group_concat(name, char(10)) FROM "
        "(SELECT name FROM source JOIN term AS t ON t.source = source.id WHERE t.kind = "
        "term.kind AND t.value = term.value AND (t.flagged OR ?2) ORDER BY name)) "
        "FROM term WHERE kind = ?1 AND (flagged OR ?2) "
        "AND value NOT LIKE '127.%' AND value NOT IN ('::1', '0.0.0.0') "
        "AND (value NOT LIKE 'system:%' OR value LIKE 'system:serviceaccount:%') "
        "AND value NOT LIKE 'system:serviceaccount:kube-system:%' "
        "GROUP BY value HAVING cases > 1 ORDER BY cases DESC, value LIMIT ?3",
        &s);
    if (r < 0)
        return r;
    sqlite3_bind_int(s, 1, (int)q->kind);
    sqlite3_bind_int(s, 2, q->kind == INDICATOR_IMAGE);
    sqlite3_bind_int64(s, 3, (int64_t)q->limit);
    while ((r = sql_next(s)) > 0) {
        struct shared shared = {.value = sql_column(s, 0),
                                .count = sqlite3_column_int64(s, 1),
                                .cases = sql_column(s, 2)};
        q->each(q->context, &shared);
    }
    sqlite3_finalize(s);
    return r;
}
