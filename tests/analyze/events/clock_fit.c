/* Clock fit: offset and drift that were put in come out, whatever else is among the
 * pairs. */
#include "analyze/events/clock_fit.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define MINUTE (60 * NANOSECONDS)

/* Pairs a minute apart, with latencies of up to 40 ms, the second clock shifted. */
static void make(struct clock_pair *v, size_t n, int64_t offset, double drift)
{
    for (size_t i = 0; i < n; i++) {
        instant at = (instant)i * MINUTE;
        int64_t latency = (int64_t)(i * 7919 % 40) * 1000000;
        v[i] = (struct clock_pair){.at = at,
                                   .difference =
                                       offset + latency + (int64_t)(drift * (double)at),
                                   .first = (uint32_t)i};
    }
}

static struct clock_fit fit(struct clock_pair *v, size_t n)
{
    struct clock_fit f;
    cr_assert(clock_fit(v, n, &f));
    return f;
}

static void expect_near(int64_t got, int64_t want, int64_t within)
{
    cr_expect(llabs(got - want) <= within, "got %lld, want %lld within %lld",
              (long long)got, (long long)want, (long long)within);
}

Test(clock_fit, no_pairs_give_no_fit)
{
    struct clock_fit f;
    cr_expect_not(clock_fit(NULL, 0, &f));
}

Test(clock_fit, an_offset_is_found_within_its_uncertainty)
{
    struct clock_pair v[20];
    make(v, 20, -37 * NANOSECONDS, 0);
    struct clock_fit f = fit(v, 20);
    cr_expect_eq(f.pairs, 20);
    cr_expect_eq(f.drift, 0);
    expect_near(f.offset, -37 * NANOSECONDS, f.uncertainty);
    /* Half of the latencies, and the tenth of a second that a recorder may lag. */
    cr_expect_lt(f.uncertainty, NANOSECONDS / 20 + NANOSECONDS / 10);
    cr_expect(clock_fit_is_known(&f) && clock_fit_differs(&f));
}

Test(clock_fit, clocks_that_agree_do_not_differ)
{
    struct clock_pair v[20];
    make(v, 20, 0, 0);
    struct clock_fit f = fit(v, 20);
    cr_expect(clock_fit_is_known(&f) && !clock_fit_differs(&f));
}

Test(clock_fit, a_drift_is_found_and_a_difference_told_at_any_time)
{
    struct clock_pair v[120];
    make(v, 120, 90 * NANOSECONDS, 0.0002);
    struct clock_fit f = fit(v, 120);
    cr_expect(f.drift > 0.00018 && f.drift < 0.00022, "drift %g", f.drift);
    cr_expect(f.drift_uncertainty > 0 && f.drift_uncertainty < 0.0001);
    expect_near(clock_difference(&f, 0), 90 * NANOSECONDS, NANOSECONDS / 10);
    expect_near(clock_difference(&f, 100 * MINUTE), 91200 * (NANOSECONDS / 1000),
                NANOSECONDS / 10);
}

Test(clock_fit, a_drift_larger_than_the_latency_is_still_voted_for)
{
    struct clock_pair v[60];
    make(v, 60, 5 * NANOSECONDS, -0.01);
    struct clock_fit f = fit(v, 60);
    cr_expect(f.drift < -0.0099 && f.drift > -0.0101, "drift %g", f.drift);
    cr_expect_eq(f.pairs, 60);
}

Test(clock_fit, pairs_that_are_none_do_not_pull)
{
    struct clock_pair v[40];
    make(v, 20, 12 * NANOSECONDS, 0);
    make(v + 20, 20, 0, 0);
    for (size_t i = 20; i < 40; i++) {
        v[i].first = (uint32_t)i;
        v[i].difference = (int64_t)(i * 977 % 600) * NANOSECONDS;
    }
    struct clock_fit f = fit(v, 40);
    expect_near(f.offset, 12 * NANOSECONDS, NANOSECONDS / 10);
    cr_expect(clock_fit_is_known(&f));
}

Test(clock_fit, two_offsets_with_as_many_pairs_are_not_known)
{
    struct clock_pair v[16];
    make(v, 8, 0, 0);
    make(v + 8, 8, 3600 * NANOSECONDS, 0);
    for (size_t i = 8; i < 16; i++)
        v[i].first = (uint32_t)i;
    struct clock_fit f = fit(v, 16);
    cr_expect_not(clock_fit_is_known(&f));
}

Test(clock_fit, two_pairs_are_too_few)
{
    struct clock_pair v[2];
    make(v, 2, 60 * NANOSECONDS, 0);
    struct clock_fit f = fit(v, 2);
    cr_expect_not(clock_fit_is_known(&f));
}

Test(clock_fit, whole_seconds_leave_half_a_second_open)
{
    struct clock_pair v[10];
    make(v, 10, 60 * NANOSECONDS, 0);
    for (size_t i = 0; i < 10; i++)
        v[i].width = NANOSECONDS / 2;
    struct clock_fit f = fit(v, 10);
    cr_expect_geq(f.uncertainty, NANOSECONDS / 2);
    cr_expect(clock_fit_differs(&f));
}

/* One act of the first clock with many candidates counts once. */
Test(clock_fit, candidates_of_one_act_count_once)
{
    struct clock_pair v[8];
    make(v, 8, 0, 0);
    for (size_t i = 0; i < 8; i++)
        v[i].first = 0;
    struct clock_fit f = fit(v, 8);
    cr_expect_eq(f.pairs, 1);
}

Test(clock_fit, differences_of_centuries_do_not_overflow)
{
    struct clock_pair v[4];
    make(v, 4, INT64_MAX / 4, 0);
    v[3].difference = -(INT64_MAX / 4);
    struct clock_fit f = fit(v, 4);
    cr_expect_eq(f.pairs, 3);
}
