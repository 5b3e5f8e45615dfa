/* What is wrong with rules, said to people. */
#ifndef ANALYZE_RULES_PROBLEMS_H
#define ANALYZE_RULES_PROBLEMS_H

#include <stdbool.h>
#include <stdio.h>

struct rules;

/* "FILE:LINE: error: what is wrong and what to do", one line for each; sound rules for
 * other log sources only when `skipped` is true. A rule that is not used must not look
 * like one that found nothing. `r` may be NULL. */
void rules_tell_problems(const struct rules *r, bool skipped, FILE *to);

#endif
