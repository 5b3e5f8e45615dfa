/* Slot: one case while a process works on it. */
#ifndef ANALYZE_BATCH_SLOT_H
#define ANALYZE_BATCH_SLOT_H

#include "analyze/batch/batch.h"

struct slot {
    struct text package, output, log, verdict, threads;
    const char **argv;
    bool compares;    /* only hashes, to see whether the package is what it was */
    bool replaces;    /* the journal knows outputs of an earlier state or other options */
    struct work work; /* as it will stand in the journal */
};

/* Fills the slot and the task for the case `index` of the plan; places below OUT/work are
 * made empty. */
void slot_prepare(struct slot *s, const struct batch_options *o, const struct planned *p,
                  size_t index);
struct task slot_task(const struct slot *s, const struct batch_options *o);
/* After its process ended under the limit `memory` (0: none): fills in state, status,
 * reason and content. */
void slot_judge(struct slot *s, const struct ended *e, uint64_t memory);
/* Moves outputs and log to OUT/cases. 0 or -errno. */
int slot_put_in_place(const struct slot *s, const struct batch_options *o);
void slot_release(struct slot *s);

/* Removes them all, and OUT/work when nothing else is in it. */
int slots_clear(const struct batch_options *o);

#endif
