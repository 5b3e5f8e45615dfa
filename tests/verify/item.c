#include "verify/item.h"

#include <criterion/criterion.h>

#include "verify/finding.h"

static void normalises(const char *from, const char *to)
{
    struct text t = {0};
    path_normalise(bytes_str(from), &t);
    cr_assert_str_eq(text_c(&t), to, "%s", from);
    text_release(&t);
}

Test(item, names_of_archives_are_normalised)
{
    normalises("./etc//passwd", "etc/passwd");
    normalises("/etc/passwd", "etc/passwd");
    normalises("etc/", "etc");
    normalises("./", "");
    normalises("a/../b", "a/../b"); /* never resolved: it is a finding */
}

Test(item, names_are_ordered_as_their_normalised_bytes)
{
    static const char *const names[] = {
        "",    ".",    "./",  "a",     "a/",    "./a",     "/a",    "a//b",  "a/./b",
        "a/b", "a.b",  "a-b", "a/b/c", "a/b.c", "a/b/./c", "ab",    "a/b//", "..",
        ".a",  "a/..", "b",   "a0",    "a/\1",  "a\xff",   "a/\xff"};
    size_t n = sizeof names / sizeof *names;
    for (size_t i = 0; i < n * n; i++) {
        struct text a = {0}, b = {0};
        struct bytes x = bytes_str(names[i / n]), y = bytes_str(names[i % n]);
        path_normalise(x, &a);
        path_normalise(y, &b);
        cr_expect_eq(path_compare(x, y), bytes_compare(text_bytes(&a), text_bytes(&b)),
                     "%s, %s", names[i / n], names[i % n]);
        text_release(&a);
        text_release(&b);
    }
}

Test(verdict, nothing_becomes_verified_after_it_was_worse)
{
    enum verdict v = VERDICT_UNCHECKED;
    verdict_set(&v, VERDICT_VERIFIED);
    cr_assert_eq(v, VERDICT_VERIFIED);
    verdict_set(&v, VERDICT_MISMATCH);
    verdict_set(&v, VERDICT_VERIFIED);
    cr_assert_eq(v, VERDICT_MISMATCH);
    verdict_set(&v, VERDICT_UNCHECKED);
    cr_assert_eq(v, VERDICT_MISMATCH);
}

Test(item, roles_have_names_both_ways)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        enum role back;
        cr_assert(role_by_name(bytes_str(role_name((enum role)r)), &back));
        cr_assert_eq((int)back, r);
    }
    enum role untouched = ROLE_AUDIT_LOG;
    cr_assert_not(role_by_name(BYTES("nonsense"), &untouched));
    cr_assert_eq(untouched, ROLE_AUDIT_LOG);
}

Test(findings, order_is_total)
{
    static const struct finding_kind low = {"b", SEVERITY_LOW, "", "", "", ""};
    static const struct finding_kind high = {"a", SEVERITY_HIGH, "", "", "", ""};
    struct item one = {.id = 1}, two = {.id = 2};
    struct findings all = {0};
    struct finding f = finding_of(&low, BYTES("z"), (struct span){&two, 5, 1});
    findings_add(&all, &f);
    f = finding_of(&high, BYTES("y"), (struct span){&two, 9, 1});
    findings_add(&all, &f);
    f = finding_of(&high, BYTES("x"), (struct span){&one, 9, 1});
    findings_add(&all, &f);
    f = finding_of(&high, BYTES("w"), (struct span){&two, 9, 1});
    findings_add(&all, &f);
    findings_sort(&all);
    cr_assert(bytes_is(all.v[0]->subject, "x"));
    cr_assert(bytes_is(all.v[1]->subject, "w"));
    cr_assert(bytes_is(all.v[2]->subject, "y"));
    cr_assert(bytes_is(all.v[3]->subject, "z"));
    findings_release(&all);
}
