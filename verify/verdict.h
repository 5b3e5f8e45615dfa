/* Verdicts: what is known about whether an item, or the package, is what was collected.
 */
#ifndef VERIFY_VERDICT_H
#define VERIFY_VERDICT_H

#include <stdbool.h>

/* Of one item. The zero value is "unchecked": what was not checked has not passed. */
enum verdict {
    VERDICT_UNCHECKED = 0,
    VERDICT_VERIFIED,   /* every claim about it was recomputed and holds */
    VERDICT_MISMATCH,   /* a claim does not hold */
    VERDICT_MISSING,    /* claimed, and not there */
    VERDICT_UNLISTED,   /* there, and claimed by nobody */
    VERDICT_UNREADABLE, /* there, and its bytes could not all be read */
};
const char *verdict_name(enum verdict v);

/* The one setter. VERIFIED may become anything worse; nothing becomes VERIFIED again
 * after it was worse, and nothing goes back to UNCHECKED. */
void verdict_set(enum verdict *v, enum verdict to);

/* Of the whole package (DESIGN 7 defines each). */
enum package_verdict {
    PACKAGE_UNCHECKED = 0,
    PACKAGE_VERIFIED,
    PACKAGE_UNSEALED,
    PACKAGE_INCOMPLETE,
    PACKAGE_FAILED,
};
const char *package_verdict_name(enum package_verdict v);

/* How a statement is known: computed here, said by a captured document, or neither.
 * The three words are kept apart in every output. */
enum basis { BASIS_NOT_EXAMINED = 0, BASIS_ASSERTED, BASIS_VERIFIED };
const char *basis_name(enum basis b);

#endif
