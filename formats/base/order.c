#include "formats/base/order.h"

#include <stdint.h>
#include <stdlib.h>

void sort_if_needed(void *v, size_t n, size_t size,
                    int (*compare)(const void *a, const void *b))
{
    const uint8_t *p = v;
    size_t i = 1;
    while (i < n && compare(p + (i - 1) * size, p + i * size) <= 0)
        i++;
    if (i < n)
        qsort(v, n, size, compare);
}
