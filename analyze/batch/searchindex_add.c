/* Filling the search index from case files. */
#include <errno.h>

#include "analyze/batch/searchindex_private.h"
#include "analyze/casefile/reader.h"

/* After an error nothing more is written: on a full disk SQLite takes back the whole
 * transaction by itself, and what came then would stay, as a transaction of its own, with
 * the numbers of places and sources that are gone. */
static void run_unless_failed(struct search_index *x, sqlite3_stmt *s)
{
    if (x->error == 0)
        x->error = sql_run(s);
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
    run_unless_failed(x, x->put_term);
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
    run_unless_failed(x, x->put_place);
    x->place = sqlite3_last_insert_rowid(x->db);
}

static void put_words(struct search_index *x, const struct text *words)
{
    sqlite3_bind_int64(x->put_words, 1, x->place);
    sql_text(x->put_words, 2, text_bytes(words));
    run_unless_failed(x, x->put_words);
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

/* -- documents: JSON whose objects say where they were read ---------------------------
 */

/* The statement that is being read: its place is written once something is found in it.
 */
struct statement {
    struct search_index *index;
    struct case_reader *casefile;
    const struct statement *outer;
    const json_t *object;
};

/* {item or item_id, offset, length} under "evidence", "span" or first of "spans". */
static const json_t *span_of(const json_t *object)
{
    const json_t *span = json_object_get(object, "evidence");
    if (!span)
        span = json_object_get(object, "span");
    return span ? span : json_array_get(json_object_get(object, "spans"), 0);
}

static bool place_of_span(struct case_reader *r, const json_t *span,
                          struct case_place *out)
{
    const json_t *id = json_object_get(span, "item_id");
    if (!id)
        id = json_object_get(span, "item");
    if (!json_is_integer(id) || !case_place_of(r, json_integer_value(id), out))
        return false;
    out->offset = (uint64_t)json_integer_value(json_object_get(span, "offset"));
    out->length = (uint64_t)json_integer_value(json_object_get(span, "length"));
    return true;
}

static instant time_of(const json_t *object)
{
    static const char *const keys[] = {"time", "since", "first"};
    instant t = INSTANT_NONE;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && t == INSTANT_NONE; i++) {
        const char *text = json_string_value(json_object_get(object, keys[i]));
        if (text && !instant_parse(bytes_str(text), &t, NULL))
            t = INSTANT_NONE;
    }
    return t;
}

/* Of the innermost statement that cites bytes. */
static void put_statement_place(const struct statement *s)
{
    struct case_place place = {.item = BYTES("")};
    instant time = INSTANT_NONE;
    bool found = false;
    for (; s && !found; s = s->outer) {
        found = place_of_span(s->casefile, span_of(s->object), &place);
        time = time != INSTANT_NONE ? time : time_of(s->object);
        if (found || !s->outer)
            put_place(s->index, "document", time, &place);
    }
}

static void put_term_of_statement(void *context, enum indicator kind, struct bytes value)
{
    const struct statement *s = context;
    if (s->index->place == 0)
        put_statement_place(s);
    put_term(s->index, kind, value);
}

static void add_json(const struct statement *outer, const json_t *value);

static void add_object(const struct statement *outer, const json_t *object)
{
    struct statement s = *outer;
    int64_t place = s.index->place;
    const char *key;
    json_t *value;
    s.outer = outer;
    s.object = object;
    s.index->place = 0; /* of this statement, once something is found */
    json_object_foreach((json_t *)(uintptr_t)object, key, value) add_json(&s, value);
    s.index->place = place;
}

static void add_string(const struct statement *s, struct bytes text)
{
    void *context = (void *)(uintptr_t)s;
    if (bytes_starts(text, BYTES("system:serviceaccount:")))
        put_term_of_statement(context, INDICATOR_ACCOUNT, text);
    else
        indicators_find(text, put_term_of_statement, context);
}

static void add_json(const struct statement *outer, const json_t *value)
{
    size_t i;
    json_t *element;
    if (json_is_object(value))
        add_object(outer, value);
    else if (json_is_string(value))
        add_string(outer, bytes_of(json_string_value(value), json_string_length(value)));
    json_array_foreach(value, i, element) add_json(outer, element);
}

static void add_elements(const struct statement *outermost, const char *document)
{
    struct case_walk *w = case_elements(outermost->casefile, document);
    struct case_element_row row;
    while (case_next_element(w, &row)) {
        json_t *element = json_loadb((const char *)row.content.p, row.content.n, 0, NULL);
        outermost->index->place = 0;
        if (element)
            add_json(outermost, element);
        json_decref(element);
    }
    case_end(w);
}

static void add_documents(struct search_index *x, struct case_reader *r)
{
    static const char *const names[] = {"scope", "diff", "processes", "exposure"};
    const struct statement outermost = {.index = x, .casefile = r};
    x->flagged = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *document = case_document_json(r, names[i]);
        x->place = 0;
        if (document)
            add_json(&outermost, document);
        json_decref(document);
        add_elements(&outermost, names[i]);
    }
}

/* -- cases -----------------------------------------------------------------------------
 */

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
    x->error = sql_exec(x->db, "SAVEPOINT one");
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
    int error = x->error == -EINVAL   ? -EUCLEAN
                : x->error            ? x->error
                : case_failure(r) < 0 ? -EINVAL
                                      : 0;
    case_close(r);
    int ended = sql_exec(x->db, error ? "ROLLBACK TO one; RELEASE one" : "RELEASE one");
    return error ? error : ended;
}

int search_index_begin(struct search_index *x)
{
    return sql_exec(x->db, "BEGIN");
}

int search_index_commit(struct search_index *x)
{
    return sql_exec(x->db, "COMMIT");
}
