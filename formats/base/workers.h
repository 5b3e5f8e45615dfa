/* Workers: jobs done on several threads, finished in the order in which they were given.
 *
 * run() is called on any worker, at any time; finish() is called one job at a time, in
 * the order of submission, on the thread that calls workers_submit or workers_wait. So
 * output never depends on timing. With threads = 1 no thread is made and each job is run
 * and finished inside workers_submit: the serial twin, for tests and for debugging.
 */
#ifndef FORMATS_BASE_WORKERS_H
#define FORMATS_BASE_WORKERS_H

#include <stddef.h>

struct workers;

struct job {
    void (*run)(struct job *job);
    void (*finish)(struct job *job); /* may be NULL; may free the job */
};

/* `threads` >= 1; at most `depth` jobs are in flight (0: four for each thread), which
 * bounds memory: workers_submit finishes older jobs first and waits when it must. */
struct workers *workers_new(size_t threads, size_t depth);
/* One thread beside the caller's: jobs run one at a time, in the order given. */
struct workers *workers_beside(size_t depth);
void workers_submit(struct workers *w, struct job *job);
/* Until this job, which was given and is not finished, and all before it are. */
void workers_wait_for(struct workers *w, const struct job *job);
/* Until every job given so far is finished. */
void workers_wait(struct workers *w);
void workers_free(struct workers *w);

#endif
