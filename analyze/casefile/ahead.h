/* Ahead: excerpts of what lies behind compression, read while the analysis goes on. To
 * come to a page of a checkpoint again the archive must be decompressed up to it; a core
 * has time for that while something else is one thread's work. For analyze/casefile/. */
#ifndef ANALYZE_CASEFILE_AHEAD_H
#define ANALYZE_CASEFILE_AHEAD_H

#include "analyze/casefile/windows.h"

struct ahead;

/* Waits for the reading and fills those of the windows, which are of one item, that were
 * read. `a` may be NULL. */
void ahead_take(struct ahead *a, struct windows *w);
/* Ends the reading, wherever it is. `a` may be NULL. */
void ahead_free(struct ahead *a);

#endif
