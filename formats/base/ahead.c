#include "formats/base/ahead.h"

#include <pthread.h>
#include <stdlib.h>

#include "formats/base/block.h"
#include "formats/base/memory.h"

/* Each side wakes the other when half of them are full, or free. */
#define BLOCKS_AHEAD  16
#define BLOCKS_BEFORE 2 /* that are read without a thread */

struct place {
    struct bytes bytes;
    struct block *in;
};

struct ahead_source {
    struct source source;
    struct source *from;
    size_t before;      /* blocks handed out without the thread */
    struct block *last; /* handed out, and held until the next call */
    bool runs;
    pthread_t thread;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* A ring; both only grow, taken modulo BLOCKS_AHEAD. */
    struct place places[BLOCKS_AHEAD];
    size_t read, given;
    bool ended, closing;
    int result; /* of the last call of `from` */
};

/* The block that holds the bytes, held for us; a copy where they are only borrowed. */
static struct place keep(struct ahead_source *a, struct bytes bytes)
{
    struct block *in = a->from->held;
    if (in) {
        block_hold(in);
        return (struct place){bytes, in};
    }
    in = block_take(a->source.pool);
    memcpy(in->octets, bytes.p, bytes.n);
    return (struct place){bytes_of(in->octets, bytes.n), in};
}

/* Waits for a free place; false when nobody reads on. */
static bool put(struct ahead_source *a, struct place place)
{
    pthread_mutex_lock(&a->lock);
    while (a->read - a->given == BLOCKS_AHEAD && !a->closing)
        pthread_cond_wait(&a->changed, &a->lock);
    bool closing = a->closing;
    if (!closing)
        a->places[a->read++ % BLOCKS_AHEAD] = place;
    if (a->read - a->given == BLOCKS_AHEAD / 2)
        pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
    if (closing)
        block_release(place.in);
    return !closing;
}

static void *read_on(void *context)
{
    struct ahead_source *a = context;
    struct bytes block;
    int more;
    bool wanted = true;
    while (wanted && (more = source_next(a->from, &block)) > 0) {
        for (struct bytes part; wanted && block.n; block = bytes_from(block, part.n)) {
            part = bytes_sub(block, 0, a->from->held ? SIZE_MAX : LIMIT_BLOCK);
            wanted = put(a, keep(a, part));
        }
    }
    pthread_mutex_lock(&a->lock);
    a->ended = true;
    a->result = wanted ? more : 0;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

/* Without the thread: before it is there, or where it cannot be had. */
static int read_here(struct ahead_source *a, struct bytes *block)
{
    int more = source_next(a->from, block);
    a->source.fault = a->from->fault;
    a->source.held = a->from->held;
    return more;
}

static int take(struct ahead_source *a, struct bytes *block)
{
    pthread_mutex_lock(&a->lock);
    while (a->given == a->read && !a->ended)
        pthread_cond_wait(&a->changed, &a->lock);
    bool more = a->given < a->read;
    if (a->read - a->given == BLOCKS_AHEAD / 2)
        pthread_cond_signal(&a->changed);
    if (more) {
        struct place *p = &a->places[a->given++ % BLOCKS_AHEAD];
        *block = p->bytes;
        a->last = a->source.held = p->in;
    }
    pthread_mutex_unlock(&a->lock);
    if (!more)
        a->source.fault = a->from->fault;
    return more ? 1 : a->result;
}

static int ahead_next(struct source *s, struct bytes *block)
{
    struct ahead_source *a = (struct ahead_source *)s;
    block_release(a->last);
    a->last = a->source.held = NULL;
    if (!a->runs && a->before++ >= BLOCKS_BEFORE)
        a->runs = pthread_create(&a->thread, NULL, read_on, a) == 0;
    return a->runs ? take(a, block) : read_here(a, block);
}

struct source *ahead_source_new(struct source *from)
{
    struct ahead_source *a = memory_new(1, sizeof *a);
    a->source = (struct source){.next = ahead_next, .pool = from->pool};
    a->from = from;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->changed, NULL);
    return &a->source;
}

void ahead_source_free(struct source *s)
{
    struct ahead_source *a = (struct ahead_source *)s;
    if (!a)
        return;
    if (a->runs) {
        pthread_mutex_lock(&a->lock);
        a->closing = true;
        pthread_cond_signal(&a->changed);
        pthread_mutex_unlock(&a->lock);
        pthread_join(a->thread, NULL);
    }
    block_release(a->last);
    while (a->given < a->read)
        block_release(a->places[a->given++ % BLOCKS_AHEAD].in);
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->changed);
    free(a);
}
