#include "formats/base/digest.h"

#include <criterion/criterion.h>

/* From sha256sum, sha512sum, …, b2sum and openssl dgst over "abc" (FIPS 180-2, FIPS 202).
 */
static const struct {
    const char *name, *abc;
} known[] = {
    {"sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"sha512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a2"
               "74fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {"sha384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba"
               "1e7cc2358baeca134c825a7"},
    {"sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
    {"sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"md5", "900150983cd24fb0d6963f7d28e17f72"},
    {"blake2b", "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c539"
                "2aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
    {"sha3-256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
    {"sha3-384", "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88ce"
                 "a927ac7f539f1edf228376d25"},
    {"sha3-512", "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e"
                 "9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"},
    {"sha512-256", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"},
};

Test(digest, known_answers)
{
    char hex[2 * DIGEST_MAX + 1];
    cr_assert_eq(sizeof known / sizeof *known, DIGEST_COUNT);
    for (size_t i = 0; i < DIGEST_COUNT; i++) {
        enum digest_algorithm algorithm;
        cr_assert(digest_by_name(bytes_str(known[i].name), &algorithm), "%s",
                  known[i].name);
        struct digest d = digest_bytes(algorithm, BYTES("abc"));
        cr_expect_str_eq(digest_hex(&d, hex), known[i].abc, "%s", known[i].name);
        cr_expect_eq(digest_size(algorithm) * 2, strlen(known[i].abc));
    }
}

Test(digest, names)
{
    enum digest_algorithm a;
    cr_expect(digest_by_name(BYTES("SHA-256"), &a) && a == DIGEST_SHA256);
    cr_expect(digest_by_name(BYTES("SHA256"), &a) && a == DIGEST_SHA256);
    cr_expect(digest_by_name(BYTES("sha2-256"), &a) && a == DIGEST_SHA256);
    cr_expect(digest_by_name(BYTES("SHA-1"), &a) && a == DIGEST_SHA1);
    cr_expect(digest_by_name(BYTES("SHA3-512"), &a) && a == DIGEST_SHA3_512);
    cr_expect(digest_by_name(BYTES("BLAKE2b"), &a) && a == DIGEST_BLAKE2B);
    a = DIGEST_MD5;
    cr_expect_not(digest_by_name(BYTES("sha25"), &a));
    cr_expect_not(digest_by_name(BYTES("sha2567"), &a));
    cr_expect_not(digest_by_name(BYTES(""), &a));
    cr_expect_not(digest_by_name(BYTES("crc32"), &a));
    cr_expect_eq(a, DIGEST_MD5);
}

Test(digest, only_broken_ones_are_weak)
{
    for (int i = 0; i < DIGEST_COUNT; i++)
        cr_expect_eq(digest_info((enum digest_algorithm)i)->weak,
                     i == DIGEST_MD5 || i == DIGEST_SHA1);
}

/* A set over many small updates is the same as each one over the whole. */
Test(digest, sets_are_computed_in_one_pass)
{
    uint8_t data[1000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 31);
    digest_set all = (DIGEST_BIT(DIGEST_COUNT) - 1) & ~DIGEST_BIT(DIGEST_MD5);
    struct digest_state *s = digest_state_new(all);
    for (size_t at = 0; at < sizeof data; at += 33)
        digest_state_update(s, bytes_sub(bytes_of(data, sizeof data), at, 33));
    digest_state_update(s, BYTES_NONE);
    digest_state_final(s);
    for (int i = 0; i < DIGEST_COUNT; i++) {
        enum digest_algorithm a = (enum digest_algorithm)i;
        const struct digest *got = digest_state_result(s, a);
        if (a == DIGEST_MD5) {
            cr_expect_null(got);
            continue;
        }
        struct digest want = digest_bytes(a, bytes_of(data, sizeof data));
        cr_assert_not_null(got);
        cr_expect(digest_eq(got, &want), "%s", digest_info(a)->name);
    }
    digest_state_free(s);
}

Test(digest, equality_looks_at_algorithm_and_octets)
{
    struct digest a = digest_bytes(DIGEST_SHA256, BYTES("a"));
    struct digest b = digest_bytes(DIGEST_SHA256, BYTES("b"));
    struct digest c = digest_bytes(DIGEST_SHA3_256, BYTES("a"));
    cr_expect(digest_eq(&a, &a));
    cr_expect_not(digest_eq(&a, &b));
    memcpy(c.octets, a.octets, sizeof a.octets);
    cr_expect_not(digest_eq(&a, &c));
}
