#include "formats/base/workers.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "formats/base/memory.h"

struct slot {
    struct job *job;
    bool ran;
};

/* A ring of jobs in the order of submission. Positions only grow; each is taken modulo
 * `depth`, and finished <= started <= submitted <= finished + depth, always. */
struct workers {
    pthread_mutex_t lock;
    pthread_cond_t given, ran;
    struct slot *ring;
    size_t depth;
    size_t finished, started, submitted;
    pthread_t *threads;
    size_t thread_count; /* 0: jobs are run where they are submitted */
    bool ending;
};

static void *work(void *context)
{
    struct workers *w = context;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (w->started == w->submitted && !w->ending)
            pthread_cond_wait(&w->given, &w->lock);
        if (w->started == w->submitted)
            break;
        struct slot *slot = &w->ring[w->started++ % w->depth];
        pthread_mutex_unlock(&w->lock);
        slot->job->run(slot->job);
        pthread_mutex_lock(&w->lock);
        slot->ran = true;
        pthread_cond_signal(&w->ran);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* A machine that gives fewer threads than asked for gets the work done with those. */
static struct workers *start(size_t threads, size_t depth)
{
    struct workers *w = memory_new(1, sizeof *w);
    w->depth = depth;
    w->ring = memory_new(w->depth, sizeof *w->ring);
    w->threads = memory_new(threads, sizeof *w->threads);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->given, NULL);
    pthread_cond_init(&w->ran, NULL);
    while (w->thread_count < threads &&
           pthread_create(&w->threads[w->thread_count], NULL, work, w) == 0)
        w->thread_count++;
    return w;
}

struct workers *workers_new(size_t threads, size_t depth)
{
    return start(threads > 1 ? threads : 0, depth ? depth : 4 * threads);
}

struct workers *workers_beside(size_t depth)
{
    return start(1, depth);
}

static void finish(struct job *job)
{
    if (job->finish)
        job->finish(job);
}

/* Finishes the oldest job, waiting until it ran. The lock is held, but not in finish().
 */
static void finish_oldest(struct workers *w)
{
    struct slot *slot = &w->ring[w->finished % w->depth];
    while (!slot->ran)
        pthread_cond_wait(&w->ran, &w->lock);
    struct job *job = slot->job;
    pthread_mutex_unlock(&w->lock);
    finish(job);
    pthread_mutex_lock(&w->lock);
    w->finished++;
}

void workers_submit(struct workers *w, struct job *job)
{
    if (w->thread_count == 0) {
        job->run(job);
        finish(job);
        return;
    }
    pthread_mutex_lock(&w->lock);
    while (w->finished < w->submitted && (w->submitted - w->finished == w->depth ||
                                          w->ring[w->finished % w->depth].ran))
        finish_oldest(w);
    w->ring[w->submitted++ % w->depth] = (struct slot){job, false};
    pthread_cond_signal(&w->given);
    pthread_mutex_unlock(&w->lock);
}

void workers_wait_for(struct workers *w, const struct job *job)
{
    bool found = false;
    pthread_mutex_lock(&w->lock);
    while (!found && w->finished < w->submitted) {
        found = w->ring[w->finished % w->depth].job == job;
        finish_oldest(w);
    }
    pthread_mutex_unlock(&w->lock);
}

void workers_wait(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    while (w->finished < w->submitted)
        finish_oldest(w);
    pthread_mutex_unlock(&w->lock);
}

void workers_free(struct workers *w)
{
    if (!w)
        return;
    workers_wait(w);
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_broadcast(&w->given);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->thread_count; i++)
        pthread_join(w->threads[i], NULL);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->given);
    pthread_cond_destroy(&w->ran);
    free(w->threads);
    free(w->ring);
    free(w);
}
