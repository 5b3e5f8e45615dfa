/* Patch: two texts compared line by line, as a unified diff.
 *
 * Source: Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), the greedy
 * form; the output is that of POSIX diff -u, which patch(1) takes.
 */
#ifndef ANALYZE_LAYER_PATCH_H
#define ANALYZE_LAYER_PATCH_H

#include "formats/base/text.h"

/* One side; `text` raw. */
struct patch_side {
    const char *label; /* after "--- " and "+++ ": "/etc/passwd", escaped already */
    struct bytes text;
};

struct patch_counts {
    size_t added, removed; /* lines */
    bool cut;              /* longer than LIMIT_PATCH: the rest is counted, not shown */
};

/* Appends the diff, raw lines with three lines of context; nothing when the texts are
 * equal. Texts of more than LIMIT_PATCH_LINES lines are cut there before they are
 * compared, which counts as `cut`. */
struct patch_counts patch_make(const struct patch_side *before,
                               const struct patch_side *after, struct text *out);

#endif
