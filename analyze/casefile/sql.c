#include "analyze/casefile/sql.h"

#include <errno.h>

int sql_error(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return 0;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return -EINVAL;
    case SQLITE_CANTOPEN:
        return -ENOENT;
    default:
        return -EIO;
    }
}

int sql_exec(sqlite3 *db, const char *statements)
{
    return sql_error(sqlite3_exec(db, statements, NULL, NULL, NULL));
}

int sql_prepare(sqlite3 *db, const char *statement, sqlite3_stmt **out)
{
    return sql_error(
        sqlite3_prepare_v3(db, statement, -1, SQLITE_PREPARE_PERSISTENT, out, NULL));
}

int sql_run(sqlite3_stmt *s)
{
    int code = sqlite3_step(s);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return sql_error(code);
}

int sql_next(sqlite3_stmt *s)
{
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        return 1;
    sqlite3_reset(s);
    return sql_error(code);
}

void sql_text(sqlite3_stmt *s, int index, struct bytes text)
{
    const char *p = text.n > 0 ? (const char *)text.p : "";
    sqlite3_bind_text64(s, index, p, text.n, SQLITE_STATIC, SQLITE_UTF8);
}

void sql_integer(sqlite3_stmt *s, int index, int64_t value, int64_t none)
{
    if (value == none)
        sqlite3_bind_null(s, index);
    else
        sqlite3_bind_int64(s, index, value);
}

struct bytes sql_column(sqlite3_stmt *s, int column)
{
    const unsigned char *text = sqlite3_column_text(s, column);
    return bytes_of(text, text ? (size_t)sqlite3_column_bytes(s, column) : 0);
}
