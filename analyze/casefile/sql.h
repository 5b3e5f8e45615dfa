/* SQL: the few calls of SQLite that the case file's writer and reader share. */
#ifndef ANALYZE_CASEFILE_SQL_H
#define ANALYZE_CASEFILE_SQL_H

#include <sqlite3.h>

#include "formats/base/bytes.h"

/* Each returns 0, or < 0 (-ENOSPC, -ENOMEM, -EIO): our own failure. */
int sql_exec(sqlite3 *db, const char *statements);
/* `persistent`: it will be used very often. */
int sql_prepare(sqlite3 *db, const char *statement, sqlite3_stmt **out);
/* For statements that return no rows: runs, resets and clears the bindings. */
int sql_run(sqlite3_stmt *s);
/* 1 with a row, 0 after the last (and the statement is reset), or < 0. */
int sql_next(sqlite3_stmt *s);
int sql_error(int code);

/* `text` is borrowed until the statement was run. */
void sql_text(sqlite3_stmt *s, int index, struct bytes text);
/* NULL where `value` is `none`. */
void sql_integer(sqlite3_stmt *s, int index, int64_t value, int64_t none);
/* Valid until the next step; NULL gives an empty view. */
struct bytes sql_column(sqlite3_stmt *s, int column);

#endif
