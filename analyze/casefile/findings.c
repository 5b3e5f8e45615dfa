/* Findings and documents, and what ties them to events. */
#include <errno.h>
#include <stdlib.h>

#include "analyze/casefile/private.h"
#include "formats/base/limits.h"
#include "verify/json_mask.h"

int case_want(struct casefile *c, struct wanted w)
{
    sqlite3_bind_int64(c->add_wanted, 1, w.item);
    sqlite3_bind_int64(c->add_wanted, 2, (int64_t)w.offset);
    sqlite3_bind_int64(c->add_wanted, 3, (int64_t)w.length);
    sqlite3_bind_int64(c->add_wanted, 4, w.rank);
    return sql_run(c->add_wanted);
}

struct wanted wanted_row(sqlite3_stmt *row)
{
    return (struct wanted){.item = (uint32_t)sqlite3_column_int64(row, 0),
                           .offset = (uint64_t)sqlite3_column_int64(row, 1),
                           .length = (uint64_t)sqlite3_column_int64(row, 2)};
}

static int put_spans(struct casefile *c, const struct finding *f)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < f->span_count; i++) {
        const struct span *span = &f->spans[i];
        uint32_t item;
        if (!case_item_id(c, span->item, &item))
            return -EINVAL;
        sqlite3_stmt *s = c->add_finding_span;
        sqlite3_bind_int64(s, 1, c->findings);
        sqlite3_bind_int64(s, 2, (int64_t)i + 1);
        sqlite3_bind_int64(s, 3, item);
        sqlite3_bind_int64(s, 4, (int64_t)span->offset);
        sqlite3_bind_int64(s, 5, (int64_t)span->length);
        r = sql_run(s);
        if (r == 0)
            r = case_want(
                c, (struct wanted){item, span->offset, span->length, RANK_FINDING});
    }
    return r;
}

static struct bytes arguments_text(struct casefile *c, const struct finding *f)
{
    struct text *out = &c->texts[0];
    struct text value = {0};
    text_clear(out);
    text_byte(out, '{');
    for (size_t i = 0; i < f->argument_count; i++) {
        if (i > 0)
            text_byte(out, ',');
        text_clear(&value);
        escape_plain(&value, bytes_str(f->arguments[i].name));
        escape_json(out, text_bytes(&value));
        text_byte(out, ':');
        text_clear(&value);
        case_text_to(c, f->arguments[i].value, LIMIT_CASE_TEXT, &value);
        escape_json(out, text_bytes(&value));
    }
    text_byte(out, '}');
    text_release(&value);
    return text_bytes(out);
}

int case_finding(struct casefile *c, const struct finding *f)
{
    sqlite3_stmt *s = c->add_finding;
    sqlite3_bind_int64(s, 1, ++c->findings);
    sql_text(s, 2, bytes_str(f->kind->id));
    sql_text(s, 3, bytes_str(severity_name(f->severity)));
    /* Rules may come from a folder of the user's: their texts are escaped as well. */
    sql_text(s, 4, case_text(c, 1, bytes_str(f->kind->title)));
    sql_text(s, 5, case_text(c, 2, bytes_str(f->kind->attack)));
    sql_text(s, 6, case_text(c, 3, bytes_str(f->kind->why)));
    sql_text(s, 7, case_text(c, 4, bytes_str(f->kind->refute)));
    sql_text(s, 8, case_text(c, 5, f->subject));
    sql_text(s, 9, bytes_str(confidence_name(f->confidence)));
    sql_integer(s, 10, f->time, INSTANT_NONE);
    sqlite3_bind_int64(s, 11, f->not_decidable);
    sqlite3_bind_int64(s, 12, (int64_t)f->more_spans);
    sql_text(s, 13, arguments_text(c, f));
    int r = sql_run(s);
    return r == 0 ? put_spans(c, f) : r;
}

/* -- documents ------------------------------------------------------------------------
 */

static int want_cited(struct casefile *c, const json_t *value);

/* The number of the item that a citation names: case_span has it as "item_id"; documents
 * that are also printed without a case have it as "item". */
static bool cited_place(const json_t *o, struct wanted *w)
{
    const json_t *id = json_object_get(o, "item_id");
    const json_t *item = id ? id : json_object_get(o, "item");
    const json_t *offset = json_object_get(o, "offset");
    const json_t *length = json_object_get(o, "length");
    if (!json_is_integer(item) || !json_is_integer(offset) || !json_is_integer(length))
        return false;
    *w = (struct wanted){(uint32_t)json_integer_value(item),
                         (uint64_t)json_integer_value(offset),
                         (uint64_t)json_integer_value(length), RANK_DOCUMENT};
    return true;
}

