#include "analyze/kube/keyed.h"

#include <stdlib.h>

#include "formats/base/memory.h"

int keyed_compare(const struct keyed *a, const struct keyed *b, keyed_order *order)
{
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return order(a->r, b->r);
}

/* By one octet of the keys, `from` to `to`, those of equal octets in the order in which
 * they were. */
static void pass(const struct keyed *from, struct keyed *to, size_t n, unsigned shift)
{
    size_t at[256] = {0}, sum = 0;
    for (size_t i = 0; i < n; i++)
        at[from[i].key >> shift & 0xff]++;
    for (size_t i = 0; i < 256; i++) {
        size_t count = at[i];
        at[i] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[at[from[i].key >> shift & 0xff]++] = from[i];
}

struct ordering {
    keyed_order *order;
};

static int compare(const void *a, const void *b, void *context)
{
    const struct ordering *o = context;
    return keyed_compare(a, b, o->order);
}

/* An octet at a time from the last one: a comparison of what lies far apart costs more
 * than all eight passes. Only requests of one key are compared. */
void keyed_sort(struct keyed *v, size_t n, keyed_order *order)
{
    struct keyed *other = memory_new(n + 1, sizeof *other);
    struct ordering o = {order};
    for (unsigned shift = 0; shift < 64; shift += 16) {
        pass(v, other, n, shift);
        pass(other, v, n, shift + 8);
    }
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && v[to].key == v[from].key;)
            to++;
        if (to - from > 1)
            qsort_r(v + from, to - from, sizeof *v, compare, &o);
    }
    free(other);
}

uint64_t keyed_names(const struct bytes *names, size_t n)
{
    uint64_t h = BYTES_HASH;
    for (size_t i = 0; i < n; i++)
        h = bytes_hash(bytes_hash(h, names[i]), BYTES("\0"));
    return h;
}
