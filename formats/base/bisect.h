/* Binary search, where bsearch() does not do: for the first of several, or for where
 * something would stand. */
#ifndef FORMATS_BASE_BISECT_H
#define FORMATS_BASE_BISECT_H

#include <stddef.h>

/* Sets `at`, a size_t, to the first index of [from, end) for which `before`, an
 * expression in `at`, does not hold, or to end. Where it does not hold it must not hold
 * again after. */
#define BISECT(at, from, end, before)                                                    \
    do {                                                                                 \
        size_t bisect_low = (from), bisect_high = (end);                                 \
        while (bisect_low < bisect_high) {                                               \
            (at) = bisect_low + (bisect_high - bisect_low) / 2;                          \
            if (before)                                                                  \
                bisect_low = (at) + 1;                                                   \
            else                                                                         \
                bisect_high = (at);                                                      \
        }                                                                                \
        (at) = bisect_low;                                                               \
    } while (0)

#endif
