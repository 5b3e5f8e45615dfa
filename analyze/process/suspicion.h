/* Suspicion: which lines of a text may hold a credential at all.
 *
 * Gigabytes of memory are searched, and nearly all of it holds none. A line is worth the
 * real search (mask.h) when it has a long word, a name like "password", or a URL. */
#ifndef ANALYZE_PROCESS_SUSPICION_H
#define ANALYZE_PROCESS_SUSPICION_H

#include "formats/base/bytes.h"

/* The next lines at or after *at that are worth it, with those that belong to them; *at
 * moves behind them. False at the end. */
bool suspicion_next(struct bytes text, size_t *at, size_t *start, size_t *end);

#endif
