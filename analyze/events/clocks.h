/* Clocks: whether the sources of a case agree about the time.
 *
 * A source is a log, a document, a checkpoint or a layer, in short what was written by
 * one clock. Events that show the same act (clue.h) are compared; for each two sources
 * that have such pairs, offset and drift are estimated (clock_fit.h). The audit log's
 * clock is the reference where there is one, not because it is right.
 *
 * What was estimated is shown, and moves events in the order of the timeline and of the
 * story. The stated time is never changed.
 */
#ifndef ANALYZE_EVENTS_CLOCKS_H
#define ANALYZE_EVENTS_CLOCKS_H

#include <jansson.h>

#include "analyze/events/event.h"

struct casefile;
struct clocks;

struct clocks *clocks_new(void);
void clocks_free(struct clocks *c);

/* Takes the clues of an event. One thread. */
void clocks_observe(struct clocks *c, const struct event *e);

/* An event as far as clocks are concerned. */
struct clock_moment {
    enum event_kind kind;
    instant time;
    enum precision precision;
    struct span span;
};
/* Two that somebody else found to be one act (a statement and its evidence). */
void clocks_pair(struct clocks *c, const struct clock_moment *a,
                 const struct clock_moment *b);

/* What the API server saw of the pod, for clocks that share no act with its own: nothing
 * of the pod is earlier than its making, and it acts only once a container was made.
 * `acted` may be NULL. */
void clocks_bound(struct clocks *c, const struct clock_moment *made,
                  const struct clock_moment *acted);

/* Compares what was taken so far; may be done again when there is more. */
void clocks_estimate(struct clocks *c);
/* Where an event belongs by the reference clock: `time` itself unless its source is known
 * to differ by more than the uncertainty. `c` may be NULL. */
instant clocks_place(const struct clocks *c, enum event_kind kind,
                     const struct item *item, instant time);
/* Does anything stand elsewhere than its time says? */
bool clocks_move(const struct clocks *c);
typedef void clock_doubt_fn(void *context, struct bytes sentence, struct span at);
/* Calls back with each question about the order that the clocks leave open; `at`: a place
 * that shows it, item NULL where there is none. `c` may be NULL. */
void clocks_doubts(const struct clocks *c, clock_doubt_fn *each, void *context);
/* The document "clocks": sources, comparisons, what was applied. A new reference. */
json_t *clocks_document(const struct clocks *c, const struct casefile *casefile);

#endif
