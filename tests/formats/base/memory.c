#include "formats/base/memory.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static long faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

/* What grows in small steps keeps its bytes. */
Test(memory, grows)
{
    unsigned *v = NULL;
    size_t capacity = 0;
    for (unsigned i = 0; i < 100000; i++) {
        v = memory_grow(v, &capacity, i + 1, sizeof *v);
        v[i] = i;
    }
    cr_expect_geq(capacity, 100000);
    for (unsigned i = 0; i < 100000; i++)
        cr_assert_eq(v[i], i);
    free(v);
}

/* Large arrays are moved by the kernel, not copied: each page is touched once, or less
 * where the pages are large. */
Test(memory, large_arrays_are_not_copied)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip("the sanitizer's realloc() copies");
#endif
    enum { SIZE = 64 << 20, STEP = 256 << 10 };
    uint8_t *v = NULL;
    size_t capacity = 0;
    long before = faults(), pages = SIZE / sysconf(_SC_PAGESIZE);
    for (size_t n = 0; n < SIZE; n += STEP) {
        v = memory_grow(v, &capacity, n + STEP + 1, 1); /* as what ends with a NUL */
        memset(v + n, 1, STEP);
    }
    cr_expect_leq(faults() - before, pages + pages / 4);
    free(v);
}
