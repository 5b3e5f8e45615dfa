/* Journal: what was done with each case, so that a run which was killed goes on where it
 * was, with nothing done twice and nothing lost. One SQLite file in WAL mode per shard; a
 * state is on disk before the next step begins.
 */
#ifndef ANALYZE_BATCH_JOURNAL_H
#define ANALYZE_BATCH_JOURNAL_H

#include "analyze/batch/plan.h"

enum work_state {
    WORK_WAITING,
    WORK_RUNNING, /* found so at the start: its run was killed */
    WORK_DONE,    /* outputs are in place */
    WORK_FAILED,  /* no outputs: crashed, hung, out of memory, cannot be opened */
};

struct work {
    const char *path;
    uint64_t size, fingerprint;
    enum work_state state;
    int status;         /* exit status of the child, 0 to 3 */
    struct text reason; /* why it failed, for people */
};

struct journal;

/* Opens or makes it, and holds it alone: -EBUSY when another batch is at work on it. What
 * was found WORK_RUNNING is WORK_WAITING. `identity` (tool version and options) differing
 * from what a case was done with makes it waiting again. */
int journal_open(const char *path, struct bytes identity, struct journal **out);
/* For reading only: --merge, --reverify. */
int journal_open_done(const char *path, struct journal **out);
void journal_close(struct journal *j);

/* The state of a case; one that is new, that changed, or (with `retry`) failed, waits. */
int journal_enter(struct journal *j, const struct planned *p, bool retry,
                  enum work_state *out);
int journal_begin(struct journal *j, const char *path);
int journal_end(struct journal *j, const struct work *w);
/* Calls `each` for every case, by path. 0 or < 0. */
int journal_each(struct journal *j, void (*each)(void *context, const struct work *w),
                 void *context);

#endif
