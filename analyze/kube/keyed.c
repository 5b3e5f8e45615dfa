#include "analyze/kube/keyed.h"

#include <stdlib.h>

int keyed_compare(const struct keyed *a, const struct keyed *b, keyed_order *order)
{
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return order(a->r, b->r);
}

struct ordering {
    keyed_order *order;
};

static int compare(const void *a, const void *b, void *context)
{
    const struct ordering *o = context;
    return keyed_compare(a, b, o->order);
}

void keyed_sort(struct keyed *v, size_t n, keyed_order *order)
{
    struct ordering o = {order};
    if (n > 1)
        qsort_r(v, n, sizeof *v, compare, &o);
}

uint64_t keyed_names(const struct bytes *names, size_t n)
{
    uint64_t h = BYTES_HASH;
    for (size_t i = 0; i < n; i++)
        h = bytes_hash(bytes_hash(h, names[i]), BYTES("\0"));
    return h;
}
