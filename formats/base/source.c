#include "formats/base/source.h"

int source_drain(struct source *s)
{
    struct bytes block;
    int more;
    while ((more = source_next(s, &block)) > 0)
        ;
    return more;
}

static int memory_next(struct source *s, struct bytes *block)
{
    struct memory_source *m = (struct memory_source *)s;
    if (m->left.n == 0)
        return 0;
    *block = bytes_sub(m->left, 0, m->block ? m->block : SIZE_MAX);
    m->left = bytes_from(m->left, block->n);
    return 1;
}

static int memory_seek(struct source *s, uint64_t offset)
{
    struct memory_source *m = (struct memory_source *)s;
    m->left = bytes_from(m->all, offset < m->all.n ? (size_t)offset : m->all.n);
    return 0;
}

struct memory_source memory_source_of(struct bytes all, size_t block)
{
    return (struct memory_source){
        .source = {.next = memory_next, .seek = memory_seek, .size = all.n},
        .all = all,
        .left = all,
        .block = block,
    };
}

static int head_next(struct source *s, struct bytes *block)
{
    struct head_source *h = (struct head_source *)s;
    if (h->head.n) {
        *block = h->head;
        h->head = BYTES_NONE;
        return 1;
    }
    int more = source_next(h->rest, block);
    s->fault = h->rest->fault;
    s->held = h->rest->held;
    return more;
}

static int head_seek(struct source *s, uint64_t offset)
{
    struct head_source *h = (struct head_source *)s;
    h->head = BYTES_NONE;
    return h->rest->seek(h->rest, offset);
}

struct head_source head_source_of(struct bytes head, struct block *held,
                                  struct source *rest)
{
    return (struct head_source){
        .source = {.next = head_next,
                   .seek = rest->seek ? head_seek : NULL,
                   .size = rest->size,
                   .held = held,
                   .pool = rest->pool},
        .rest = rest,
        .head = head,
    };
}
