/* Batch: the same work on many packages.
 *
 *     OUT/plan               the plan, when --plan wrote one for several machines
 *     OUT/journal.db         what was done (journal-I-of-N.db: by a shard)
 *     OUT/cases/PATH/        the outputs of analyze for the package ROOT/PATH
 *     OUT/logs/PATH.log      what it said on standard error
 *     OUT/index.json, index.html, search.db   over all cases
 */
#ifndef ANALYZE_BATCH_BATCH_H
#define ANALYZE_BATCH_BATCH_H

#include "analyze/batch/crew.h"
#include "analyze/batch/plan.h"

struct batch_options {
    const char *root, *out;
    const char *const *passed; /* options for analyze or verify; NULL-terminated */
    size_t passed_count;
    size_t jobs, shard, shards; /* shard from 1; shards 1: everything here */
    struct limits limits;       /* seconds 0: by the size of the case */
    bool no_limits;
    bool verify_only, retry, quiet;
};

struct batch_result {
    size_t done, skipped, failed; /* cases: worked on, already done, not done */
    int worst;                    /* exit status over all: 0, 1 or 3 */
};

/* Works on the plan. 0 or -errno; -EBUSY when another batch is at work in `out`. */
int batch_run(const struct batch_options *o, const struct plan *plan,
              struct batch_result *result);

/* "OUT/PART/PATH END"; appends. */
void batch_path(const char *out, const char *part, const char *path, struct text *t);
/* Makes every directory above the last '/' of the path. */
void make_parents(const char *path);
/* Removes a tree that batch made. 0 or -errno; fine when there is none. */
int remove_tree(const char *path);

#endif
