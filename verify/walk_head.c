/* The head of an item: the bytes by which it is told. */
#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "verify/walk_private.h"

/* A block as the source gave it, kept while more is read. */
static void begin_head(struct head *head, struct source *from, struct bytes block)
{
    head->bytes = block;
    head->held = from->held;
    if (head->held)
        block_hold(head->held);
}

static void append_to_head(struct head *head, size_t *capacity, struct bytes block)
{
    size_t n = head->buffer ? head->bytes.n : 0;
    head->buffer = memory_grow(head->buffer, capacity, n + block.n, 1);
    memcpy(head->buffer + n, block.p, block.n);
    head->bytes = bytes_of(head->buffer, n + block.n);
}

/* Reads on until LIMIT_HEAD bytes or the end are there. Blocks that are too short for it
 * are put together. */
int walk_read_head(struct source *from, struct head *head)
{
    struct bytes block;
    size_t capacity = 0;
    int more = source_next(from, &block);
    if (more <= 0)
        return more;
    begin_head(head, from, block);
    while (head->bytes.n < LIMIT_HEAD) {
        if (!head->held && !head->buffer)
            append_to_head(head, &capacity, head->bytes);
        more = source_next(from, &block);
        if (more <= 0)
            break;
        if (!head->buffer)
            append_to_head(head, &capacity, head->bytes);
        append_to_head(head, &capacity, block);
    }
    if (head->buffer) {
        block_release(head->held);
        head->held = NULL;
    }
    return more < 0 ? more : 0;
}

void walk_release_head(struct head *head)
{
    block_release(head->held);
    free(head->buffer);
    *head = (struct head){0};
}
