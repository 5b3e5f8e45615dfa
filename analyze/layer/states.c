#include "analyze/layer/states.h"

#include <stdlib.h>

#include "formats/base/memory.h"

/* A number with this bit is that of a plain state; of the others 0 is STATE_NEVER. */
#define PLAIN (UINT32_C(1) << 31)

/* An item that stands for itself. Layers come one upon the other, so that those of one
 * are a run; what has a lower one was moved, and is kept as a whole. */
static bool is_plain(const struct states *all, const struct state *s)
{
    return s->present && s->item && s->inode == s->item && s->data == s->item &&
           !s->copied_up && !s->claimed && s->absence == ABSENT_NEVER &&
           (all->run_count == 0 || s->layer >= all->runs[all->run_count - 1].layer);
}

static uint32_t put_plain(struct states *all, const struct state *s)
{
    uint32_t at = (uint32_t)all->plain_count;
    if (all->run_count == 0 || all->runs[all->run_count - 1].layer != s->layer) {
        all->runs = memory_grow(all->runs, &all->run_capacity, all->run_count + 1,
                                sizeof *all->runs);
        all->runs[all->run_count++] = (struct state_run){at, s->layer};
    }
    all->plain =
        memory_grow(all->plain, &all->plain_capacity, at + (size_t)1, sizeof *all->plain);
    all->plain[all->plain_count++] = s->item;
    return PLAIN | at;
}

static bool same(const struct state *a, const struct state *b)
{
    return a->item == b->item && a->inode == b->inode && a->data == b->data &&
           a->layer == b->layer && a->present == b->present &&
           a->copied_up == b->copied_up && a->claimed == b->claimed &&
           a->absence == b->absence;
}

uint32_t states_put(struct states *all, const struct state *s)
{
    static const struct state never;
    size_t n = all->other_count;
    if (is_plain(all, s))
        return put_plain(all, s);
    if (same(s, &never))
        return STATE_NEVER;
    if (n && same(s, &all->other[n - 1]))
        return (uint32_t)n;
    all->other = memory_grow(all->other, &all->other_capacity, n + 1, sizeof *all->other);
    all->other[all->other_count++] = *s;
    return (uint32_t)n + 1;
}

static uint16_t layer_of(const struct states *all, uint32_t at)
{
    size_t low = 0, high = all->run_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (all->runs[middle].first <= at)
            low = middle;
        else
            high = middle;
    }
    return all->runs[low].layer;
}

struct state states_get(const struct states *all, uint32_t number)
{
    if (number == STATE_NEVER)
        return (struct state){0};
    if (!(number & PLAIN))
        return all->other[number - 1];
    uint32_t at = number & ~PLAIN;
    const struct item *i = all->plain[at];
    return (struct state){
        .item = i, .inode = i, .data = i, .layer = layer_of(all, at), .present = true};
}

void states_release(struct states *all)
{
    free(all->plain);
    free(all->runs);
    free(all->other);
    *all = (struct states){0};
}
