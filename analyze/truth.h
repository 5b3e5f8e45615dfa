/* Truth: what a rule's condition or a network policy says, in Kleene's three values. What
 * the evidence cannot show is UNKNOWN, and stays so unless the rest decides without it:
 * false AND unknown is false, true OR unknown is true. */
#ifndef ANALYZE_TRUTH_H
#define ANALYZE_TRUTH_H

#include <stdbool.h>

/* Ordered, so that AND is the minimum and OR the maximum. */
enum truth { TRUTH_FALSE = 0, TRUTH_UNKNOWN, TRUTH_TRUE };

static inline enum truth truth_of(bool b)
{
    return b ? TRUTH_TRUE : TRUTH_FALSE;
}
static inline enum truth truth_not(enum truth t)
{
    return (enum truth)(TRUTH_TRUE - t);
}
static inline enum truth truth_and(enum truth a, enum truth b)
{
    return a < b ? a : b;
}
static inline enum truth truth_or(enum truth a, enum truth b)
{
    return a > b ? a : b;
}

#endif
