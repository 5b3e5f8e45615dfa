/* Source: bytes that are pulled block by block, from wherever they come.
 *
 * Files, archive members, decompressors and memory all look like this, so streams nest:
 * a tar in a zstd frame in a tar in a directory is four sources. The formats layer opens
 * nothing; whoever opens makes the source (verify/package.c; memory for tests and
 * fuzzing).
 */
#ifndef FORMATS_BASE_SOURCE_H
#define FORMATS_BASE_SOURCE_H

#include "formats/base/bytes.h"
#include "formats/base/fault.h"

struct block; /* block.h */
struct block_pool;

struct source {
    /* 1 and a non-empty block, 0 at the end (persistent), < 0 on our own failure
     * (-errno, persistent). The block is borrowed until the next call. When the bytes
     * cannot be read on for a reason in the evidence, `fault` is set and 0 returned. */
    int (*next)(struct source *s, struct bytes *block);
    struct fault fault; /* FAULT_NONE while all is well */

    /* What the last block stands in, so that it can be held beyond the next call; NULL
     * where it is borrowed. */
    struct block *held;
    /* Where a source that reads this one takes its blocks from; may be NULL. */
    struct block_pool *pool;

    /* Only where the bytes can be read in any order (zip and 7z need it), else NULL: the
     * next block begins at `offset`, which is at most `size`. 0 or < 0. */
    int (*seek)(struct source *s, uint64_t offset);
    uint64_t size;
    /* For who reads a little here and there: blocks need not be longer; 0: no matter. */
    size_t piece;
};

static inline int source_next(struct source *s, struct bytes *block)
{
    return s->next(s, block);
}

/* Reads and discards to the end. Returns 0 or < 0. */
int source_drain(struct source *s);

/* Memory as a source; `block` is the size in which it is handed out (0: all at once). */
struct memory_source {
    struct source source;
    struct bytes all, left;
    size_t block;
};
struct memory_source memory_source_of(struct bytes all, size_t block);

/* A source that first hands out bytes which were already read from another one; `held` is
 * the block that they stand in, or NULL. */
struct head_source {
    struct source source;
    struct source *rest;
    struct bytes head; /* borrowed */
};
struct head_source head_source_of(struct bytes head, struct block *held,
                                  struct source *rest);

#endif
