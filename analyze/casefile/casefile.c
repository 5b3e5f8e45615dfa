#include "analyze/casefile/casefile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/casefile/ahead.h"
#include "analyze/casefile/passing.h"
#include "analyze/data.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* Until it is renamed the file is worth nothing, so no journal is kept. Large pages keep
 * rows with long texts out of overflow chains. */
static const char setup[] = "PRAGMA main.page_size = 8192;"
                            "PRAGMA main.journal_mode = OFF;"
                            "PRAGMA main.synchronous = OFF;"
                            "PRAGMA main.locking_mode = EXCLUSIVE;"
                            "PRAGMA main.cache_size = -16384;";

static const char side_setup[] =
    "PRAGMA side.page_size = 8192;"
    "PRAGMA side.journal_mode = OFF;"
    "PRAGMA side.synchronous = OFF;"
    "PRAGMA side.cache_size = -16384;"
    "CREATE TABLE side.event AS SELECT *, NULL AS same FROM main.event WHERE 0;"
    "CREATE TABLE side.place (time INTEGER, item INTEGER, offset INTEGER, row INTEGER,"
    " PRIMARY KEY (time, item, offset, row)) WITHOUT ROWID;"
    "CREATE TABLE side.duplicate (row INTEGER PRIMARY KEY, best INTEGER);"
    "CREATE TABLE side.wanted (item INTEGER, offset INTEGER, length INTEGER,"
    " rank INTEGER, PRIMARY KEY (item, offset, length)) WITHOUT ROWID;";

static const struct {
    size_t member;
    const char *text;
} statements[] = {
    {offsetof(struct casefile, add_event),
     "INSERT INTO side.event (rowid, time, time_end, precision, clock, source, kind,"
     " time_desc, actor, action, object, message, severity, in_scope, item, offset,"
     " length, fields, same) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"},
    {offsetof(struct casefile, add_order), "INSERT INTO side.place VALUES (?,?,?,?)"},
    {offsetof(struct casefile, add_finding),
     "INSERT INTO finding VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,NULL)"},
    {offsetof(struct casefile, add_finding_span),
     "INSERT INTO finding_span VALUES (?,?,?,?,?)"},
    {offsetof(struct casefile, add_wanted),
     "INSERT INTO side.wanted VALUES (?,?,?,?) ON CONFLICT DO UPDATE"
     " SET rank = min(rank, excluded.rank)"},
    {offsetof(struct casefile, add_element),
     "INSERT INTO element (document, content) VALUES (?,?)"},
};
#define STATEMENTS (sizeof statements / sizeof *statements)

static sqlite3_stmt **statement(struct casefile *c, size_t i)
{
    return (sqlite3_stmt **)(void *)((char *)c + statements[i].member);
}

static char *path_with(const char *path, const char *suffix)
{
    struct text t = {0};
    text_str(&t, path);
    text_str(&t, suffix);
    return t.p;
}

static int attach_side(struct casefile *c)
{
    sqlite3_stmt *s = NULL;
    int r = sql_prepare(c->db, "ATTACH ? AS side", &s);
    if (r == 0) {
        sql_text(s, 1, bytes_str(c->side));
        r = sql_run(s);
    }
    sqlite3_finalize(s);
    return r == 0 ? sql_exec(c->db, side_setup) : r;
}

static int run_schema(struct casefile *c)
{
    struct text schema = {0};
    text_add(&schema, data_get("analyze/casefile/schema.sql"));
    int r = sql_exec(c->db, text_c(&schema));
    text_release(&schema);
    return r;
}

/* Sorters of SQLite may need a temporary file, which the sandbox allows only in the
 * output directory. SQLite keeps and never frees this one string. */
static void keep_temporary_files_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = slash
                                 ? sqlite3_mprintf("%.*s", (int)(slash - path + 1), path)
                                 : sqlite3_mprintf(".");
}

