#include "analyze/casefile/reader.h"

#include <errno.h>
#include <stdlib.h>

#include "analyze/casefile/sql.h"
#include "formats/base/arena.h"
#include "formats/base/memory.h"

#define APPLICATION_ID 1163413833 /* schema.sql */
#define SCHEMA_VERSION 3

/* A statement that no walk uses now: compiling one takes longer than most walks. */
struct kept_statement {
    const char *query; /* one of this file's: told from others by its address */
    sqlite3_stmt *s;
};
#define KEPT_STATEMENTS 8

struct case_reader {
    sqlite3 *db;
    struct arena arena;
    int failure;
    sqlite3_stmt *place, *excerpt;
    struct kept_statement kept[KEPT_STATEMENTS];
};

struct case_walk {
    struct case_reader *reader;
    const char *query;
    sqlite3_stmt *s;
};

static const char place_query[] =
    "SELECT id, path, package, sha256, verdict, 0, size FROM item WHERE id = ?";
static const char excerpt_query[] =
    "SELECT text, shown FROM excerpt WHERE item = ? AND offset = ? AND length = ?";

static void fail(struct case_reader *r, int code)
{
    if (code < 0 && r->failure == 0)
        r->failure = code;
}

static const char *open_checked(struct case_reader *r, const char *path)
{
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &r->db, flags, NULL) != SQLITE_OK)
        return "it cannot be opened";
    sqlite3_db_config(r->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(r->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    /* One transaction: else each query locks the file and looks whether it changed. */
    if (sql_exec(r->db, "PRAGMA cell_size_check = ON; PRAGMA cache_size = -16384;"
                        "PRAGMA temp_store = MEMORY; PRAGMA query_only = ON; BEGIN;") < 0)
        return "it is not an SQLite file";
    if (case_number(r, "PRAGMA application_id") != APPLICATION_ID)
        return "it is not a case file of exhibit";
    if (case_number(r, "PRAGMA user_version") != SCHEMA_VERSION)
        return "its schema is of another version of exhibit";
    if (sql_prepare(r->db, place_query, &r->place) < 0 ||
        sql_prepare(r->db, excerpt_query, &r->excerpt) < 0)
        return "its tables are damaged";
    return NULL;
}

int case_open(const char *path, struct case_reader **out, const char **why)
{
    struct case_reader *r = memory_new(1, sizeof *r);
    *why = open_checked(r, path);
    if (*why) {
        case_close(r);
        return -EINVAL;
    }
    *out = r;
    return 0;
}

void case_close(struct case_reader *r)
{
    if (!r)
        return;
    sqlite3_finalize(r->place);
    sqlite3_finalize(r->excerpt);
    for (size_t i = 0; i < KEPT_STATEMENTS; i++)
        sqlite3_finalize(r->kept[i].s);
    sqlite3_close(r->db);
    arena_release(&r->arena);
    free(r);
}

int case_failure(const struct case_reader *r)
{
    return r->failure;
}

int64_t case_number(struct case_reader *r, const char *query)
{
    sqlite3_stmt *s = NULL;
    int64_t number = 0;
    fail(r, sql_prepare(r->db, query, &s));
    if (s && sqlite3_step(s) == SQLITE_ROW)
        number = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return number;
}

static struct bytes text_by_key(struct case_reader *r, const char *query, const char *key)
{
    sqlite3_stmt *s = NULL;
    struct bytes value = BYTES_NONE;
    fail(r, sql_prepare(r->db, query, &s));
    if (!s)
        return value;
    sql_text(s, 1, bytes_str(key));
    int code = sql_next(s);
    fail(r, code);
    if (code == 1)
        value = arena_copy(&r->arena, sql_column(s, 0));
    sqlite3_finalize(s);
    return value;
}

struct bytes case_meta_get(struct case_reader *r, const char *key)
{
    return text_by_key(r, "SELECT value FROM meta WHERE key = ?", key);
}

struct bytes case_document_text(struct case_reader *r, const char *name)
{
    return text_by_key(r, "SELECT content FROM document WHERE name = ?", name);
}

json_t *case_document_json(struct case_reader *r, const char *name)
{
    struct bytes text = case_document_text(r, name);
    return text.n > 0 ? json_loadb((const char *)text.p, text.n, 0, NULL) : NULL;
}

/* -- walks ----------------------------------------------------------------------------
 */

/* Most events have no finding and no further record: what is asked of all of them is only
 * whether they have. */
#define EVENT_COLUMNS                                                                    \
    "SELECT e.id, e.time, e.time_end, e.precision, e.clock, e.source, e.kind,"           \
    " e.time_desc, e.actor, e.action, e.object, e.message, e.severity, e.in_scope,"      \
    " i.id, i.path, i.package, i.sha256, i.verdict, e.offset, e.length, e.fields,"       \
    " CASE WHEN e.id IN (SELECT event FROM event_finding) THEN"                          \
    "  (SELECT group_concat(rule, ' ') FROM (SELECT DISTINCT rule FROM event_finding"    \
    "   AS l JOIN finding AS f ON f.id = l.finding WHERE l.event = e.id ORDER BY f.id))" \
    " END,"                                                                              \
    " CASE WHEN e.id IN (SELECT event FROM event_finding) THEN"                          \
    "  (SELECT group_concat(attack, ' ') FROM (SELECT DISTINCT attack FROM"              \
    "   event_finding AS l JOIN finding AS f ON f.id = l.finding WHERE l.event = e.id"   \
    "   AND attack <> '' ORDER BY f.id)) END,"                                           \
    " CASE WHEN e.id IN (SELECT event FROM event_finding) THEN"                          \
    "  (SELECT severity FROM finding WHERE id = (SELECT min(finding) FROM"               \
    "   event_finding WHERE event = e.id)) END,"                                         \
    " coalesce(e.placed, e.time),"                                                       \
    " CASE WHEN e.id IN (SELECT event FROM event_also) THEN"                             \
    "  (SELECT count(*) FROM event_also WHERE event = e.id) ELSE 0 END"                  \
    " FROM event AS e JOIN item AS i ON i.id = e.item"

static sqlite3_stmt *take_kept(struct case_reader *r, const char *query)
{
    for (size_t i = 0; i < KEPT_STATEMENTS; i++) {
        sqlite3_stmt *s = r->kept[i].s;
        if (!s || r->kept[i].query != query)
            continue;
        r->kept[i].s = NULL;
        return s;
    }
    return NULL;
}

/* Kept where there is room, else freed. */
static void keep(struct case_reader *r, const char *query, sqlite3_stmt *s)
{
    size_t i = 0;
    while (i < KEPT_STATEMENTS && r->kept[i].s)
        i++;
    if (i == KEPT_STATEMENTS || !s) {
        sqlite3_finalize(s);
        return;
    }
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    r->kept[i] = (struct kept_statement){query, s};
}

static struct case_walk *walk_new(struct case_reader *r, const char *query)
{
    struct case_walk *w = memory_new(1, sizeof *w);
    w->reader = r;
    w->query = query;
    w->s = take_kept(r, query);
    if (!w->s)
        fail(r, sql_prepare(r->db, query, &w->s));
    return w;
}

static struct case_walk *walk_of(struct case_reader *r, const char *query, int64_t id)
{
    struct case_walk *w = walk_new(r, query);
    if (w->s)
        sqlite3_bind_int64(w->s, 1, id);
    return w;
}

struct case_walk *case_events(struct case_reader *r)
{
    return walk_new(r, EVENT_COLUMNS " ORDER BY e.id");
}

struct case_walk *case_finding_events(struct case_reader *r, int64_t finding)
{
    return walk_of(r,
                   EVENT_COLUMNS " WHERE e.id IN (SELECT event FROM event_finding"
                                 " WHERE finding = ?) ORDER BY e.id",
                   finding);
}

#define FINDING_COLUMNS                                                                  \
    "SELECT id, rule, severity, title, attack, why, refute, subject, confidence, time,"  \
    " not_decidable, more_spans, arguments, coalesce(part_of, 0) FROM finding"

struct case_walk *case_findings(struct case_reader *r)
{
    return walk_new(r, FINDING_COLUMNS " ORDER BY id");
}

struct case_walk *case_finding_by_id(struct case_reader *r, int64_t finding)
{
    return walk_of(r, FINDING_COLUMNS " WHERE id = ?", finding);
}

/* Findings are numbered by gravity. */
struct case_walk *case_acts(struct case_reader *r, instant first_sign)
{
    return walk_of(
        r,
        "SELECT id, min(id) OVER (PARTITION BY rule, title, severity, confidence,"
        "  not_decidable, earlier) AS fold, earlier, not_decidable, severity, subject "
        "FROM"
        " (SELECT *, min(id) OVER (PARTITION BY severity, not_decidable) AS gravity,"
        "  (time IS NOT NULL AND time < ?) AS earlier FROM finding WHERE part_of IS NULL)"
        " ORDER BY gravity, earlier, fold, id",
        first_sign);
}

struct case_walk *case_finding_parts(struct case_reader *r, int64_t finding)
{
    return walk_of(r,
                   FINDING_COLUMNS " WHERE part_of = ? ORDER BY"
                                   " min(id) OVER (PARTITION BY rule), id",
                   finding);
}

struct case_walk *case_event_also(struct case_reader *r, int64_t event)
{
    return walk_of(r,
                   "SELECT i.id, i.path, i.package, i.sha256, i.verdict, s.offset,"
                   " s.length FROM event_also AS s JOIN item AS i ON i.id = s.item"
                   " WHERE s.event = ? ORDER BY s.ordinal",
                   event);
}

struct case_walk *case_finding_places(struct case_reader *r, int64_t finding)
{
    return walk_of(r,
                   "SELECT i.id, i.path, i.package, i.sha256, i.verdict, s.offset,"
                   " s.length FROM finding_span AS s JOIN item AS i ON i.id = s.item"
                   " WHERE s.finding = ? ORDER BY s.ordinal",
                   finding);
}

#define ITEM_COLUMNS                                                                     \
    "SELECT id, path, package, sha256, verdict, 0, size, parent, uid, gid, mode, role,"  \
    " identified, container, type, fault, mtime, atime, ctime, birthtime FROM item"

struct case_walk *case_items(struct case_reader *r, bool top)
{
    return walk_new(r, top ? ITEM_COLUMNS " WHERE package = '' AND type <> 'directory'"
                                          " AND path <> '' AND instr(path, '//') = 0"
                                          " ORDER BY id"
                           : ITEM_COLUMNS " ORDER BY id");
}

struct case_walk *case_elements(struct case_reader *r, const char *document)
{
    struct case_walk *w =
        walk_new(r, "SELECT id, content FROM element WHERE document = ? ORDER BY id");
    if (w->s)
        sql_text(w->s, 1, bytes_str(document));
    return w;
}

static bool walk_step(struct case_walk *w)
{
    int code = w->s ? sql_next(w->s) : -EIO;
    fail(w->reader, code);
    return code == 1;
}

static instant column_instant(sqlite3_stmt *s, int column)
{
    return sqlite3_column_type(s, column) == SQLITE_NULL
               ? INSTANT_NONE
               : sqlite3_column_int64(s, column);
}

static struct case_place column_place(sqlite3_stmt *s, int first)
{
    return (struct case_place){
        .item_id = sqlite3_column_int64(s, first),
        .item = sql_column(s, first + 1),
        .package = sql_column(s, first + 2),
        .sha256 = sql_column(s, first + 3),
        .verdict = sql_column(s, first + 4),
        .offset = (uint64_t)sqlite3_column_int64(s, first + 5),
        .length = (uint64_t)sqlite3_column_int64(s, first + 6),
    };
}

bool case_next_event(struct case_walk *w, struct case_event_row *row)
{
    if (!walk_step(w))
        return false;
    sqlite3_stmt *s = w->s;
    *row = (struct case_event_row){
        .id = sqlite3_column_int64(s, 0),
        .time = column_instant(s, 1),
        .time_end = column_instant(s, 2),
        .precision = precision_by_name(sql_column(s, 3)),
        .clock = sql_column(s, 4),
        .source = sql_column(s, 5),
        .kind = sql_column(s, 6),
        .time_desc = sql_column(s, 7),
        .actor = sql_column(s, 8),
        .action = sql_column(s, 9),
        .object = sql_column(s, 10),
        .message = sql_column(s, 11),
        .severity = sql_column(s, 12),
        .in_scope = sqlite3_column_int(s, 13) != 0,
        .place = column_place(s, 14),
        .fields = sql_column(s, 21),
        .findings = sql_column(s, 22),
        .attack = sql_column(s, 23),
        .worst = sql_column(s, 24),
        .placed = column_instant(s, 25),
        .also = sqlite3_column_int64(s, 26),
    };
    return true;
}

bool case_next_finding(struct case_walk *w, struct case_finding_row *row)
{
    if (!walk_step(w))
        return false;
    sqlite3_stmt *s = w->s;
    *row = (struct case_finding_row){
        .id = sqlite3_column_int64(s, 0),
        .rule = sql_column(s, 1),
        .severity = sql_column(s, 2),
        .title = sql_column(s, 3),
        .attack = sql_column(s, 4),
        .why = sql_column(s, 5),
        .refute = sql_column(s, 6),
        .subject = sql_column(s, 7),
        .confidence = sql_column(s, 8),
        .time = column_instant(s, 9),
        .not_decidable = sqlite3_column_int(s, 10) != 0,
        .more_spans = sqlite3_column_int64(s, 11),
        .arguments = sql_column(s, 12),
        .part_of = sqlite3_column_int64(s, 13),
    };
    return true;
}

bool case_next_act(struct case_walk *w, struct case_act_row *row)
{
    if (!walk_step(w))
        return false;
    *row = (struct case_act_row){
        .id = sqlite3_column_int64(w->s, 0),
        .fold = sqlite3_column_int64(w->s, 1),
        .before = sqlite3_column_int(w->s, 2) != 0,
        .not_decidable = sqlite3_column_int(w->s, 3) != 0,
        .severity = sql_column(w->s, 4),
        .subject = sql_column(w->s, 5),
    };
    return true;
}

bool case_next_place(struct case_walk *w, struct case_place *row)
{
    if (!walk_step(w))
        return false;
    *row = column_place(w->s, 0);
    return true;
}

bool case_next_item(struct case_walk *w, struct case_item_row *row)
{
    if (!walk_step(w))
        return false;
    sqlite3_stmt *s = w->s;
    *row = (struct case_item_row){
        .id = sqlite3_column_int64(s, 0),
        .place = column_place(s, 0),
        .parent = sqlite3_column_int64(s, 7),
        .uid = sqlite3_column_int64(s, 8),
        .gid = sqlite3_column_int64(s, 9),
        .mode = sqlite3_column_int64(s, 10),
        .role = sql_column(s, 11),
        .identified = sql_column(s, 12),
        .container = sql_column(s, 13),
        .type = sql_column(s, 14),
        .fault = sql_column(s, 15),
        .mtime = column_instant(s, 16),
        .atime = column_instant(s, 17),
        .ctime = column_instant(s, 18),
        .birthtime = column_instant(s, 19),
    };
    return true;
}

bool case_next_element(struct case_walk *w, struct case_element_row *row)
{
    if (!walk_step(w))
        return false;
    *row = (struct case_element_row){sqlite3_column_int64(w->s, 0), sql_column(w->s, 1)};
    return true;
}

void case_end(struct case_walk *w)
{
    keep(w->reader, w->query, w->s);
    free(w);
}

json_t *case_element_json(struct case_reader *r, int64_t id)
{
    struct case_walk *w = walk_of(r, "SELECT id, content FROM element WHERE id = ?", id);
    struct case_element_row row;
    json_t *element = NULL;
    if (case_next_element(w, &row))
        element = json_loadb((const char *)row.content.p, row.content.n, 0, NULL);
    case_end(w);
    return element;
}

/* -- places ---------------------------------------------------------------------------
 */

bool case_place_of(struct case_reader *r, int64_t item, struct case_place *out)
{
    sqlite3_reset(r->place);
    sqlite3_bind_int64(r->place, 1, item);
    int code = sql_next(r->place);
    fail(r, code);
    if (code != 1)
        return false;
    *out = column_place(r->place, 0);
    out->item = arena_copy(&r->arena, out->item);
    out->package = arena_copy(&r->arena, out->package);
    out->sha256 = arena_copy(&r->arena, out->sha256);
    out->verdict = arena_copy(&r->arena, out->verdict);
    sqlite3_reset(r->place);
    return true;
}

bool case_excerpt(struct case_reader *r, const struct case_place *p, struct bytes *text,
                  uint64_t *shown)
{
    sqlite3_reset(r->excerpt);
    sqlite3_bind_int64(r->excerpt, 1, p->item_id);
    sqlite3_bind_int64(r->excerpt, 2, (int64_t)p->offset);
    sqlite3_bind_int64(r->excerpt, 3, (int64_t)p->length);
    int code = sql_next(r->excerpt);
    fail(r, code);
    if (code != 1)
        return false;
    *text = arena_copy(&r->arena, sql_column(r->excerpt, 0));
    *shown = (uint64_t)sqlite3_column_int64(r->excerpt, 1);
    sqlite3_reset(r->excerpt);
    return true;
}
