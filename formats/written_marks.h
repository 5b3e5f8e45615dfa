/* What people write around times and statements: marks of Markdown, words before a time.
 * Between the files of written timelines only. */
#ifndef FORMATS_WRITTEN_MARKS_H
#define FORMATS_WRITTEN_MARKS_H

#include "formats/base/bytes.h"

/* Without what may stand before a time, and between a time and what is said about it. */
struct bytes written_without_marks(struct bytes s);
struct bytes written_without_end_marks(struct bytes s);
/* Without "1. ", "At ", "ca. ": what people put before a time. */
struct bytes written_before_time(struct bytes s);

#endif
