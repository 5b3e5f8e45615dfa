#include "formats/base/bytes.h"

#include <criterion/criterion.h>

Test(bytes, equality_and_order)
{
    cr_expect(bytes_eq(BYTES(""), BYTES_NONE));
    cr_expect(bytes_eq(BYTES("a\0b"), BYTES("a\0b")));
    cr_expect_not(bytes_eq(BYTES("a"), BYTES("ab")));
    cr_expect(bytes_is(bytes_str(NULL), ""));
    cr_expect_eq(bytes_compare(BYTES("a"), BYTES("ab")), -1);
    cr_expect_eq(bytes_compare(BYTES("b"), BYTES("ab")), 1);
    cr_expect_eq(bytes_compare(BYTES("\xff"), BYTES("a")), 1); /* unsigned */
    cr_expect_eq(bytes_compare(BYTES_NONE, BYTES("")), 0);
    cr_expect(bytes_eq_nocase(BYTES("AbZ"), BYTES("aBz")));
    cr_expect_not(bytes_eq_nocase(BYTES("["), BYTES("{"))); /* 0x20 apart, no letters */
    cr_expect_not(bytes_eq_nocase(BYTES("\xc4"), BYTES("\xe4")));
}

Test(bytes, starts_ends_contains)
{
    cr_expect(bytes_starts(BYTES("abc"), BYTES("ab")));
    cr_expect(bytes_starts(BYTES("abc"), BYTES_NONE));
    cr_expect_not(bytes_starts(BYTES("a"), BYTES("ab")));
    cr_expect(bytes_ends(BYTES("abc"), BYTES("bc")));
    cr_expect(bytes_ends(BYTES("abc"), BYTES_NONE));
    cr_expect(bytes_ends(BYTES_NONE, BYTES_NONE));
    cr_expect_not(bytes_ends(BYTES("c"), BYTES("bc")));
    cr_expect(bytes_contains(BYTES("abc"), BYTES("b")));
    cr_expect(bytes_contains(BYTES_NONE, BYTES_NONE));
    cr_expect_not(bytes_contains(BYTES("abc"), BYTES("x")));
}

Test(bytes, find)
{
    cr_expect_eq(bytes_find(BYTES("abab"), BYTES("ba")), 1);
    cr_expect_eq(bytes_find(BYTES("abab"), BYTES("x")), 4);
    cr_expect_eq(bytes_find(BYTES("abab"), BYTES("")), 0);
    cr_expect_eq(bytes_find(BYTES_NONE, BYTES("x")), 0);
    cr_expect_eq(bytes_find_byte(BYTES("a\0b"), 0), 1);
    cr_expect_eq(bytes_find_byte(BYTES_NONE, 'a'), 0);
    cr_expect_eq(bytes_rfind_byte(BYTES("abab"), 'a'), 2);
    cr_expect_eq(bytes_rfind_byte(BYTES("abab"), 'x'), 4);
}

Test(bytes, sub_is_clipped)
{
    struct bytes b = BYTES("abcd");
    cr_expect(bytes_is(bytes_sub(b, 1, 2), "bc"));
    cr_expect(bytes_is(bytes_sub(b, 3, SIZE_MAX), "d"));
    cr_expect_eq(bytes_sub(b, 4, 1).n, 0);
    cr_expect_eq(bytes_sub(b, SIZE_MAX, SIZE_MAX).n, 0);
    cr_expect(bytes_is(bytes_from(b, 2), "cd"));
    cr_expect_eq(bytes_from(BYTES_NONE, 0).n, 0);
}

Test(bytes, split)
{
    struct bytes rest = BYTES("a,,b,"), part;
    cr_expect(bytes_split(&rest, ',', &part) && bytes_is(part, "a"));
    cr_expect(bytes_split(&rest, ',', &part) && bytes_is(part, ""));
    cr_expect(bytes_split(&rest, ',', &part) && bytes_is(part, "b"));
    part = BYTES("untouched");
    cr_expect_not(bytes_split(&rest, ',', &part));
    cr_expect(bytes_is(part, "untouched"));
}

