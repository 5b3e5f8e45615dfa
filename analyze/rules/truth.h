/* Truth: what a condition says about a record, in Kleene's three values. What the record
 * cannot show is UNKNOWN, and stays so unless the rest of the condition decides without
 * it: false AND unknown is false, true OR unknown is true. */
#ifndef ANALYZE_RULES_TRUTH_H
#define ANALYZE_RULES_TRUTH_H

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

#endif
