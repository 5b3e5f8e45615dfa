#include "formats/base/bisect.h"

#include <criterion/criterion.h>

/* The same by looking at each. */
static size_t first_from(const int *v, size_t from, size_t end, int wanted)
{
    while (from < end && v[from] < wanted)
        from++;
    return from;
}

Test(bisect, first_of_several_and_places_between)
{
    static const int v[] = {1, 3, 3, 3, 8, 9, 9, 20};
    for (size_t from = 0; from <= 8; from++)
        for (size_t end = from; end <= 8; end++)
            for (int wanted = 0; wanted < 22; wanted++) {
                size_t at;
                BISECT(at, from, end, v[at] < wanted);
                cr_assert_eq(at, first_from(v, from, end, wanted));
            }
}
