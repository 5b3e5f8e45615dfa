#include "formats/base/fault.h"

#include <criterion/criterion.h>

#include "formats/base/limits.h"

Test(fault, the_first_ones_are_kept_and_the_rest_counted)
{
    struct faults f = {0};
    for (uint64_t i = 0; i < LIMIT_FAULTS + 10; i++)
        faults_add(&f, (struct fault){FAULT_VALUE, i, 1, 2});
    cr_expect_eq(f.n, LIMIT_FAULTS);
    cr_expect_eq(f.more, 10);
    for (uint64_t i = 0; i < LIMIT_FAULTS; i++)
        cr_expect_eq(f.v[i].offset, i);
    faults_release(&f);
    cr_expect(f.n == 0 && f.v == NULL);
    faults_add(NULL, (struct fault){FAULT_VALUE, 0, 0, 0});
}

/* Names stand in JSON outputs: each is there, in lower case, and only once. */
Test(fault, names_are_unique)
{
    for (int i = FAULT_NONE + 1; i < FAULT_COUNT; i++) {
        const char *name = fault_name((enum fault_code)i);
        cr_assert(name && *name);
        cr_expect(fault_text((enum fault_code)i)[0]);
        cr_expect_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name), "%s",
                     name);
        for (int j = FAULT_NONE + 1; j < i; j++)
            cr_expect_str_neq(name, fault_name((enum fault_code)j));
    }
}