Test(bytes, trim)
{
    cr_expect(bytes_is(bytes_trim(BYTES(" \t\r\n\v\fa b \n")), "a b"));
    cr_expect_eq(bytes_trim(BYTES(" \n ")).n, 0);
    cr_expect(bytes_eq(bytes_trim(BYTES("\0a")), BYTES("\0a")));
}

Test(bytes, numbers)
{
    uint64_t u = 7;
    cr_expect(bytes_to_u64(BYTES("18446744073709551615"), &u) && u == UINT64_MAX);
    cr_expect(bytes_to_u64(BYTES("000"), &u) && u == 0);
    static const char *const wrong[] = {"",
                                        "+1",
                                        "-1",
                                        " 1",
                                        "1 ",
                                        "0x1",
                                        "1e3",
                                        "18446744073709551616",
                                        "99999999999999999999"};
    u = 7;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(bytes_to_u64(bytes_str(wrong[i]), &u), "%s", wrong[i]);
    cr_expect_eq(u, 7);
    int64_t s = 7;
    cr_expect(bytes_to_i64(BYTES("-9223372036854775808"), &s) && s == INT64_MIN);
    cr_expect(bytes_to_i64(BYTES("9223372036854775807"), &s) && s == INT64_MAX);
    s = 7;
    cr_expect_not(bytes_to_i64(BYTES("9223372036854775808"), &s));
    cr_expect_not(bytes_to_i64(BYTES("-9223372036854775809"), &s));
    cr_expect_not(bytes_to_i64(BYTES("-"), &s));
    cr_expect_not(bytes_to_i64(BYTES("--1"), &s));
    cr_expect_eq(s, 7);
}

Test(bytes, hex)
{
    uint8_t out[3] = {1, 2, 3};
    char text[7];
    cr_expect(bytes_from_hex(BYTES("00fFA5"), out, 3));
    cr_expect(out[0] == 0 && out[1] == 0xff && out[2] == 0xa5);
    bytes_to_hex(bytes_of(out, 3), text);
    cr_expect_str_eq(text, "00ffa5");
    cr_expect_not(bytes_from_hex(BYTES("00ff"), out, 3));
    cr_expect_not(bytes_from_hex(BYTES("00ff0"), out, 2));
    cr_expect_not(bytes_from_hex(BYTES("00fg00"), out, 3));
    cr_expect(out[1] == 0xff); /* nothing was written */
}

Test(bytes, classes_know_no_locale)
{
    for (unsigned c = 0; c < 256; c++) {
        bool hex = c && strchr("0123456789abcdefABCDEF", (int)c);
        cr_expect_eq(is_hex((uint8_t)c), hex, "%u", c);
        cr_expect_eq(is_digit((uint8_t)c), c >= '0' && c <= '9');
        cr_expect_eq(is_blank((uint8_t)c), c && strchr(" \t\n\v\f\r", (int)c) != NULL);
        cr_expect_eq(to_lower((uint8_t)c), c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
}

/* Every length of text and needle around the size of a vector and of pairs of them, every
 * place, against memmem(); and near misses, which have the same first and last byte. */
Test(bytes, find_at_every_place)
{
    uint8_t text[200], needle[40];
    for (size_t n = 1; n <= sizeof needle; n++) {
        for (size_t i = 0; i < n; i++)
            needle[i] = (uint8_t)(i == 0 ? 'a' : i == n - 1 ? 'z' : 'm');
        for (size_t size = 0; size <= sizeof text; size += 3) {
            for (size_t at = 0; at <= size; at++) {
                memset(text, 'a', sizeof text);
                if (at + n <= size)
                    memcpy(text + at, needle, n);
                if (n > 2 && at > n)
                    memcpy(text + at - n, needle, n - 2), text[at - 1] = 'z';
                const uint8_t *want = size ? memmem(text, size, needle, n) : NULL;
                cr_assert_eq(bytes_find(bytes_of(text, size), bytes_of(needle, n)),
                             want ? (size_t)(want - text) : size);
            }
        }
    }
}