static int case_begin(struct casefile *c)
{
    unlink(c->part);
    unlink(c->side);
    keep_temporary_files_beside(c->part);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int r = sql_error(sqlite3_open_v2(c->part, &c->db, flags, NULL));
    if (r == 0)
        r = sql_exec(c->db, setup);
    if (r == 0)
        r = run_schema(c);
    if (r == 0)
        r = attach_side(c);
    for (size_t i = 0; r == 0 && i < STATEMENTS; i++)
        r = sql_prepare(c->db, statements[i].text, statement(c, i));
    return r == 0 ? sql_exec(c->db, "BEGIN") : r;
}

int case_create(const char *path, const struct mask *mask, struct casefile **out)
{
    struct casefile *c = memory_new(1, sizeof *c);
    c->path = path_with(path, "");
    c->part = path_with(path, ".part");
    c->side = path_with(path, ".events.part");
    c->mask = mask;
    int r = case_begin(c);
    if (r < 0)
        case_abandon(c);
    else
        *out = c;
    return r;
}

void case_clocks(struct casefile *c, struct clocks *clocks)
{
    c->clocks = clocks;
}

static void close_files(struct casefile *c)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(*statement(c, i));
        *statement(c, i) = NULL;
    }
    sqlite3_close(c->db);
    c->db = NULL;
    unlink(c->side);
}

static void case_free(struct casefile *c)
{
    ahead_free(c->ahead);
    passing_free(c->passing);
    for (size_t i = 0; i < CASE_TEXTS; i++)
        text_release(&c->texts[i]);
    text_release(&c->masked);
    for (size_t i = 0; i < c->package_count; i++)
        free(c->packages[i].items);
    arena_release(&c->arena);
    free(c->path);
    free(c->part);
    free(c->side);
    free(c);
}

void case_abandon(struct casefile *c)
{
    if (!c)
        return;
    close_files(c);
    unlink(c->part);
    case_free(c);
}

int case_close_write(struct casefile *c)
{
    int r = case_store_items(c);
    if (r == 0)
        r = case_store_events(c);
    if (r == 0)
        r = case_link(c);
    if (r == 0)
        r = case_group_findings(c);
    if (r == 0)
        r = case_store_excerpts(c);
    if (r == 0)
        r = sql_exec(c->db, "COMMIT");
    if (r < 0) {
        case_abandon(c);
        return r;
    }
    close_files(c);
    if (rename(c->part, c->path) < 0) {
        r = -errno;
        unlink(c->part);
    }
    case_free(c);
    return r;
}

int case_meta(struct casefile *c, const char *key, const char *value)
{
    sqlite3_stmt *s = NULL;
    int r = sql_prepare(c->db, "INSERT OR REPLACE INTO meta VALUES (?,?)", &s);
    if (r == 0) {
        struct bytes plain = case_text(c, 0, bytes_str(value));
        sql_text(s, 1, bytes_str(key));
        sql_text(s, 2, plain);
        r = sql_run(s);
    }
    sqlite3_finalize(s);
    return r;
}

/* -- text -----------------------------------------------------------------------------
 */

/* Cut where a code point begins, so that no half of one is taken for an invalid byte. */
static struct bytes cut_text(struct bytes b, size_t limit)
{
    if (b.n <= limit)
        return b;
    size_t n = limit;
    for (int back = 0; back < 3 && n > 0 && (b.p[n] & 0xc0) == 0x80; back++)
        n--;
    return bytes_sub(b, 0, n);
}

void case_text_to(struct casefile *c, struct bytes raw, size_t limit, struct text *out)
{
    text_clear(&c->masked);
    mask_text(c->mask, raw, &c->masked);
    struct bytes masked = text_bytes(&c->masked);
    struct bytes cut = cut_text(masked, limit);
    escape_plain(out, cut);
    if (cut.n < masked.n)
        text_printf(out, " [… %zu bytes in all]", masked.n);
}

struct bytes case_text(struct casefile *c, size_t slot, struct bytes raw)
{
    text_clear(&c->texts[slot]);
    case_text_to(c, raw, LIMIT_CASE_TEXT, &c->texts[slot]);
    return text_bytes(&c->texts[slot]);
}
