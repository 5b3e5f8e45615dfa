#include "analyze/kube/rates.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* 500 accounts over 1,000 minutes are more than are kept at once. */
#define ACCOUNTS 500
#define MINUTES  1000
#define MINUTE   (60 * NANOSECONDS)

static uint32_t counts[ACCOUNTS][MINUTES];

static uint32_t most(uint32_t user, size_t from, size_t until)
{
    uint32_t found = 0;
    for (size_t m = from; m < until; m++)
        found = counts[user][m] > found ? counts[user][m] : found;
    return found;
}

Test(rates, the_most_before_and_after_any_minute)
{
    struct rates *r = NULL;
    uint32_t before, after;
    srand(7);
    for (size_t m = 0; m < MINUTES; m++)
        for (size_t u = 0; u < ACCOUNTS; u++) {
            counts[u][m] = (uint32_t)(rand() % 4) + (rand() % 300 ? 0 : 9);
            for (uint32_t i = 0; i < counts[u][m]; i++)
                rates_count(&r, (uint32_t)u, (instant)m * MINUTE + i, false);
        }
    for (uint32_t u = 0; u < ACCOUNTS; u += 7)
        for (size_t m = 0; m <= MINUTES; m += 125) {
            rates_most(r, u, (instant)m * MINUTE, &before, &after);
            cr_assert_eq(before, most(u, 0, m), "account %u before minute %zu", u, m);
            cr_assert_eq(after, most(u, m, MINUTES), "account %u from minute %zu", u, m);
        }
    rates_free(r);
}

Test(rates, the_baseline_is_before_whenever_it_was)
{
    struct rates *r = NULL;
    uint32_t before, after;
    for (size_t i = 0; i < 5; i++)
        rates_count(&r, 1, 90 * MINUTE + (instant)i, true);
    for (size_t i = 0; i < 3; i++)
        rates_count(&r, 1, 90 * MINUTE + (instant)i, false);
    rates_count(&r, 2, 90 * MINUTE, false);
    rates_most(r, 1, 10 * MINUTE, &before, &after);
    cr_assert_eq(before, 5);
    cr_assert_eq(after, 3);
    rates_most(NULL, 1, 0, &before, &after);
    cr_assert_eq(before + after, 0);
    rates_free(r);
}
