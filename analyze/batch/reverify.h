/* Reverification over years: what is no longer as it was when the case was worked on, or
 * soon will not be. */
#ifndef ANALYZE_BATCH_REVERIFY_H
#define ANALYZE_BATCH_REVERIFY_H

#include <jansson.h>

#include "analyze/batch/batch.h"
#include "formats/base/instant.h"

/* Verifies every case that is done again, as of `now` and (where there are seals) as of
 * `days` later, and compares with the results that are kept. Writes OUT/reverify.json:
 * {schema, at, within_days, cases: [{path, changes: [{what, detail}]}]}, only cases with
 * changes, by path. *document: new reference. 0 or -errno. */
int reverify_run(const struct batch_options *o, instant now, unsigned days,
                 json_t **document);
/* The report for people. Appends. */
void reverify_text(const json_t *document, struct text *t);

#endif
