/* Ahead: a source that a thread of its own reads, some blocks ahead of who reads this. */
#ifndef FORMATS_BASE_AHEAD_H
#define FORMATS_BASE_AHEAD_H

#include "formats/base/source.h"

/* Hands out the blocks of `from`, its fault and its end, one for one. Nobody else may use
 * `from`, or what it reads from, until this is freed. The first blocks are read where
 * they are asked for: a small source is not worth a thread. Does not seek. */
struct source *ahead_source_new(struct source *from);
/* Waits for the thread; what it has read ahead is lost. */
void ahead_source_free(struct source *s);

#endif