static int want_object(struct casefile *c, const json_t *o)
{
    struct wanted w;
    if (cited_place(o, &w))
        return case_want(c, w);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)o, key, value)
    {
        /* Thousands of mappings, whose bytes say nothing to a reader. */
        if (strcmp(key, "maps") == 0)
            continue;
        int r = want_cited(c, value);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Recursion is as deep as our own documents nest. */
static int want_cited(struct casefile *c, const json_t *value)
{
    if (json_is_object(value))
        return want_object(c, value);
    int r = 0;
    for (size_t i = 0; r == 0 && i < json_array_size(value); i++)
        r = want_cited(c, json_array_get(value, i));
    return r;
}

/* Rooms mask what they show; paths, names and links come from everywhere, so everything
 * goes through here once more. */
static char *masked_text(const struct mask *m, const json_t *document)
{
    if (m->reveal)
        return json_dumps(document, JSON_INDENT(1));
    json_t *copy = json_deep_copy(document);
    json_mask(m, copy);
    char *text = json_dumps(copy, JSON_INDENT(1));
    json_decref(copy);
    return text;
}

/* Stores what `s` lacks of a row: its JSON, as parameter `index`. */
static int put_json(struct casefile *c, sqlite3_stmt *s, int index, const json_t *value)
{
    char *text = masked_text(c->mask, value);
    if (!text)
        return -EINVAL;
    sql_text(s, index, bytes_str(text));
    int r = sql_run(s);
    free(text);
    return r == 0 ? want_cited(c, value) : r;
}

int case_document(struct casefile *c, const char *name, const json_t *document)
{
    sqlite3_stmt *s = NULL;
    int r = sql_prepare(c->db, "INSERT OR REPLACE INTO document VALUES (?,?)", &s);
    if (r == 0) {
        sql_text(s, 1, bytes_str(name));
        r = put_json(c, s, 2, document);
    }
    sqlite3_finalize(s);
    return r;
}

int case_element(struct casefile *c, const char *document, const json_t *element)
{
    sqlite3_stmt *s = c->add_element;
    sql_text(s, 1, bytes_str(document));
    return put_json(c, s, 2, element);
}

/* -- links ----------------------------------------------------------------------------
 */

/* A finding rests on an event when one of its proofs lies within the event's bytes. The
 * event is looked for at the nearest place at or before the proof. */
int case_link(struct casefile *c)
{
    return sql_exec(
        c->db,
        "CREATE INDEX event_at ON event (item, offset);"
        "CREATE INDEX event_also_at ON event_also (item, offset);"
        "CREATE INDEX finding_place ON finding_span (item, offset);"
        "CREATE INDEX event_of_finding ON event_finding (finding);"
        "CREATE INDEX part_of_finding ON finding (part_of) WHERE part_of IS NOT NULL;"
        "INSERT OR IGNORE INTO event_finding"
        " SELECT event.id, s.finding FROM finding_span AS s CROSS JOIN event"
        "  ON event.item = s.item AND event.offset ="
        "   (SELECT max(offset) FROM event WHERE item = s.item AND offset <= s.offset)"
        "  AND s.offset + s.length <= event.offset + event.length"
        " ORDER BY event.id, s.finding;"
        "INSERT OR IGNORE INTO event_finding"
        " SELECT a.event, s.finding FROM finding_span AS s CROSS JOIN event_also AS a"
        "  ON a.item = s.item AND a.offset ="
        "   (SELECT max(offset) FROM event_also WHERE item = s.item AND offset <= "
        "s.offset)"
        "  AND s.offset + s.length <= a.offset + a.length"
        " ORDER BY a.event, s.finding;");
}

/* Many rules can see one act: they are told as part of the gravest finding about it,
 * which is the first, because findings are numbered by severity, and what could not be
 * decided comes last. What rests on a whole chain of records is about no single act; two
 * subjects of one rule are two findings. */
int case_group_findings(struct casefile *c)
{
    return sql_exec(
        c->db,
        "CREATE TABLE side.rests (finding INTEGER PRIMARY KEY, act TEXT);"
        "INSERT INTO side.rests SELECT f.id, CASE WHEN f.rule LIKE 'process.%'"
        "  THEN 'process ' || f.subject ELSE coalesce("
        "   'event ' || (SELECT min(id) FROM event AS e WHERE e.item = s.item"
        "     AND e.offset = s.offset AND e.length = s.length),"
        "   'event ' || (SELECT min(event) FROM event_also AS a WHERE a.item = s.item"
        "     AND a.offset = s.offset AND a.length = s.length),"
        "   'place ' || s.item || ' ' || s.offset || ' ' || s.length) END"
        " FROM finding AS f JOIN finding_span AS s ON s.finding = f.id AND s.ordinal = 1"
        " WHERE f.rule NOT IN ('kube.patient-zero', 'kube.patient-zero-account', "
        "'kube.first-unusual', 'kube.account-at-new-place', 'kube.beyond-pattern');"
        "CREATE INDEX side.rests_act ON rests (act, finding);"
        "UPDATE main.finding SET part_of = x.leader FROM (SELECT r.finding AS id,"
        "  (SELECT min(l.finding) FROM side.rests AS l WHERE l.act = r.act) AS leader"
        "  FROM side.rests AS r) AS x, finding AS l"
        " WHERE finding.id = x.id AND l.id = x.leader AND x.leader <> x.id"
        "  AND (l.rule <> finding.rule OR l.subject = finding.subject);");
}
