#include "formats/der.h"

#include <criterion/criterion.h>

static bool reads(struct bytes all, uint8_t tag, size_t content)
{
    struct der d;
    return der_next(&all, &d) && d.tag == tag && d.content.n == content;
}

Test(der, lengths_of_both_forms)
{
    static uint8_t longer[260] = {0x04, 0x82, 0x01, 0x00};
    cr_assert(reads(BYTES("\x02\x01\x05"), DER_INTEGER, 1));
    cr_assert(reads(BYTES("\x30\x00"), DER_SEQUENCE, 0));
    cr_assert(reads(bytes_of(longer, 260), DER_OCTETS, 256));
    cr_assert_not(reads(bytes_of(longer, 259), DER_OCTETS, 256));
}

Test(der, what_it_does_not_have)
{
    struct bytes rest = BYTES("\x30\x80\x00\x00"), before = rest;
    struct der d;
    cr_assert_not(der_next(&rest, &d), "the indefinite form");
    cr_assert(bytes_eq(rest, before), "and nothing was taken");
    cr_assert_not(reads(BYTES("\x04\x85\x01\x01\x01\x01\x01\x00"), DER_OCTETS, 0));
    cr_assert_not(reads(BYTES("\x1f\x81\x00\x00"), 0x1f, 0), "a tag of several octets");
    cr_assert_not(reads(BYTES("\x04\x05\x00"), DER_OCTETS, 5));
    cr_assert_not(reads(BYTES_NONE, 0, 0));
}

Test(der, digest_algorithms_by_their_identifiers)
{
    enum digest_algorithm a;
    cr_assert(der_digest_algorithm(
        BYTES("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00"), &a));
    cr_assert_eq(a, DIGEST_SHA512);
    cr_assert_not(
        der_digest_algorithm(BYTES("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x7f"), &a));
    cr_assert_not(der_digest_algorithm(BYTES("\x04\x01\x00"), &a));
}
