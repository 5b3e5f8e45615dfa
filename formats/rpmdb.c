#include "formats/rpmdb.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "formats/base/cursor.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/rpm.h"

enum rpmdb_form rpmdb_form_of(struct bytes head)
{
    if (bytes_starts(head, BYTES("SQLite format 3\0")))
        return RPMDB_SQLITE;
    if (bytes_starts(head, BYTES("RpmP")))
        return RPMDB_NDB;
    struct cursor c = cursor_of(bytes_from(head, 12));
    uint32_t magic = cursor_u32le(&c);
    return magic == 0x00061561 || magic == 0x61150600 ? RPMDB_BERKELEY : RPMDB_NONE;
}

/* -- the write-ahead log ------------------------------------------------------------- */

struct log {
    bool big_endian; /* of the words that are summed */
    uint32_t page_size, salt[2], sum[2];
};

/* The checksum of the format: eight octets at a time. */
static void add_sum(struct log *l, struct bytes b)
{
    struct cursor c = cursor_of(b);
    while (cursor_left(&c) >= 8) {
        uint32_t x = l->big_endian ? cursor_u32be(&c) : cursor_u32le(&c);
        uint32_t y = l->big_endian ? cursor_u32be(&c) : cursor_u32le(&c);
        l->sum[0] += x + l->sum[1];
        l->sum[1] += y + l->sum[0];
    }
}

static bool read_log_header(struct cursor *c, struct log *l)
{
    struct bytes summed = bytes_sub(c->all, 0, 24);
    uint32_t magic = cursor_u32be(c);
    cursor_u32be(c); /* version of the format */
    l->page_size = cursor_u32be(c);
    cursor_u32be(c); /* number of checkpoints */
    l->salt[0] = cursor_u32be(c);
    l->salt[1] = cursor_u32be(c);
    uint32_t a = cursor_u32be(c), b = cursor_u32be(c);
    l->big_endian = magic & 1;
    add_sum(l, summed);
    return !c->failed && (magic & ~1u) == 0x377f0682 && l->sum[0] == a &&
           l->sum[1] == b && l->page_size >= 512 && l->page_size <= 65536;
}

struct frame {
    uint32_t page, size_after; /* size_after: the frame ends a transaction */
    struct bytes bytes;
};

/* False at the first frame that is cut off, of an older log, or damaged: there the log
 * ends. */
static bool read_frame(struct cursor *c, struct log *l, struct frame *f)
{
    struct bytes head = bytes_sub(cursor_rest(c), 0, 8);
    f->page = cursor_u32be(c);
    f->size_after = cursor_u32be(c);
    bool ours = cursor_u32be(c) == l->salt[0];
    ours &= cursor_u32be(c) == l->salt[1];
    uint32_t a = cursor_u32be(c), b = cursor_u32be(c);
    f->bytes = cursor_take(c, l->page_size);
    add_sum(l, head);
    add_sum(l, f->bytes);
    return !c->failed && ours && a == l->sum[0] && b == l->sum[1] && f->page > 0;
}

/* The end of the last transaction that is whole, and how many pages there are then. */
static size_t committed(struct bytes log, uint32_t *pages)
{
    struct cursor c = cursor_of(log);
    struct log l = {0};
    struct frame f;
    size_t end = 0;
    if (!read_log_header(&c, &l))
        return 0;
    while (read_frame(&c, &l, &f)) {
        if (f.size_after) {
            end = c.at;
            *pages = f.size_after;
        }
    }
    return end;
}

/* A copy of the database as SQLite would see it, marked as one without a log. NULL when
 * it cannot be. */
static uint8_t *merged(struct bytes database, struct bytes log, size_t *size)
{
    uint32_t pages = 0;
    size_t end = committed(log, &pages);
    struct cursor c = cursor_of(bytes_sub(log, 0, end));
    struct log l = {0};
    struct frame f;
    *size = database.n;
    if (end && read_log_header(&c, &l))
        *size = (size_t)pages * l.page_size;
    if (*size < 100 || *size > LIMIT_DOCUMENT)
        return NULL;
    uint8_t *p = memory_new(*size, 1);
    memcpy(p, database.p, database.n < *size ? database.n : *size);
    while (end && !cursor_at_end(&c) && read_frame(&c, &l, &f)) {
        uint64_t at = (uint64_t)(f.page - 1) * l.page_size;
        if (at < *size)
            memcpy(p + at, f.bytes.p, f.bytes.n);
    }
    p[18] = p[19] = 1; /* file format: a rollback journal, not a log */
    return p;
}

/* -- the packages -------------------------------------------------------------------- */

static void harden(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, (int)LIMIT_DOCUMENT);
}

/* A hostile file may make a query run without end. */
static int stop(void *context)
{
    int *left = context;
    return --*left <= 0;
}

static bool read_rows(sqlite3 *db, struct arena *arena, const struct package_sink *sink)
{
    sqlite3_stmt *rows = NULL;
    int status = sqlite3_prepare_v2(db, "SELECT blob FROM Packages ORDER BY hnum", -1,
                                    &rows, NULL);
    while (status == SQLITE_OK && (status = sqlite3_step(rows)) == SQLITE_ROW) {
        const void *p = sqlite3_column_blob(rows, 0);
        size_t n = (size_t)sqlite3_column_bytes(rows, 0);
        /* What is told of it must outlive the row. */
        struct bytes blob = arena_copy(arena, bytes_of(p, n));
        if (!rpm_header_read(blob, arena, sink))
            faults_add(sink->faults, (struct fault){FAULT_SYNTAX, 0, 0, n});
        status = SQLITE_OK;
    }
    sqlite3_finalize(rows);
    return status == SQLITE_DONE;
}

bool rpmdb_read(struct bytes database, struct bytes log, struct arena *arena,
                const struct package_sink *sink)
{
    size_t size;
    uint8_t *p = merged(database, log, &size);
    sqlite3 *db = NULL;
    int steps = 100000; /* of a thousand instructions each */
    bool read =
        p && sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK;
    if (read)
        read =
            sqlite3_deserialize(db, "main", p, (sqlite3_int64)size, (sqlite3_int64)size,
                                SQLITE_DESERIALIZE_READONLY) == SQLITE_OK;
    if (read) {
        harden(db);
        sqlite3_progress_handler(db, 1000, stop, &steps);
        read = read_rows(db, arena, sink);
    }
    sqlite3_close(db);
    free(p);
    return read;
}
