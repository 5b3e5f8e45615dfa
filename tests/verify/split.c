#include "verify/split.h"

#include <criterion/criterion.h>

static void first(const char *name, const char *stem)
{
    struct bytes s = BYTES_NONE;
    cr_assert_eq(split_first(bytes_str(name), &s), stem != NULL, "%s", name);
    if (stem)
        cr_assert(bytes_is(s, stem), "%s", name);
}

Test(split, names_of_first_parts)
{
    first("x.tar.zst.001", "x.tar.zst");
    first("x.tar.zst.000", "x.tar.zst");
    first("x.zip.01", "x.zip");
    first("x.tar.part1", "x.tar");
    first("x.tar.PART01", "x.tar");
    first("x.tar-part1", "x.tar");
    first("x.tar.gz.aa", "x.tar.gz");
    first("x.tar.gz.partaa", "x.tar.gz");
    first("folder/x.tar.00", "folder/x.tar");
    first("folder/x.z01", "folder/x");
}

Test(split, names_that_are_none)
{
    static const char *const names[] = {
        "audit.log.1", "x.tar.002", "x.tar.010",     "x.part2", "x001", "data",
        ".001",        "a/.001",    "x.tar.0000001", "",        "x.ab", "part1",
        "x.z02",       "x.z1",      ".z01",          "a/.z01"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        first(names[i], NULL);
}

static void next(const char *name, const char *following)
{
    struct text t = {0};
    text_str(&t, name);
    cr_assert_eq(split_next(&t), following != NULL, "%s", name);
    if (following)
        cr_assert_str_eq(text_c(&t), following);
    text_release(&t);
}

Test(split, the_next_part)
{
    next("x.001", "x.002");
    next("x.099", "x.100");
    next("x.999", "x.1000");
    next("x.part9", "x.part10");
    next("x.aa", "x.ab");
    next("x.az", "x.ba");
    next("x.zz", NULL);
    next("x.", NULL);
    next("", NULL);
}

Test(split, volumes_of_zip)
{
    struct text t = {0};
    cr_assert(split_zip_last(BYTES("a/x.z07"), &t));
    cr_assert_str_eq(text_c(&t), "a/x.zip");
    cr_assert(split_zip_last(BYTES("X.Z123"), &t));
    cr_assert_str_eq(text_c(&t), "X.ZIP");
    cr_assert(split_zip_first(BYTES("a/x.zip"), &t));
    cr_assert_str_eq(text_c(&t), "a/x.z01");
    cr_assert_not(split_zip_last(BYTES("x.z1"), &t));
    cr_assert_not(split_zip_last(BYTES("x.zip"), &t));
    cr_assert_not(split_zip_first(BYTES("a/.zip"), &t));
    cr_assert_not(split_zip_first(BYTES("x.z01"), &t));
    text_release(&t);
    next("x.z09", "x.z10");
    next("x.z99", "x.z100");
}
