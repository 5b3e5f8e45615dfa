#include "formats/base/block.h"

#include <pthread.h>
#include <stdlib.h>

#include "formats/base/memory.h"

struct block_pool {
    pthread_mutex_t lock;
    pthread_cond_t returned;
    struct block *free;
    size_t threads;
    size_t most, out; /* out: not in `free` */
    size_t lent;
    atomic_uint waiting;
    void (*pressed)(void *context);
    void *context;
};

struct block_pool *block_pool_new(size_t most, size_t threads,
                                  void (*pressed)(void *context), void *context)
{
    struct block_pool *p = memory_new(1, sizeof *p);
    *p = (struct block_pool){
        .most = most, .threads = threads, .pressed = pressed, .context = context};
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->returned, NULL);
    return p;
}

size_t block_pool_threads(const struct block_pool *pool)
{
    return pool ? pool->threads : 1;
}

void block_pool_free(struct block_pool *pool)
{
    if (!pool)
        return;
    for (struct block *b = pool->free, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->returned);
    free(pool);
}

bool block_pool_is_pressed(struct block_pool *pool)
{
    return atomic_load(&pool->waiting) > 0;
}

/* Memory that nobody needs zeroed. */
static struct block *new_block(struct block_pool *pool)
{
    struct block *b = malloc(sizeof *b);
    if (!b)
        memory_exhausted();
    b->pool = pool;
    b->next = NULL;
    atomic_init(&b->holders, 1);
    return b;
}

/* Until a quarter is back: to wake up for each block would cost more than the blocks. */
static void wait_for_return(struct block_pool *pool)
{
    atomic_fetch_add(&pool->waiting, 1);
    if (pool->pressed) {
        pthread_mutex_unlock(&pool->lock);
        pool->pressed(pool->context);
        pthread_mutex_lock(&pool->lock);
    }
    while (pool->out > pool->most - pool->most / 4 && pool->lent)
        pthread_cond_wait(&pool->returned, &pool->lock);
    atomic_fetch_sub(&pool->waiting, 1);
}

struct block *block_take(struct block_pool *pool)
{
    if (!pool)
        return new_block(NULL);
    pthread_mutex_lock(&pool->lock);
    if (pool->out >= pool->most && pool->lent)
        wait_for_return(pool);
    struct block *b = pool->free;
    if (b)
        pool->free = b->next;
    pool->out++;
    pthread_mutex_unlock(&pool->lock);
    if (!b)
        return new_block(pool);
    atomic_store(&b->holders, 1);
    return b;
}

void block_hold(struct block *b)
{
    atomic_fetch_add(&b->holders, 1);
}

static void put_back(struct block *b)
{
    struct block_pool *pool = b->pool;
    pthread_mutex_lock(&pool->lock);
    b->next = pool->free;
    pool->free = b;
    pool->out--;
    if (pool->out <= pool->most - pool->most / 4)
        pthread_cond_broadcast(&pool->returned);
    pthread_mutex_unlock(&pool->lock);
}

void block_release(struct block *b)
{
    if (!b || atomic_fetch_sub(&b->holders, 1) > 1)
        return;
    if (b->pool)
        put_back(b);
    else
        free(b);
}

struct block *block_renew(struct block_pool *pool, struct block *b)
{
    if (b && atomic_load(&b->holders) == 1)
        return b;
    block_release(b);
    return block_take(pool);
}

static void count_lent(struct block_pool *pool, bool more)
{
    pthread_mutex_lock(&pool->lock);
    pool->lent += more ? 1 : (size_t)-1;
    if (pool->lent == 0)
        pthread_cond_broadcast(&pool->returned);
    pthread_mutex_unlock(&pool->lock);
}

void block_lend(struct block *b)
{
    block_hold(b);
    if (b->pool)
        count_lent(b->pool, true);
}

void block_return(struct block *b)
{
    struct block_pool *pool = b->pool;
    block_release(b);
    if (pool)
        count_lent(pool, false);
}
