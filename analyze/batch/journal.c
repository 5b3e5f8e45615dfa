#include "analyze/batch/journal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/casefile/sql.h"
#include "formats/base/memory.h"

struct journal {
    sqlite3 *db;
    sqlite3_stmt *find, *put;
};

/* Exclusive locking: a second batch on the same output is told at once, and no shared
 * memory is needed, which network file systems do not have. */
static const char setup[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "CREATE TABLE IF NOT EXISTS work ("
    "    path TEXT PRIMARY KEY,"
    "    size INTEGER NOT NULL,"
    "    state INTEGER NOT NULL," /* enum work_state */
    "    gone INTEGER NOT NULL,"
    "    status INTEGER NOT NULL,"
    "    reason TEXT NOT NULL,"
    "    identity TEXT NOT NULL," /* tool and options */
    "    content TEXT NOT NULL,"  /* listing digest */
    "    stamp TEXT NOT NULL,"
    "    shape TEXT NOT NULL,"
    "    settled INTEGER NOT NULL"
    ") WITHOUT ROWID;"
    "BEGIN EXCLUSIVE; COMMIT;"; /* takes the lock, also when there is nothing to write */

#define COLUMNS                                                                          \
    "path, size, state, gone, status, reason, identity, content, stamp, shape, settled"

static int prepare(struct journal *j)
{
    int r = sql_prepare(j->db, "SELECT " COLUMNS " FROM work WHERE path = ?", &j->find);
    if (r == 0)
        r = sql_prepare(j->db,
                        "REPLACE INTO work (" COLUMNS ") "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        &j->put);
    return r;
}

static int open_database(struct journal *j, const char *path, int flags,
                         const char *statements)
{
    int code = sqlite3_open_v2(path, &j->db, flags, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(j->db, statements, NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return code == SQLITE_BUSY ? -EBUSY : sql_error(code);
    return prepare(j);
}

static int opened(struct journal *j, int r, struct journal **out)
{
    if (r < 0)
        journal_close(j);
    else
        *out = j;
    return r;
}

int journal_open(const char *path, struct journal **out)
{
    struct journal *j = memory_new(1, sizeof *j);
    return opened(
        j, open_database(j, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, setup),
        out);
}

int journal_open_done(const char *path, struct journal **out)
{
    struct journal *j = memory_new(1, sizeof *j);
    struct text uri = {0};
    struct stat s;
    int r = stat(path, &s) < 0 ? -errno : 0;
    /* Nobody writes to it now, so no lock is wanted, nor a place for one. */
    text_str(&uri, "file:");
    path_encode(bytes_str(path), &uri);
    text_str(&uri, "?immutable=1");
    if (r == 0)
        r = open_database(j, text_c(&uri), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, "");
    text_release(&uri);
    return opened(j, r, out);
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    sqlite3_finalize(j->find);
    sqlite3_finalize(j->put);
    sqlite3_close(j->db);
    free(j);
}

int journal_begin(struct journal *j)
{
    return sql_exec(j->db, "BEGIN");
}

int journal_commit(struct journal *j)
{
    return sql_exec(j->db, "COMMIT");
}

/* -- cases -----------------------------------------------------------------------------
 */

void work_release(struct work *w)
{
    text_release(&w->reason);
    text_release(&w->identity);
    text_release(&w->content);
}

static void column_print(sqlite3_stmt *s, int column, char out[static PRINT_TEXT])
{
    struct bytes b = bytes_sub(sql_column(s, column), 0, PRINT_TEXT - 1);
    memcpy(out, b.p ? b.p : (const uint8_t *)"", b.n);
    out[b.n] = '\0';
}

static void work_of(sqlite3_stmt *s, struct work *w)
{
    *w = (struct work){.size = (uint64_t)sqlite3_column_int64(s, 1),
                       .state = (enum work_state)sqlite3_column_int(s, 2),
                       .gone = sqlite3_column_int(s, 3),
                       .status = sqlite3_column_int(s, 4),
                       .settled = sqlite3_column_int(s, 10)};
    text_add(&w->reason, sql_column(s, 5));
    text_add(&w->identity, sql_column(s, 6));
    text_add(&w->content, sql_column(s, 7));
    column_print(s, 8, w->stamp);
    column_print(s, 9, w->shape);
}

int journal_find(struct journal *j, const char *path, struct work *out)
{
    sql_text(j->find, 1, bytes_str(path));
    int r = sql_next(j->find);
    if (r <= 0)
        return r;
    work_of(j->find, out);
    out->path = path;
    sqlite3_reset(j->find);
    return 1;
}

int journal_put(struct journal *j, const struct work *w)
{
    sqlite3_stmt *s = j->put;
    sql_text(s, 1, bytes_str(w->path));
    sqlite3_bind_int64(s, 2, (int64_t)w->size);
    sqlite3_bind_int(s, 3, (int)w->state);
    sqlite3_bind_int(s, 4, w->gone);
    sqlite3_bind_int(s, 5, w->status);
    sql_text(s, 6, text_bytes(&w->reason));
    sql_text(s, 7, text_bytes(&w->identity));
    sql_text(s, 8, text_bytes(&w->content));
    sql_text(s, 9, bytes_str(w->stamp));
    sql_text(s, 10, bytes_str(w->shape));
    sqlite3_bind_int(s, 11, w->settled);
    return sql_run(s);
}

static int found(struct journal *j, const struct planned *p)
{
    struct work w;
    int r = journal_find(j, p->path, &w);
    if (r < 0)
        return r;
    bool waits = r == 0;
    if (waits)
        w = (struct work){.path = p->path, .size = p->size};
    bool news = waits || w.gone;
    w.gone = false;
    r = news ? journal_put(j, &w) : 0;
    work_release(&w);
    return r;
}

int journal_scanned(struct journal *j, const struct plan *plan, bool all)
{
    int r = journal_begin(j);
    if (r == 0 && all)
        r = sql_exec(j->db, "UPDATE work SET gone = 1");
    for (size_t i = 0; r == 0 && i < plan->n; i++)
        r = found(j, &plan->v[i]);
    return r == 0 ? journal_commit(j) : r;
}

int journal_each(struct journal *j, void (*each)(void *context, const struct work *w),
                 void *context)
{
    sqlite3_stmt *s;
    struct text path = {0};
    int r = sql_prepare(j->db, "SELECT " COLUMNS " FROM work ORDER BY path", &s);
    while (r == 0 && (r = sql_next(s)) > 0) {
        struct work w;
        work_of(s, &w);
        text_clear(&path);
        text_add(&path, sql_column(s, 0));
        w.path = text_c(&path);
        each(context, &w);
        work_release(&w);
        r = 0;
    }
    text_release(&path);
    sqlite3_finalize(s);
    return r;
}

/* -- shards ----------------------------------------------------------------------------
 */

void journal_path(const char *out, size_t shard, size_t shards, struct text *t)
{
    if (shards > 1)
        text_printf(t, "%s/journal-%zu-of-%zu.db", out, shard, shards);
    else
        text_printf(t, "%s/journal.db", out);
}

struct absorption {
    struct journal *to;
    int error;
};

static void absorb_work(void *context, const struct work *w)
{
    struct absorption *a = context;
    if (a->error == 0)
        a->error = journal_put(a->to, w);
}

static int absorb_one(struct journal *to, const char *path)
{
    struct absorption a = {.to = to};
    struct journal *from;
    int r = journal_open(path, &from);
    if (r < 0)
        return r;
    r = journal_begin(to);
    if (r == 0)
        r = journal_each(from, absorb_work, &a);
    r = r == 0 ? a.error : r;
    r = r == 0 ? journal_commit(to) : r;
    journal_close(from);
    return r == 0 && unlink(path) < 0 ? -errno : r;
}

static int is_of_shard(const struct dirent *e)
{
    struct bytes name = bytes_str(e->d_name);
    return bytes_starts(name, BYTES("journal-")) && bytes_ends(name, BYTES(".db"));
}

/* Owns the names. */
static int absorb_all(const char *out, struct dirent **names, int n)
{
    struct text path = {0};
    struct journal *to = NULL;
    journal_path(out, 1, 1, &path);
    int r = n > 0 ? journal_open(text_c(&path), &to) : 0;
    for (int i = 0; i < n; i++) {
        text_clear(&path);
        text_printf(&path, "%s/%s", out, names[i]->d_name);
        r = r == 0 ? absorb_one(to, text_c(&path)) : r;
        free(names[i]);
    }
    journal_close(to);
    text_release(&path);
    return r;
}

int journal_absorb(const char *out)
{
    struct dirent **names;
    int n = scandir(out, &names, is_of_shard, alphasort);
    if (n < 0)
        return errno == ENOENT ? 0 : -errno;
    int r = absorb_all(out, names, n);
    free(names);
    return r;
}
