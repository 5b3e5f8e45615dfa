/* Rhythm: silences are gaps where they break what the source does, and only there. */
#include "analyze/events/rhythm.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "formats/base/instant.h"

#define MINUTE (60 * NANOSECONDS)
#define HOUR   (60 * MINUTE)

static void add(struct intervals *v, size_t n, int64_t span)
{
    for (size_t i = 0; i < n; i++)
        intervals_add(v, span);
}

static bool is_gap(const struct intervals *v, int64_t silence)
{
    struct rhythm r = rhythm_of(v);
    return r.gap_after && silence > r.gap_after;
}

/* Knuth's MMIX generator, so that the intervals are the same everywhere. */
static double by_chance(uint64_t *state, double mean)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return -mean * log(((double)(*state >> 11) + 1) / 9007199254740993.0);
}

Test(rhythm, too_few_intervals_have_none)
{
    struct intervals v = {0};
    add(&v, 48, 2 * NANOSECONDS);
    add(&v, 1, HOUR);
    cr_expect_eq(rhythm_of(&v).gap_after, 0);
    cr_expect_eq(rhythm_of(&v).count, 49);
    add(&v, 1, 2 * NANOSECONDS);
    cr_expect(is_gap(&v, HOUR));
}

Test(rhythm, buckets_are_an_eighth_wide)
{
    for (int64_t span = 1; span < INT64_MAX / 3; span *= 3) {
        struct intervals v = {0};
        add(&v, 60, span);
        cr_expect_geq(rhythm_of(&v).middle, span);
        cr_expect_leq(rhythm_of(&v).middle - span, span / 8);
    }
}

Test(rhythm, the_longest_and_the_shortest_interval_count)
{
    struct intervals v = {0};
    add(&v, 60, 0);
    cr_expect_eq(rhythm_of(&v).usual, 0);
    cr_expect_eq(rhythm_of(&v).gap_after, 30 * NANOSECONDS);
    add(&v, 600, INT64_MAX);
    cr_expect_eq(rhythm_of(&v).usual, INT64_MAX);
    cr_expect_eq(rhythm_of(&v).gap_after, INT64_MAX);
}

Test(rhythm, steady_two_seconds)
{
    struct intervals v = {0};
    add(&v, 5000, 2 * NANOSECONDS);
    add(&v, 3, 10 * MINUTE); /* three removed places do not hide each other */
    cr_expect(is_gap(&v, 10 * MINUTE));
    cr_expect_not(is_gap(&v, 20 * NANOSECONDS));
}

Test(rhythm, steady_two_minutes)
{
    struct intervals v = {0};
    add(&v, 60, 2 * MINUTE);
    add(&v, 1, 15 * MINUTE);
    cr_expect(is_gap(&v, 15 * MINUTE));
    cr_expect_not(is_gap(&v, 8 * MINUTE));
}

Test(rhythm, bursts_with_quiet_nights)
{
    struct intervals v = {0};
    for (int day = 0; day < 7; day++) {
        add(&v, 400, NANOSECONDS / 5);
        add(&v, 20, 20 * MINUTE);
        add(&v, 1, 9 * HOUR);
    }
    cr_expect_not(is_gap(&v, 10 * HOUR));
    cr_expect(is_gap(&v, 40 * HOUR));
}

Test(rhythm, records_that_come_by_chance)
{
    struct intervals v = {0};
    uint64_t state = 7;
    double longest = 0;
    for (int i = 0; i < 20000; i++) {
        double span = by_chance(&state, 120e9);
        longest = fmax(longest, span);
        intervals_add(&v, (int64_t)span);
    }
    cr_expect_not(is_gap(&v, (int64_t)longest));
    cr_expect(is_gap(&v, 2 * HOUR)); /* e^-60 by chance */
}
