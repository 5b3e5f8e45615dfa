/* What people write around times and statements: marks of Markdown, words before a time,
 * the fields of a table. Between the files of written timelines only. */
#ifndef FORMATS_WRITTEN_MARKS_H
#define FORMATS_WRITTEN_MARKS_H

#include "formats/base/arena.h"

/* Without what may stand before a time, and between a time and what is said about it. */
struct bytes written_without_marks(struct bytes s);
struct bytes written_without_end_marks(struct bytes s);
/* Without "1. ", "At ", "ca. ": what people put before a time. */
struct bytes written_before_time(struct bytes s);

/* Is the line the header of values that a comma, semicolon or tab separates, with a
 * column of times? */
bool written_table_header(struct bytes line, uint8_t *separator);
/* The fields of such a line (RFC 4180) as one text, with bars between them. */
struct bytes written_table_text(struct arena *arena, struct bytes line,
                                uint8_t separator);

#endif
