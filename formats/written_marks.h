/* What people write around times and statements: marks of Markdown, words before a time.
 * Between the files of written timelines only. */
#ifndef FORMATS_WRITTEN_MARKS_H
#define FORMATS_WRITTEN_MARKS_H

#include "formats/base/bytes.h"

/* Without what may stand before a time, and between a time and what is said about it. */
struct bytes written_without_marks(struct bytes s);
/* Without what closes or ends: brackets that nothing opens, marks of emphasis. */
struct bytes written_without_end_marks(struct bytes s);
/* The text from its next part (word, cell) on, without the marks before it, put into
 * *from; *rest is then what is behind the separator that ends the part. False at the end.
 * Marks and blanks are gone through once, however many there are: each part of a line
 * asked about from its own separator on would cost the square of them. */
bool written_next(struct bytes *rest, uint8_t separator, struct bytes *from);
/* Without "1. ", "At ", "ca. ": what people put before a time. */
struct bytes written_before_time(struct bytes s);

#endif
