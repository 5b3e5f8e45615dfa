/* Blocks: buffers that several hold at once, so that bytes are decoded into one place and
 * hashed there by another thread while a third one reads them.
 *
 * Whoever wants to keep the bytes of a block beyond the call that gave them holds it
 * (block_hold) and lets go of it later (block_release). It is not written to while more
 * than one hold it.
 *
 * A pool bounds the memory of a whole pipeline: block_take waits while more than so many
 * blocks are out, but only as long as some of them are lent to somebody who gives them
 * back on his own. So nobody waits for himself.
 */
#ifndef FORMATS_BASE_BLOCK_H
#define FORMATS_BASE_BLOCK_H

#include <stdatomic.h>

#include "formats/base/bytes.h"
#include "formats/base/limits.h"

struct block_pool;

struct block {
    atomic_uint holders;
    struct block_pool *pool; /* NULL: memory of its own */
    struct block *next;      /* in the pool */
    uint8_t octets[LIMIT_BLOCK];
};

/* `most` blocks before block_take waits; `threads` may decode into them. `pressed` (may
 * be NULL) is called, on any thread, when somebody waits for a block. */
struct block_pool *block_pool_new(size_t most, size_t threads,
                                  void (*pressed)(void *context), void *context);
/* 1 for NULL. */
size_t block_pool_threads(const struct block_pool *pool);
/* Whether somebody waits for a block. */
bool block_pool_is_pressed(struct block_pool *pool);
/* Every block must have been released. */
void block_pool_free(struct block_pool *pool);

/* A block with one holder; its bytes are undefined. `pool` may be NULL. */
struct block *block_take(struct block_pool *pool);
void block_hold(struct block *b);
void block_release(struct block *b); /* NULL is fine */
/* A block to write to in the place of `b` (or of NULL): `b` itself when the caller alone
 * holds it, else another one. */
struct block *block_renew(struct block_pool *pool, struct block *b);

/* Like hold and release, by somebody who gives it back without waiting for anyone. */
void block_lend(struct block *b);
void block_return(struct block *b);

#endif
