/* Times: when a change happened, as far as the layer and what lies beside it tell. */
#ifndef ANALYZE_LAYER_TIMES_H
#define ANALYZE_LAYER_TIMES_H

#include "analyze/layer/comparison.h"

/* Between `from` and `until`; INSTANT_NONE where a side is open. */
struct bounds {
    instant from, until;
};

/* Of a deletion. A whiteout has no time of its own (the kernel makes all of them from one
 * file), but the folder in which it stands was written to when it was made, or later; a
 * checkpoint was taken after everything in it, and nothing happened before the container
 * was made. Only of the topmost path that is gone: false for what was below it. */
bool deletion_bounds(const struct comparison *c, const struct change *x,
                     struct bounds *out);

/* Appends the changes in mactime's bodyfile format (version 3): a row for what is there
 * now with its own times, and a row for each deletion, whose last time of change is the
 * latest moment at which it can have happened. */
void comparison_bodyfile(const struct comparison *c, const struct mask *mask,
                         struct text *out);

#endif
