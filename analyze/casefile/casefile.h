/* Case file: everything that an analysis found, in one SQLite file (schema.sql).
 *
 * Writers are called from one thread. Events may be added in any order; the file holds
 * them in total order (time, item id, offset), so that the same package gives the same
 * dump. Credentials are masked here, once, before anything is stored. Reports are
 * rendered from the file alone.
 */
#ifndef ANALYZE_CASEFILE_CASEFILE_H
#define ANALYZE_CASEFILE_CASEFILE_H

#include <jansson.h>

#include "analyze/events/event.h"
#include "formats/base/mask.h"
#include "verify/finding.h"
#include "verify/package.h"

struct casefile;

/* Creates DIR/case.db.part; case_close_write renames it. 0 or < 0. */
int case_create(const char *path, const struct mask *mask, struct casefile **out);

/* Each returns 0 or < 0 (then the case file is useless: our own failure). */
int case_event(struct casefile *c, const struct event *e);
int case_finding(struct casefile *c, const struct finding *f);
/* A named document that a room made: "verdict", "processes", "diff", "exposure",
 * "containment", "coverage", "story" … Strings in it are valid UTF-8 (escape_plain) and
 * masked by their maker. Written to DIR/NAME.json by the report writers and readable in
 * SQL through the views of schema.sql. Borrows `document`. */
int case_document(struct casefile *c, const char *name, const json_t *document);
/* All items with their digests and verdicts. */
int case_items(struct casefile *c, const struct package *p);
/* Key and value about the run itself: "tool", "version", "analyzed_at" … */
int case_meta(struct casefile *c, const char *key, const char *value);

/* Sorts, indexes, links findings to events, and renames into place. */
int case_close_write(struct casefile *c);
void case_abandon(struct casefile *c);

#endif
