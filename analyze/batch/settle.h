/* Settle: what becomes of cases whose process has ended. In groups, on a thread of its
 * own, so that no processor waits for the disk: their outputs are synced, renamed to
 * their place, synced, and then written to the journal and to the search index.
 *
 * While a group is at work, journal and search index belong to that thread.
 */
#ifndef ANALYZE_BATCH_SETTLE_H
#define ANALYZE_BATCH_SETTLE_H

#include "analyze/batch/searchindex.h"
#include "analyze/batch/slot.h"

struct settler;

struct settler_use {
    const struct batch_options *options;
    struct journal *journal;
    struct search_index *search; /* NULL for a shard */
    void *context;
    /* Called by settler_tick and settler_end for each case that the journal now has;
     * the slot is released after it. */
    void (*settled)(void *context, const struct slot *s);
};

/* For at most `n` cases. What it points to is borrowed. */
struct settler *settler_new(const struct settler_use *use, size_t n);
/* The case has ended and was judged; it waits for its group. */
void settler_add(struct settler *s, struct slot *slot);
/* Begins a group when it is due, and takes back one that is done. 0, or our own error:
 * then nothing is written any more. Call it a few times a second. */
int settler_tick(struct settler *s);
/* Settles all that waits, and frees it. 0 or our own error. */
int settler_end(struct settler *s);

#endif
