#include "formats/base/order.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static size_t comparisons;

static int by_number(const void *a, const void *b)
{
    comparisons++;
    return *(const int *)a - *(const int *)b;
}

Test(order, nothing_and_one)
{
    int one = 7;
    sort_if_needed(NULL, 0, sizeof one, by_number);
    sort_if_needed(&one, 1, sizeof one, by_number);
    cr_expect_eq(one, 7);
}

Test(order, one_in_the_wrong_place)
{
    int v[100];
    for (size_t wrong = 0; wrong < 100; wrong++) {
        for (int i = 0; i < 100; i++)
            v[i] = i;
        v[wrong] = 1000 - v[wrong];
        sort_if_needed(v, 100, sizeof *v, by_number);
        for (size_t i = 1; i < 100; i++)
            cr_assert_leq(v[i - 1], v[i], "element %zu was out of order", wrong);
    }
}

Test(order, what_is_in_order_is_only_looked_at)
{
    int v[] = {1, 2, 2, 3, 9};
    comparisons = 0;
    sort_if_needed(v, 5, sizeof *v, by_number);
    cr_expect_eq(comparisons, 4);
}
