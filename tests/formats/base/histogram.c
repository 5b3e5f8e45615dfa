#include "formats/base/histogram.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "tests/sample.h"

/* Every length around the steps of the loop, in two parts, against counting one by one.
 */
Test(histogram, counts_each_octet)
{
    uint8_t octets[67];
    srand(7);
    for (size_t n = 0; n <= sizeof octets; n++) {
        struct histogram h = {0};
        uint64_t want[256] = {0};
        for (size_t i = 0; i < n; i++) {
            octets[i] = (uint8_t)(rand() % 5 ? rand() : 0);
            want[octets[i]]++;
        }
        histogram_add(&h, bytes_of(octets, n / 3));
        histogram_add(&h, bytes_of(octets + n / 3, n - n / 3));
        cr_assert_eq(h.size, n);
        cr_assert_arr_eq(h.counts, want, sizeof want, "%zu octets", n);
    }
}

/* By the definition: two values as often as each other are one bit, 256 are eight; three
 * to one is 0.811278 (python: -.75*log2(.75)-.25*log2(.25)). */
Test(histogram, entropy)
{
    struct histogram none = {0}, one = {0}, two = {0}, uneven = {0}, all = {0};
    uint8_t every[256];
    for (unsigned i = 0; i < 256; i++)
        every[i] = (uint8_t)i;
    histogram_add(&one, BYTES("aaaaaaaa"));
    histogram_add(&two, BYTES("abababab"));
    histogram_add(&uneven, BYTES("aaab"));
    histogram_add(&all, bytes_of(every, sizeof every));
    cr_assert_eq(histogram_entropy(&none), 0);
    cr_assert_eq(histogram_entropy(&one), 0);
    cr_assert_float_eq(histogram_entropy(&two), 1, 1e-12);
    cr_assert_float_eq(histogram_entropy(&uneven), 0.811278, 1e-6);
    cr_assert_float_eq(histogram_entropy(&all), 8, 1e-12);
}
