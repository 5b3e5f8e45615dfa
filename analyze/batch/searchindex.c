#include "analyze/batch/searchindex.h"

#include <errno.h>
#include <stdlib.h>

#include "analyze/casefile/reader.h"
#include "analyze/casefile/sql.h"
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

struct search_index {
    sqlite3 *db;
    sqlite3_stmt *put_place, *put_words, *put_term;
    int64_t source, place; /* of what is being added */
    bool flagged;
    int error;
};

int search_index_open(const char *path, struct search_index **out)
{
    struct search_index *x = memory_new(1, sizeof *x);
    int r = sql_error(sqlite3_open(path ? path : ":memory:", &x->db));
    if (r == 0)
        r = sql_exec(x->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    if (r == 0)
        r = sql_exec(x->db, schema);
    if (r == 0)
        r = sql_prepare(x->db,
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
    if (r < 0)
        search_index_close(x);
    else
        *out = x;
    return r;
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

/* -- adding ----------------------------------------------------------------------------
 */

static void keep_error(struct search_index *x, int r)
{
    x->error = x->error ? x->error : r;
}

static void put_term(void *context, enum indicator kind, struct bytes value)
{
    struct search_index *x = context;
    struct text lower = {0};
    if (kind == INDICATOR_DIGEST)
        for (size_t i = 0; i < value.n; i++)
            text_byte(&lower, (char)to_lower(value.p[i]));
    sqlite3_bind_int(x->put_term, 1, (int)kind);
    sql_text(x->put_term, 2, lower.n ? text_bytes(&lower) : value);
    sqlite3_bind_int64(x->put_term, 3, x->source);
    sqlite3_bind_int64(x->put_term, 4, x->place);
    sqlite3_bind_int(x->put_term, 5, x->flagged);
    keep_error(x, sql_run(x->put_term));
    text_release(&lower);
}

static void put_place(struct search_index *x, const char *what, instant time,
                      const struct case_place *p)
{
    sqlite3_bind_int64(x->put_place, 1, x->source);
    sql_text(x->put_place, 2, bytes_str(what));
    sql_integer(x->put_place, 3, time, INSTANT_NONE);
    sql_text(x->put_place, 4, p->item);
    sqlite3_bind_int64(x->put_place, 5, (int64_t)p->offset);
    sqlite3_bind_int64(x->put_place, 6, (int64_t)p->length);
    keep_error(x, sql_run(x->put_place));
    x->place = sqlite3_last_insert_rowid(x->db);
}

static void put_words(struct search_index *x, const struct text *words)
{
    sqlite3_bind_int64(x->put_words, 1, x->place);
    sql_text(x->put_words, 2, text_bytes(words));
    keep_error(x, sql_run(x->put_words));
    indicators_find(text_bytes(words), put_term, x);
}

static void join(struct text *t, struct bytes part)
{
    if (t->n && part.n)
        text_byte(t, ' ');
    text_add(t, part);
}

static void add_events(struct search_index *x, struct case_reader *r)
{
    struct case_event_row e;
    struct text words = {0};
    struct case_walk *w = case_events(r);
    while (x->error == 0 && case_next_event(w, &e)) {
        x->flagged = e.findings.n > 0;
        put_place(x, "event", e.time, &e.place);
        text_clear(&words);
        join(&words, e.action);
        join(&words, e.object);
        join(&words, e.message);
        put_words(x, &words);
        if (e.actor.n)
            put_term(x, INDICATOR_ACCOUNT, e.actor);
        indicators_find(e.fields, put_term, x);
    }
    case_end(w);
    text_release(&words);
}

static void add_digest(struct search_index *x, const struct case_place *p)
{
    if (p->sha256.n)
        put_term(x, INDICATOR_DIGEST, p->sha256);
    put_term(x, INDICATOR_PATH, p->item);
}

static void add_finding(struct search_index *x, struct case_reader *r,
                        const struct case_finding_row *f)
{
    struct case_place p = {0};
    struct text words = {0};
    struct case_walk *w = case_finding_places(r, f->id);
    if (!case_next_place(w, &p))
        p = (struct case_place){0};
    put_place(x, "finding", f->time, &p);
    if (p.item.n)
        add_digest(x, &p);
    case_end(w);
    join(&words, f->title);
    join(&words, f->subject);
    join(&words, f->arguments);
    put_words(x, &words);
    put_term(x, INDICATOR_RULE, f->rule);
    struct bytes rest = f->attack, technique;
    while (bytes_split(&rest, ',', &technique))
        put_term(x, INDICATOR_TECHNIQUE, bytes_trim(technique));
    text_release(&words);
}

static void add_findings(struct search_index *x, struct case_reader *r)
{
    struct case_finding_row f;
    struct case_walk *w = case_findings(r);
    x->flagged = true;
    while (x->error == 0 && case_next_finding(w, &f))
        add_finding(x, r, &f);
    case_end(w);
}

/* Files of the package itself; what stands in its archives is found by what is said of
 * it: findings, changes, processes. */
static void add_items(struct search_index *x, struct case_reader *r)
{
    struct case_item_row item;
    struct case_walk *w = case_items(r, true);
    x->flagged = false;
    while (x->error == 0 && case_next_item(w, &item)) {
        put_place(x, "item", INSTANT_NONE, &item.place);
        add_digest(x, &item.place);
    }
    case_end(w);
}

static void add_documents(struct search_index *x, struct case_reader *r)
{
    static const char *const names[] = {"diff", "processes", "exposure"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct bytes text = case_document_text(r, names[i]);
        if (text.n == 0)
            continue;
        put_place(x, "document", INSTANT_NONE, &(struct case_place){.item = BYTES("")});
        indicators_find(text, put_term, x);
    }
}

static int run_for(struct search_index *x, const char *statement, int64_t source)
{
    sqlite3_stmt *s;
    int r = sql_prepare(x->db, statement, &s);
    if (r == 0) {
        sqlite3_bind_int64(s, 1, source);
        r = sql_run(s);
    }
    sqlite3_finalize(s);
    return r;
}

/* The id of a case and whether its stamp is this one; 0 when it is not there. */
static int64_t find_source(struct search_index *x, const char *name, const char *stamp,
                           bool *same)
{
    sqlite3_stmt *s;
    int64_t id = 0;
    if (sql_prepare(x->db, "SELECT id, stamp FROM source WHERE name = ?", &s) < 0)
        return 0;
    sql_text(s, 1, bytes_str(name));
    if (sql_next(s) > 0) {
        id = sqlite3_column_int64(s, 0);
        *same = bytes_is(sql_column(s, 1), stamp);
    }
    sqlite3_finalize(s);
    return id;
}

int search_index_remove(struct search_index *x, const char *name)
{
    static const char *const statements[] = {
        "DELETE FROM words WHERE rowid IN (SELECT id FROM place WHERE source = ?)",
        "DELETE FROM place WHERE source = ?", "DELETE FROM term WHERE source = ?",
        "DELETE FROM source WHERE id = ?"};
    bool same;
    int r = 0;
    int64_t id = find_source(x, name, "", &same);
    for (size_t i = 0; id && r == 0 && i < sizeof statements / sizeof *statements; i++)
        r = run_for(x, statements[i], id);
    return r;
}

static int put_source(struct search_index *x, const char *name, const char *stamp)
{
    sqlite3_stmt *s;
    int r = sql_prepare(x->db, "INSERT INTO source (name, stamp) VALUES (?, ?)", &s);
    if (r == 0) {
        sql_text(s, 1, bytes_str(name));
        sql_text(s, 2, bytes_str(stamp));
        r = sql_run(s);
    }
    sqlite3_finalize(s);
    x->source = sqlite3_last_insert_rowid(x->db);
    return r;
}

int search_index_add(struct search_index *x, const char *name, const char *stamp,
                     const char *path)
{
    struct case_reader *r;
    const char *why;
    bool same = false;
    if (find_source(x, name, stamp, &same) && same)
        return 0;
    if (case_open(path, &r, &why) < 0)
        return -EINVAL;
    x->error = sql_exec(x->db, "BEGIN");
    if (x->error == 0)
        x->error = search_index_remove(x, name);
    if (x->error == 0)
        x->error = put_source(x, name, stamp);
    if (x->error == 0) {
        add_findings(x, r);
        add_events(x, r);
        add_items(x, r);
        add_documents(x, r);
    }
    int error = x->error ? x->error : case_failure(r) < 0 ? -EINVAL : 0;
    case_close(r);
    int ended = sql_exec(x->db, error ? "ROLLBACK" : "COMMIT");
    return error ? error : ended;
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

int search_index_shared(struct search_index *x, size_t limit,
                        void (*each)(void *context, const struct shared *s),
                        void *context)
{
    sqlite3_stmt *s;
    int r = sql_prepare(
        x->db,
        "SELECT kind, value, count(*) AS cases, (SELECT group_concat(name, char(10)) "
        "FROM "
        "(SELECT name FROM source JOIN term AS t ON t.source = source.id WHERE t.kind = "
        "term.kind AND t.value = term.value ORDER BY name)) FROM term "
        "WHERE (flagged OR kind = ?1) AND kind NOT IN (?2, ?3, ?4) "
        "AND value NOT LIKE '127.%' AND value NOT LIKE 'system:%' "
        "GROUP BY kind, value HAVING cases > 1 ORDER BY cases DESC, kind, value LIMIT ?5",
        &s);
    if (r < 0)
        return r;
    sqlite3_bind_int(s, 1, INDICATOR_IMAGE);
    sqlite3_bind_int(s, 2, INDICATOR_RULE); /* the same rule is no common cause */
    sqlite3_bind_int(s, 3, INDICATOR_TECHNIQUE);
    sqlite3_bind_int(s, 4, INDICATOR_PATH); /* /etc/passwd is in every image */
    sqlite3_bind_int64(s, 5, (int64_t)limit);
    while ((r = sql_next(s)) > 0) {
        struct shared shared = {
            .kind = bytes_str(indicator_name((enum indicator)sqlite3_column_int(s, 0))),
            .value = sql_column(s, 1),
            .count = sqlite3_column_int64(s, 2),
            .cases = sql_column(s, 3)};
        each(context, &shared);
    }
    sqlite3_finalize(s);
    return r;
}
