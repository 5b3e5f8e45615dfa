/* Trial: one rule against its samples. */
#ifndef ANALYZE_RULES_TRIAL_H
#define ANALYZE_RULES_TRIAL_H

#include "analyze/rules/rules.h"

struct trial {
    bool passed;
    size_t hits, misses; /* lines that were tried */
    char why[256];       /* what failed first */
};

/* Reads FOLDER/NAME/{hit,miss,undecided}.jsonl. */
void trial_run(const struct rules *r, const struct rule *rule, const char *folder,
               struct trial *out);

#endif
