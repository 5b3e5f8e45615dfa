/* Rhythm: how long a source is silent between its records, and from when on a silence is
 * news. Nothing is assumed of how intervals are distributed: a source is compared with
 * itself, and silences that it often had (its nights) are part of its rhythm.
 */
#ifndef ANALYZE_EVENTS_RHYTHM_H
#define ANALYZE_EVENTS_RHYTHM_H

#include <stdint.h>

/* Eight for each doubling, so that a quantile is at most an eighth too long. */
#define RHYTHM_BUCKETS 488

/* The intervals of a source by their length. {0} is empty. */
struct intervals {
    uint64_t counts[RHYTHM_BUCKETS];
};

/* `span`: nanoseconds, not negative. */
void intervals_add(struct intervals *v, int64_t span);
void intervals_append(struct intervals *v, const struct intervals *next);

/* In nanoseconds, rounded up to the end of a bucket; all 0 but `count` when there are too
 * few intervals to speak of a rhythm. */
struct rhythm {
    uint64_t count;
    int64_t middle;    /* half of the intervals are no longer */
    int64_t usual;     /* nor are 99 of 100, the longest three not counted */
    int64_t repeated;  /* as long a silence, or a longer one, came four times */
    int64_t gap_after; /* a longer silence is a gap */
};
struct rhythm rhythm_of(const struct intervals *v);

#endif
