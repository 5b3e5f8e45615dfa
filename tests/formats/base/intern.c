#include "formats/base/intern.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(intern, numbers_follow_the_order_of_first_sight)
{
    struct intern *t = intern_new();
    cr_expect_eq(intern_count(t), 0);
    cr_expect_eq(intern_put(t, BYTES("b")), 0);
    cr_expect_eq(intern_put(t, BYTES("a")), 1);
    cr_expect_eq(intern_put(t, BYTES("b")), 0);
    cr_expect_eq(intern_put(t, BYTES("")), 2);
    cr_expect_eq(intern_put(t, BYTES_NONE), 2);
    cr_expect_eq(intern_put(t, BYTES("a\0")), 3);
    cr_expect_eq(intern_count(t), 4);
    cr_expect(bytes_is(intern_get(t, 1), "a"));
    cr_expect(bytes_eq(intern_get(t, 3), BYTES("a\0")));
    intern_free(t);
    intern_free(NULL);
}

Test(intern, finds_only_what_was_put)
{
    struct intern *t = intern_new();
    uint32_t number = 7;
    cr_expect_not(intern_find(t, BYTES("x"), &number));
    cr_expect_eq(number, 7);
    intern_put(t, BYTES("w"));
    intern_put(t, BYTES("x"));
    cr_expect(intern_find(t, BYTES("x"), &number));
    cr_expect_eq(number, 1);
    intern_free(t);
}

Test(intern, keeps_its_own_copies_while_it_grows)
{
    struct intern *t = intern_new();
    char name[32];
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 100000; i++) {
            int n = snprintf(name, sizeof name, "string %u", i);
            cr_assert_eq(intern_put(t, bytes_of(name, (size_t)n)), i);
        }
    cr_expect_eq(intern_count(t), 100000);
    for (uint32_t i = 0; i < 100000; i += 999) {
        snprintf(name, sizeof name, "string %u", i);
        cr_expect(bytes_is(intern_get(t, i), name));
    }
    intern_free(t);
}

/* Strings of every length up to beyond two words of the hash, differing in one bit. */
Test(intern, lengths_and_single_bits)
{
    struct intern *t = intern_new();
    uint8_t b[40] = {0};
    uint32_t expected = 0;
    for (size_t n = 0; n <= sizeof b; n++) {
        cr_assert_eq(intern_put(t, bytes_of(b, n)), expected++);
        for (size_t bit = 0; bit < n * 8; bit++) {
            b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            cr_assert_eq(intern_put(t, bytes_of(b, n)), expected++);
            b[bit / 8] = 0;
        }
    }
    cr_expect_eq(intern_count(t), expected);
    intern_free(t);
}
