/* Tables that separators make: which columns there are, and what a row says. Between the
 * files of written timelines only. */
#ifndef FORMATS_WRITTEN_TABLE_H
#define FORMATS_WRITTEN_TABLE_H

#include "formats/base/arena.h"

struct written_columns {
    uint8_t separator; /* comma, semicolon or tab; 0: no such table */
    /* Numbers from 1 of the columns that say what happened, the better first; 0: what
     * stands behind the time says it. */
    size_t text, title;
    bool month_first; /* plaso's l2tcsv: its dates are MM/DD/YYYY */
};

/* Is the line the header of such values, with a column of times? Then *out is filled. */
bool written_table_header(struct bytes line, struct written_columns *out);
/* The fields of a row (RFC 4180) as one text, with bars between them. */
struct bytes written_table_text(struct arena *arena, struct bytes row, uint8_t separator);
/* What the row says by its columns; empty where no column is known to. */
struct bytes written_table_said(struct arena *arena, struct bytes row,
                                const struct written_columns *columns);

#endif
