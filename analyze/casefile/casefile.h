/* Case file: everything that an analysis found, in one SQLite file (schema.sql).
 *
 * Writers are called from one thread. Events may be added in any order; the file holds
 * them in total order (time, item id, offset, order of addition), so that the same
 * package gives the same dump. Records of one act are one event (event_sameness).
 * Credentials are masked here, once, before anything is stored. Reports are rendered from
 * the file alone.
 *
 * Memory does not grow with the number of events: they go to a side file beside the case
 * file as they come, and are put in order when it is closed.
 */
#ifndef ANALYZE_CASEFILE_CASEFILE_H
#define ANALYZE_CASEFILE_CASEFILE_H

#include <jansson.h>

#include "analyze/events/event.h"
#include "formats/base/mask.h"
#include "verify/finding.h"
#include "verify/package.h"

struct casefile;
struct clocks; /* analyze/events/clocks.h */

/* Makes PATH.part (and PATH.events.part); case_close_write renames. `mask` is borrowed
 * until the end. 0 or < 0. */
int case_create(const char *path, const struct mask *mask, struct casefile **out);

/* Makes the items of a walked package citable. The main package comes first, with the
 * label ""; what was opened besides it has a label of its own ("base"). Borrows `p` until
 * case_close_write, which stores all items with the digests and verdicts of then. Each
 * function returns 0 or < 0 (then the case file is useless: our own failure). */
int case_package(struct casefile *c, const struct package *p, const char *label);
/* Events whose item is in no package given to case_package are our own failure. */
int case_event(struct casefile *c, const struct event *e);
/* Events are shown to `clocks` as they come, and put in the order that it finds out until
 * case_close_write. Borrowed; without it events stand in the order of their times. */
void case_clocks(struct casefile *c, struct clocks *clocks);
/* In the order in which they are to be numbered: after findings_sort. */
int case_finding(struct casefile *c, const struct finding *f);
/* A named document that a room made: "verdict", "processes", "diff", "exposure",
 * "containment", "coverage", "story" … Strings in it are valid UTF-8 (escape_plain) and
 * masked by their maker. Written to DIR/NAME.json by the report writers and readable in
 * SQL through the views of schema.sql. Wherever it cites evidence it does so with
 * case_span, so that the reports can open it. Borrows `document`. */
int case_document(struct casefile *c, const char *name, const json_t *document);
/* The next element of the list that the document ends with. A list that grows with the
 * evidence ("processes") is given away so, element by element; the document has it as its
 * last member, empty. Borrows `element`. */
int case_element(struct casefile *c, const char *document, const json_t *element);
/* Key and value about the run itself: "tool", "version", "analyzed_at" … */
int case_meta(struct casefile *c, const char *key, const char *value);

/* To come to a page of a checkpoint again its archive must be decompressed once more. So
 * whoever reads much of one says what passes: from case_passing() on, block by block, and
 * what of it will be cited, within so many bytes (`keep`, all items together) after it
 * passed. What documents and findings cite so far is known. */
int case_passing(struct casefile *c, const struct findings *findings, size_t keep);
void case_pass(struct casefile *c, const struct item *item, uint64_t at,
               struct bytes block);
void case_pass_cited(struct casefile *c, struct span span);
/* After that: what else is cited so far of what lies behind compression is read for its
 * excerpts from now on, by a thread beside everything else, or with `beside` false when
 * the file is closed, like all that is cited later. The packages must not change until
 * then but for digests and verdicts. Once. */
int case_read_ahead(struct casefile *c, const struct findings *findings, bool beside);

/* How every document cites evidence: {"item": PATH, "item_id": ID, "offset", "length"}.
 * A new reference; NULL (which jansson's *_new setters accept and refuse) if the item is
 * not citable. */
json_t *case_span(const struct casefile *c, struct span span);

/* Puts the events in order, links findings to them, stores items and the bytes that are
 * cited, indexes, and renames into place. Frees `c` in any case. */
int case_close_write(struct casefile *c);
/* Removes what was written and frees; `c` may be NULL. */
void case_abandon(struct casefile *c);

#endif
