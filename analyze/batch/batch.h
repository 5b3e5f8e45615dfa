/* Batch: the same work on many packages.
 *
 *     OUT/plan               the plan, when --plan wrote one for several machines
 *     OUT/journal.db         what was done (journal-I-of-N.db: by a shard, until merged)
 *     OUT/cases/PATH/        the outputs of analyze for the package ROOT/PATH; log.txt
 *                            has what it said on standard error, if anything
 *     OUT/work/              outputs that are being made
 *     OUT/index.json, index.html, search.db   over all cases
 *
 * The outputs of a case are made in OUT/work, synced, renamed to their place, and only
 * then does the journal say that the case is done.
 */
#ifndef ANALYZE_BATCH_BATCH_H
#define ANALYZE_BATCH_BATCH_H

#include "analyze/batch/crew.h"
#include "analyze/batch/journal.h"

struct batch_options {
    const char *root, *out;
    /* "--name=value" for the command that works on a case, and for verify alone (which is
     * part of it); NULL-terminated. */
    const char *const *options, *const *verify_options;
    size_t jobs, shard, shards; /* shard from 1; shards 1: everything here */
    size_t threads;             /* of one process; 0: one for each processor */
    struct limits limits;       /* seconds 0: by the size of the case */
    bool verify_only;
    bool retry;  /* work on what failed before */
    bool rehash; /* compare by content also where the file system shows no change */
    bool quiet;
};

struct batch_result {
    size_t done, kept, failed; /* cases: worked on, done before, not done */
    int worst;                 /* exit status over all: 0, 1 or 3 */
    int signal;                /* that stopped it; 0: it came to its end */
};

/* What a run has to do with a package. */
enum batch_step {
    STEP_WORK,    /* new, changed, or done with another tool or other options */
    STEP_COMPARE, /* it may be what it was: its content is hashed first */
    STEP_KEEP,    /* done, and unchanged */
    STEP_GIVE_UP, /* it failed before, and is unchanged */
};
enum batch_step batch_step(const struct batch_options *o, const struct planned *p,
                           const struct work *known, struct bytes identity);
/* Of the options' command. Appends; 0 or -errno. */
int batch_identity(const struct batch_options *o, struct text *t);

/* Of a process for a package of that size. */
struct limits limits_for(const struct batch_options *o, uint64_t size);

/* Works on the plan. 0 or -errno: -EBUSY when another batch is at work in `out`, -ENOSPC
 * when its disk is full. What was done until then is kept. */
int batch_run(const struct batch_options *o, const struct plan *plan,
              struct batch_result *result);

/* The listing digest (and of an archive its own) that a verdict states: what the bytes
 * of a package are. Empty when the verdict has none. Appends. */
void verdict_content(const char *verdict_file, struct text *t);

#endif
