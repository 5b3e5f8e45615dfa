/* Reverification over years: what is no longer as it was when the case was worked on, or
 * soon will not be. */
#ifndef ANALYZE_BATCH_REVERIFY_H
#define ANALYZE_BATCH_REVERIFY_H

#include <jansson.h>

#include "analyze/batch/batch.h"
#include "formats/base/instant.h"

struct reverify_question {
    instant now, horizon; /* horizon: what ends until then is told */
    unsigned days;        /* between them */
};

/* Hashes every package that is done again, judges its seals as of `now` (and, where
 * something ends before it, as of the horizon), and compares with the results that are
 * kept. Writes OUT/reverify.json and a line of OUT/reverify-history.jsonl:
 *
 *     {schema, at, within_days, checked, cases: [{path, changes: [
 *         {what, detail, until, new}]}]}
 *
 * only cases that somebody must look at, by path; `until` is a time or null; `new` when
 * the report before did not have it. *document: new reference. *signal: what stopped it,
 * or 0; then nothing is written and there is no document. 0 or -errno. */
int reverify_run(const struct batch_options *o, const struct reverify_question *q,
                 json_t **document, int *signal);
/* The report for people. Appends. */
void reverify_text(const json_t *document, struct text *t);

/* What there is to say of one case: appends to the array `changes`. `was` is the verdict
 * that is kept, `is` the one of now, `then` the one of the horizon or NULL. */
void reverify_compare(const json_t *was, const json_t *is, const json_t *then,
                      const struct reverify_question *q, json_t *changes);
/* Something that the verdict rests on ends before the horizon. */
bool reverify_something_ends(const json_t *is, const struct reverify_question *q);
/* One change; `until` INSTANT_NONE where none belongs to it. */
void reverify_add(json_t *changes, const char *what, const struct text *detail,
                  instant until);

#endif
