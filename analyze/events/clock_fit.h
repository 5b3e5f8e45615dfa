/* Clock fit: offset and drift between two clocks from pairs of times of the same acts,
 * when some of the pairs are no pairs at all.
 *
 * The model is difference(t) = offset + drift * (t - at). The line that most pairs lie
 * near is searched (a vote, so that wrong pairs do not pull it), then fitted to those
 * pairs by medians (Theil and Sen), so that a late record does not pull it either.
 */
#ifndef ANALYZE_EVENTS_CLOCK_FIT_H
#define ANALYZE_EVENTS_CLOCK_FIT_H

#include "formats/base/instant.h"

struct clock_pair {
    instant at;         /* by the first clock */
    int64_t difference; /* second minus first, at the middle of what is stated */
    int64_t width;      /* half of what the stated precisions leave open */
    uint32_t first;     /* number of the first clock's event; pairs are sorted by it */
    bool agrees;        /* set by clock_fit: lies near the line */
};

struct clock_fit {
    size_t pairs;        /* that agree, of distinct first events */
    size_t rival;        /* how many agree with the best line elsewhere */
    instant at;          /* where offset is told: the middle of the pairs */
    int64_t offset;      /* second minus first, nanoseconds */
    int64_t uncertainty; /* no agreeing pair lies further from the line */
    double drift;        /* 0 unless it shows above the uncertainty */
    double drift_uncertainty;
    bool bounded; /* by what must have come first, not by pairs */
};

/* False when there are no pairs. */
bool clock_fit(struct clock_pair *v, size_t n, struct clock_fit *out);
/* Difference of the clocks at a time of the first one. */
int64_t clock_difference(const struct clock_fit *f, instant first);
/* Enough pairs, and no rival: is the difference known? */
bool clock_fit_is_known(const struct clock_fit *f);
/* Is it more than recording takes? */
bool clock_fit_differs(const struct clock_fit *f);

#endif
