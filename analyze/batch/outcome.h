/* Outcome: what came out of one case, for the index over all of them. */
#ifndef ANALYZE_BATCH_OUTCOME_H
#define ANALYZE_BATCH_OUTCOME_H

#include <jansson.h>

#include "analyze/batch/journal.h"

/* {path, size, state, gone, reason, verdict, listing_sha256, findings{…}, top[…],
 * report}: of a case in the output directory. The same for the same evidence: no times
 * and no machine stand in it. New reference. */
json_t *outcome_of(const char *out, const struct work *w);

/* All cases of an output directory, by path, from its journal. Owns the strings. */
struct works {
    struct work *v;
    size_t n, capacity;
};
/* What shards did is taken in first (journal_absorb). *held (may be NULL) gets the
 * journal, open, so that nobody works on the cases until it is closed; NULL on failure.
 */
int works_read(const char *out, struct works *all, struct journal **held);
void works_release(struct works *all);
/* Over all of them: 0 all hold, 1 one falls short or is gone, 3 one was not done. */
int works_status(const struct works *all);

/* A JSON file that may be broken or missing: NULL then. New reference. */
json_t *json_file(const char *path);

#endif
