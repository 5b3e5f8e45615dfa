/* Journal: what was done with each case, so that a run which was killed goes on where it
 * was, with nothing done twice and nothing lost. One SQLite file in WAL mode, and one for
 * each shard at work. That a case is done is written (and synced) after its outputs are
 * on the disk in their place, never before.
 */
#ifndef ANALYZE_BATCH_JOURNAL_H
#define ANALYZE_BATCH_JOURNAL_H

#include "analyze/batch/plan.h"

enum work_state {
    WORK_WAITING,
    WORK_DONE,   /* outputs are in place */
    WORK_FAILED, /* no outputs: crashed, hung, out of memory, cannot be opened */
};

struct work {
    const char *path;
    uint64_t size;
    enum work_state state;
    bool gone;            /* the last scan did not find the package */
    int status;           /* exit status of the child, 0 to 3 */
    struct text reason;   /* why it failed, for people */
    struct text identity; /* tool and options that it was worked on with */
    struct text content;  /* listing digest (and digest of the archive); "": unknown */
    char stamp[PRINT_TEXT], shape[PRINT_TEXT]; /* plan.h */
    bool settled;
};
void work_release(struct work *w); /* all but the path */

struct journal;

/* Opens or makes it, and holds it alone: -EBUSY when another batch is at work on it. */
int journal_open(const char *path, struct journal **out);
/* For reading only, beside others who do so; it must have been closed. */
int journal_open_done(const char *path, struct journal **out);
void journal_close(struct journal *j); /* rolls back what was not committed */

/* Writes are on the disk after journal_commit; each 0 or < 0. */
int journal_begin(struct journal *j);
int journal_commit(struct journal *j);

/* 1 with the case (release it; its path is the argument), 0 when it is not known, or
 * < 0. */
int journal_find(struct journal *j, const char *path, struct work *out);
int journal_put(struct journal *j, const struct work *w);
/* A scan found these, and (with `all`) nothing else: new ones wait, others are gone. */
int journal_scanned(struct journal *j, const struct plan *plan, bool all);
/* Calls `each` for every case, by path. */
int journal_each(struct journal *j, void (*each)(void *context, const struct work *w),
                 void *context);

/* "OUT/journal.db", or that of a shard. Appends. */
void journal_path(const char *out, size_t shard, size_t shards, struct text *t);
/* Takes what the shards of earlier jobs did into OUT/journal.db, and removes theirs.
 * -EBUSY when one is at work. */
int journal_absorb(const char *out);

#endif
