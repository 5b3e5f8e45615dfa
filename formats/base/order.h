/* Sorting what nearly always is in order already: members of archives that were packed in
 * the order of their names, files as they were listed. */
#ifndef FORMATS_BASE_ORDER_H
#define FORMATS_BASE_ORDER_H

#include <stddef.h>

/* As qsort(); one comparison for each element when they are in order. v may be NULL when
 * n is 0. */
void sort_if_needed(void *v, size_t n, size_t size,
                    int (*compare)(const void *a, const void *b));

#endif
