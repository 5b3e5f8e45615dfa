/* Requests in order of something that a number stands for. They lie far apart in memory:
 * most comparisons should not have to go there. For analyze/kube/ only. */
#ifndef ANALYZE_KUBE_KEYED_H
#define ANALYZE_KUBE_KEYED_H

#include "analyze/kube/journal.h"

struct keyed {
    uint64_t key;
    struct request *r;
};

/* How requests of equal keys follow each other, and different ones whose keys are equal
 * by chance. */
typedef int keyed_order(const struct request *a, const struct request *b);

int keyed_compare(const struct keyed *a, const struct keyed *b, keyed_order *order);
void keyed_sort(struct keyed *v, size_t n, keyed_order *order);
/* Of names: one part is not taken for another. */
uint64_t keyed_names(const struct bytes *names, size_t n);

#endif
