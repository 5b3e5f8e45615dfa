#include <criterion/criterion.h>
#include <stdlib.h>

#include "formats/base/byte_runs.h"
#include "formats/base/sieve.h"
#include "formats/base/vectors.h"

/* With each kind of instructions that the processor has. */
static void with_each(void (*test)(void))
{
    for (enum vectors most = VECTORS_NONE; most <= VECTORS_AVX512; most++) {
        vectors_limit(most);
        test();
    }
}

/* Bytes that look random, and text. */
static uint8_t *sample(size_t n)
{
    static const char text[] = "the token=ghp_x of user -u:p is kept \0\0 in k.e.y, Key ";
    uint8_t *p = malloc(n);
    uint32_t seed = 1;
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        p[i] = i / 200 % 2 ? (uint8_t)(seed >> 24) : (uint8_t)text[seed % 4 + i % 50];
    }
    return p;
}

static const char *const literals[] = {
    "key", "ken", "tok", "ghp", "-u:", "is ", "er ", "x o",
    "the", "of ", "kep", "in ", "e.y", ", K", "p i", "\x01\x02\x03",
};
enum { LITERALS = sizeof literals / sizeof *literals };

static struct sieve sieve_of_literals(void)
{
    struct sieve_shape shapes[LITERALS];
    for (size_t i = 0; i < LITERALS; i++)
        for (size_t j = 0; j < SIEVE_SHAPE; j++)
            shapes[i].at[j] = byte_set(bytes_of(literals[i] + j, 1), false);
    return sieve_of(shapes, LITERALS);
}

static bool stands(struct bytes text, size_t at)
{
    for (size_t i = 0; i < LITERALS; i++)
        if (bytes_starts(bytes_from(text, at), bytes_str(literals[i])))
            return true;
    return false;
}

/* More shapes than a sieve has places for: none is missed, whatever the length of the
 * text and wherever the walk begins, and little else is found. */
static void expect_all_literals(void)
{
    struct sieve s = sieve_of_literals();
    uint8_t *p = sample(5000);
    size_t wrong = 0;
    for (size_t n = 0; n < 5000; n += n < 200 ? 1 : 997)
        for (size_t from = 0; from <= n; from += n < 200 ? 13 : 501) {
            struct bytes text = bytes_of(p, n);
            struct sieve_walk w = sieve_walk(&s, text, from);
            size_t next = sieve_next(&w);
            for (size_t at = from; at < n; at++) {
                bool found = next == at;
                cr_assert(found || !stands(text, at), "%zu of %zu", at, n);
                wrong += n > 4000 && from == 0 && found && !stands(text, at);
                if (found)
                    next = sieve_next(&w);
            }
            cr_assert_eq(next, n);
        }
    cr_assert_lt(wrong, 50);
    free(p);
}

Test(sieve, misses_no_literal)
{
    with_each(expect_all_literals);
}

Test(sieve, finds_letters_of_either_case)
{
    struct sieve_shape shape;
    for (size_t i = 0; i < SIEVE_SHAPE; i++)
        shape.at[i] = byte_set(bytes_of("pwd" + i, 1), true);
    struct sieve s = sieve_of(&shape, 1);
    struct bytes text = BYTES("pwd PWD pWd p@d PW\x44 \xf0wd p\xf7"
                              "d");
    static const size_t want[] = {0, 4, 8, 16};
    struct sieve_walk w = sieve_walk(&s, text, 0);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        cr_assert_eq(sieve_next(&w), want[i]);
    cr_assert_eq(sieve_next(&w), text.n);
}

static bool in(struct byte_range r, int c)
{
    return c >= r.first && c <= r.last;
}

static bool is_member(const struct byte_runs *r, struct bytes b, size_t at)
{
    int next = at + 1 < b.n ? b.p[at + 1] : 0;
    return (in(r->any[0], b.p[at]) || in(r->any[1], b.p[at]) || in(r->any[2], b.p[at])) &&
           in(r->next, next);
}

/* The first place from `from` on where a run begins that the walk from `start` has not
 * told: what is before `start` is not looked at. */
static size_t slow_run(const struct byte_runs *r, struct bytes b, size_t from,
                       size_t start)
{
    for (size_t at = from; at < b.n; at++) {
        size_t n = 0, first = at;
        while (first + r->step <= at + b.n && at + n * r->step < b.n &&
               is_member(r, b, at + n * r->step))
            n++;
        bool goes_on = at >= start + r->step && is_member(r, b, at - r->step);
        if (n >= r->least && !goes_on)
            return at;
    }
    return b.n;
}

static void expect_runs(const struct byte_runs *r, struct bytes b, size_t start)
{
    struct byte_runs_walk w = byte_runs_walk(r, b, start);
    for (size_t at = start; at < b.n; at++) {
        size_t want = slow_run(r, b, at, start);
        at = byte_runs_next(&w);
        cr_assert_eq(at, want, "%zu, not %zu, of %zu from %zu", at, want, b.n, start);
    }
}

/* Runs of every length around the shortest, at every place of a word of marks. */
static void expect_all_runs(void)
{
    static const struct byte_runs words = {
        .any = {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}},
        .next = {0, 255},
        .least = 33,
        .step = 1,
    };
    static const struct byte_runs wide = {
        .any = {{' ', 0x7e}, {' ', 0x7e}, {' ', 0x7e}},
        .next = {0, 0},
        .least = 7,
        .step = 2,
    };
    static const char edges[] = "/:@[`{\x80\xff";
    uint8_t p[400];
    for (size_t n = 5; n < 140; n++)
        for (size_t at = 1; at < 130; at += 3) {
            memset(p, edges[n % 8], sizeof p);
            memset(p + at, "09AZaz"[at % 6], n);
            expect_runs(&words, bytes_of(p, sizeof p), at % 5 * 7);
            expect_runs(&words, bytes_of(p, at + n), 0);
            for (size_t i = 0; i < n; i++)
                p[at + i] = i % 2 ? 0 : 'a';
            expect_runs(&wide, bytes_of(p, sizeof p), 0);
            expect_runs(&wide, bytes_of(p, at + n), at % 3);
        }
}

Test(byte_runs, are_those_that_are_counted_one_by_one)
{
    with_each(expect_all_runs);
}
