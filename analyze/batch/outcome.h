/* Outcome: what came out of one case, for the index over all of them. */
#ifndef ANALYZE_BATCH_OUTCOME_H
#define ANALYZE_BATCH_OUTCOME_H

#include <jansson.h>

#include "analyze/batch/journal.h"

/* {path, size, state, status, reason, verdict, listing_sha256, findings{…}, top[…],
 * report}: of a case in the output directory. The same for the same evidence: no times
 * and no machine stand in it. New reference. */
json_t *outcome_of(const char *out, const struct work *w);

/* All cases of all journals of an output directory, by path; a case that several know is
 * there once. Owns the strings. */
struct works {
    struct work *v;
    size_t n, capacity;
};
int works_read(const char *out, struct works *all);
void works_release(struct works *all);

/* A JSON file that may be broken or missing: NULL then. New reference. */
json_t *json_file(const char *path);
/* Evidence bytes as a JSON string. */
json_t *json_plain(struct bytes b);

#endif
