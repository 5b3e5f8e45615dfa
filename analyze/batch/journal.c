#include "analyze/batch/journal.h"

#include <errno.h>
#include <stdlib.h>

#include "analyze/casefile/sql.h"
#include "formats/base/memory.h"

struct journal {
    sqlite3 *db;
    sqlite3_stmt *find, *put, *begin, *end;
    struct bytes identity; /* borrowed from the caller */
};

/* Exclusive locking: a second batch on the same output is told at once, and no shared
 * memory is needed, which network file systems do not have. */
static const char setup[] = "PRAGMA locking_mode = EXCLUSIVE;"
                            "PRAGMA journal_mode = WAL;"
                            "PRAGMA synchronous = FULL;"
                            "CREATE TABLE IF NOT EXISTS work ("
                            "    path TEXT PRIMARY KEY,"
                            "    size INTEGER NOT NULL,"
                            "    fingerprint INTEGER NOT NULL,"
                            "    identity TEXT NOT NULL," /* tool version and options */
                            "    state INTEGER NOT NULL," /* enum work_state */
                            "    status INTEGER NOT NULL,"
                            "    reason TEXT NOT NULL"
                            ") WITHOUT ROWID;"
                            "UPDATE work SET state = 0 WHERE state = 1;";

static int prepare(struct journal *j)
{
    int r = sql_prepare(
        j->db, "SELECT state, fingerprint, identity FROM work WHERE path = ?", &j->find);
    if (r == 0)
        r = sql_prepare(j->db, "REPLACE INTO work VALUES (?, ?, ?, ?, 0, 0, '')",
                        &j->put);
    if (r == 0)
        r = sql_prepare(j->db, "UPDATE work SET state = 1 WHERE path = ?", &j->begin);
    if (r == 0)
        r = sql_prepare(
            j->db, "UPDATE work SET state = ?, status = ?, reason = ? WHERE path = ?",
            &j->end);
    return r;
}

static int open_database(struct journal *j, const char *path, const char *statements)
{
    int code =
        sqlite3_open_v2(path, &j->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (code != SQLITE_OK)
        return -EIO;
    code = sqlite3_exec(j->db, statements, NULL, NULL, NULL);
    return code == SQLITE_BUSY ? -EBUSY : code == SQLITE_OK ? 0 : sql_error(code);
}

int journal_open(const char *path, struct bytes identity, struct journal **out)
{
    struct journal *j = memory_new(1, sizeof *j);
    j->identity = identity;
    int r = open_database(j, path, setup);
    if (r == 0)
        r = prepare(j);
    if (r < 0)
        journal_close(j);
    else
        *out = j;
    return r;
}

int journal_open_done(const char *path, struct journal **out)
{
    struct journal *j = memory_new(1, sizeof *j);
    int r = open_database(j, path, "SELECT path FROM work LIMIT 1");
    if (r < 0)
        journal_close(j);
    else
        *out = j;
    return r;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    sqlite3_finalize(j->find);
    sqlite3_finalize(j->put);
    sqlite3_finalize(j->begin);
    sqlite3_finalize(j->end);
    sqlite3_close(j->db);
    free(j);
}

int journal_enter(struct journal *j, const struct planned *p, bool retry,
                  enum work_state *out)
{
    enum work_state state = WORK_WAITING;
    sql_text(j->find, 1, bytes_str(p->path));
    int r = sql_next(j->find);
    if (r < 0)
        return r;
    bool same = r == 1 && (uint64_t)sqlite3_column_int64(j->find, 1) == p->fingerprint &&
                bytes_eq(sql_column(j->find, 2), j->identity);
    if (same)
        state = (enum work_state)sqlite3_column_int(j->find, 0);
    sqlite3_reset(j->find);
    *out = state == WORK_FAILED && retry ? WORK_WAITING : state;
    if (same)
        return 0;
    sql_text(j->put, 1, bytes_str(p->path));
    sqlite3_bind_int64(j->put, 2, (int64_t)p->size);
    sqlite3_bind_int64(j->put, 3, (int64_t)p->fingerprint);
    sql_text(j->put, 4, j->identity);
    return sql_run(j->put);
}

int journal_begin(struct journal *j, const char *path)
{
    sql_text(j->begin, 1, bytes_str(path));
    return sql_run(j->begin);
}

int journal_end(struct journal *j, const struct work *w)
{
    sqlite3_bind_int(j->end, 1, w->state);
    sqlite3_bind_int(j->end, 2, w->status);
    sql_text(j->end, 3, bytes_str(text_c(&w->reason)));
    sql_text(j->end, 4, bytes_str(w->path));
    return sql_run(j->end);
}

int journal_each(struct journal *j, void (*each)(void *context, const struct work *w),
                 void *context)
{
    sqlite3_stmt *s;
    int r = sql_prepare(j->db,
                        "SELECT path, size, fingerprint, state, status, reason FROM work "
                        "ORDER BY path",
                        &s);
    struct text path = {0};
    while (r == 0 && (r = sql_next(s)) > 0) {
        struct work w = {.size = (uint64_t)sqlite3_column_int64(s, 1),
                         .fingerprint = (uint64_t)sqlite3_column_int64(s, 2),
                         .state = (enum work_state)sqlite3_column_int(s, 3),
                         .status = sqlite3_column_int(s, 4)};
        text_clear(&path);
        text_add(&path, sql_column(s, 0));
        text_add(&w.reason, sql_column(s, 5));
        w.path = text_c(&path);
        each(context, &w);
        text_release(&w.reason);
        r = 0;
    }
    text_release(&path);
    sqlite3_finalize(s);
    return r;
}
