/* Folds: the findings as people read them. What several rules saw of one act is told by
 * the gravest of them (`part_of`); what one rule saw of many subjects is one statement
 * about all of them. Machines get every finding by itself.
 */
#ifndef ANALYZE_REPORT_FOLDS_H
#define ANALYZE_REPORT_FOLDS_H

#include "analyze/report/report.h"

/* Of a fold with more, the first are told by themselves. */
#define FOLD_MEMBERS 100

struct fold {
    size_t count;                  /* acts that are told as one */
    size_t subjects;               /* different subjects among them */
    int64_t members[FOLD_MEMBERS]; /* their ids, in order; the first stands for all */
    size_t member_count;
    bool before; /* all of them before the first sign */
    bool not_decidable;
    bool minor;        /* of severity low or info */
    struct text names; /* "a, b and 17 more": evidence, to be escaped */
};

/* The gravest first; of the same gravity what stands before the first sign comes last. */
struct folds;
struct folds *folds_new(struct case_reader *r);
/* `f` is zero-initialised before the first, and released by the last (false). */
bool folds_next(struct folds *folds, struct fold *f);
/* Reading may end before the last. */
void folds_free(struct folds *folds, struct fold *f);

/* INSTANT_NONE where it is not known, or where clocks differ: then times do not tell what
 * was before it. */
instant folds_first_sign(struct case_reader *r);

#endif
