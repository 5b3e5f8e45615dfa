#include "formats/base/arena.h"

#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdlib.h>

Test(arena, memory_is_zeroed_aligned_and_separate)
{
    struct arena a = ARENA_INIT;
    uint8_t *before = NULL;
    for (size_t n = 0; n < 5000; n += 7) {
        uint8_t *p = arena_alloc(&a, n);
        cr_assert_not_null(p);
        /* What has a size of n needs no more than the largest power of two in n. */
        for (size_t two = 1; two <= alignof(max_align_t) && n % two == 0; two *= 2)
            cr_assert_eq((uintptr_t)p % two, 0);
        for (size_t i = 0; i < n; i++)
            cr_assert_eq(p[i], 0);
        memset(p, 0xa5, n);
        if (before)
            cr_assert(n == 7 || before[0] == 0xa5);
        before = p;
    }
    arena_release(&a);
}

Test(arena, large_allocations_leave_the_current_block_in_use)
{
    struct arena a = ARENA_INIT;
    uint8_t *small = arena_alloc(&a, 16);
    uint8_t *large = arena_alloc(&a, 10 << 20);
    memset(large, 1, 10 << 20);
    uint8_t *next = arena_alloc(&a, 16);
    cr_expect_eq(next - small, 16);
    cr_expect_geq(a.used, (10 << 20) + 32);
    arena_release(&a);
    cr_expect_eq(a.used, 0);
    cr_expect_null(a.head);
}

/* Beyond a few MiB it takes large pages: what was written before stays, and what comes is
 * zeroed, separate and aligned as ever, also where a large allocation comes between. */
Test(arena, many_allocations_are_as_few)
{
    struct arena a = ARENA_INIT;
    enum { EACH = 3000, COUNT = 6000 };
    static uint8_t *all[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        all[i] = arena_alloc(&a, EACH);
        for (size_t k = 0; k < EACH; k++)
            cr_assert_eq(all[i][k], 0);
        memset(all[i], (int)(i % 255) + 1, EACH);
        if (i % 1000 == 999)
            memset(arena_alloc(&a, 5 << 20), 0xff, 5 << 20);
    }
    for (size_t i = 0; i < COUNT; i++) {
        cr_assert_eq(all[i][0], i % 255 + 1);
        cr_assert_eq(all[i][EACH - 1], i % 255 + 1);
    }
    cr_expect_eq(a.used / (1 << 20), (COUNT * EACH + 6 * (5 << 20)) / (1 << 20));
    arena_release(&a);
}

Test(arena, copies_are_terminated_but_not_longer)
{
    struct arena a = ARENA_INIT;
    struct bytes b = arena_copy(&a, BYTES("a\0b"));
    cr_expect(bytes_eq(b, BYTES("a\0b")));
    cr_expect_eq(b.p[3], 0);
    cr_expect_str_eq(arena_string(&a, BYTES_NONE), "");
    cr_expect_str_eq(arena_printf(&a, "%s-%d", "x", 42), "x-42");
    cr_expect_str_eq(arena_printf(&a, "%*d", 5000, 1) + 4999, "1");
    arena_release(&a);
}

Test(arena, octets_are_packed)
{
    struct arena a = ARENA_INIT;
    for (size_t i = 0; i < 100; i++)
        arena_copy(&a, BYTES("23 octets, and a NUL..."));
    cr_expect_eq(a.used, 100 * 24);
    arena_copy(&a, BYTES("odd."));
    uint64_t *aligned = arena_new(&a, uint64_t);
    cr_expect_eq((uintptr_t)aligned % alignof(uint64_t), 0);
    arena_release(&a);
}

Test(arena, can_be_used_again_after_release)
{
    struct arena a = ARENA_INIT;
    int *v = arena_array(&a, int, 1000);
    v[999] = 1;
    arena_release(&a);
    arena_release(&a);
    v = arena_new(&a, int);
    cr_expect_eq(*v, 0);
    arena_release(&a);
}

/* What is large stays where it is, whatever comes before and behind; all of it ends with
 * the arena (the sanitizer's leak check). */
Test(arena, adopts_what_was_allocated)
{
    static const size_t sizes[] = {0, 1, 100, 70000, 3 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int before = 0; before < 2; before++) {
            struct arena a = ARENA_INIT;
            if (before)
                arena_alloc(&a, 24);
            uint8_t *p = malloc(sizes[i] + 1);
            memset(p, 'x', sizes[i] + 1);
            struct bytes all = arena_adopt(&a, p, sizes[i]);
            cr_expect_eq(all.n, sizes[i]);
            cr_expect_eq(all.p[all.n], '\0');
            cr_expect(all.n == 0 || (all.p[0] == 'x' && all.p[all.n - 1] == 'x'));
            cr_expect(all.n < 70000 || all.p == p);
            cr_expect_gt(a.used, sizes[i]);
            uint8_t *small = arena_alloc(&a, 16);
            cr_expect_eq((uint8_t *)arena_alloc(&a, 16) - small, 16);
            arena_reset(&a);
            arena_release(&a);
        }
    }
}
