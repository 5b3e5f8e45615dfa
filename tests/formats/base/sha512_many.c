#include "formats/base/sha512_many.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void check(enum digest_algorithm algorithm, const char *hex)
{
    struct sha512_stream s;
    uint8_t digest[64];
    char have[129];
    sha512_begin(&s, algorithm);
    sha512_end(&s, BYTES("abc"), digest);
    bytes_to_hex(bytes_of(digest, digest_size(algorithm)), have);
    cr_assert_str_eq(have, hex);
}

/* FIPS 180-4 examples (csrc.nist.gov, SHA512.pdf, SHA384.pdf, SHA512_256.pdf). */
Test(sha512_many, published_examples)
{
    check(DIGEST_SHA512,
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
          "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    check(DIGEST_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
                         "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
    check(DIGEST_SHA512_256,
          "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
}

/* Every number of streams, every length of tail, against OpenSSL's EVP. */
static void against_openssl(enum digest_algorithm algorithm, size_t n, size_t blocks,
                            size_t tail)
{
    struct sha512_stream streams[SHA512_MAX_LANES], *lanes[SHA512_MAX_LANES] = {0};
    const uint8_t *data[SHA512_MAX_LANES] = {0}, *rest[SHA512_MAX_LANES] = {0};
    size_t length = blocks * SHA512_BLOCK + tail;
    for (size_t i = 0; i < n; i++) {
        uint8_t *p = malloc(length + 1);
        for (size_t j = 0; j < length; j++)
            p[j] = (uint8_t)rand();
        data[i] = p;
        rest[i] = p + blocks / 2 * SHA512_BLOCK;
        lanes[i] = &streams[i];
        sha512_begin(lanes[i], algorithm);
    }
    /* In two steps, so that a stream goes on where it was. */
    sha512_compress(lanes, data, n, blocks / 2);
    sha512_compress(lanes, rest, n, blocks - blocks / 2);
    for (size_t i = 0; i < n; i++) {
        uint8_t digest[64];
        sha512_end(lanes[i], bytes_of(data[i] + blocks * SHA512_BLOCK, tail), digest);
        struct digest want = digest_bytes(algorithm, bytes_of(data[i], length));
        cr_assert_arr_eq(digest, want.octets, digest_size(algorithm),
                         "stream %zu of %zu, %zu octets", i, n, length);
        free((void *)(uintptr_t)data[i]);
    }
}

Test(sha512_many, streams_and_lengths)
{
    srand(1);
    for (size_t n = 1; n <= SHA512_MAX_LANES; n++)
        against_openssl(n % 2 ? DIGEST_SHA512 : DIGEST_SHA384, n, 1 + n * 5, n);
    for (size_t tail = 0; tail < SHA512_BLOCK; tail += 3)
        against_openssl(DIGEST_SHA512_256, SHA512_MAX_LANES, 2, tail);
}
