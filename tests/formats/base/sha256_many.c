#include "formats/base/sha256_many.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "formats/base/digest.h"

static void check(const uint8_t digest[32], const char *hex)
{
    char have[65];
    bytes_to_hex(bytes_of(digest, 32), have);
    cr_assert_str_eq(have, hex);
}

/* FIPS 180-4 examples (csrc.nist.gov, SHA256.pdf) and the empty message. */
Test(sha256_many, published_examples)
{
    struct sha256_stream s;
    uint8_t digest[32];
    sha256_begin(&s);
    sha256_end(&s, BYTES("abc"), digest);
    check(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_begin(&s);
    sha256_end(&s, BYTES("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
               digest);
    check(digest, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    sha256_begin(&s);
    sha256_end(&s, BYTES_NONE, digest);
    check(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* Every number of streams, every length of tail, against OpenSSL. */
static void against_openssl(size_t n, size_t blocks, size_t tail)
{
    struct sha256_stream streams[SHA256_MAX_LANES], *lanes[SHA256_MAX_LANES] = {0};
    const uint8_t *data[SHA256_MAX_LANES] = {0};
    size_t length = blocks * SHA256_BLOCK + tail;
    for (size_t i = 0; i < n; i++) {
        uint8_t *p = malloc(length + 1);
        for (size_t j = 0; j < length; j++)
            p[j] = (uint8_t)rand();
        data[i] = p;
        lanes[i] = &streams[i];
        sha256_begin(lanes[i]);
    }
    /* In two steps, so that a stream goes on where it was. */
    sha256_compress(lanes, data, n, blocks / 2);
    const uint8_t *rest[SHA256_MAX_LANES] = {0};
    for (size_t i = 0; i < n; i++)
        rest[i] = data[i] + blocks / 2 * SHA256_BLOCK;
    sha256_compress(lanes, rest, n, blocks - blocks / 2);
    for (size_t i = 0; i < n; i++) {
        uint8_t digest[32];
        sha256_end(lanes[i], bytes_of(data[i] + blocks * SHA256_BLOCK, tail), digest);
        struct digest want = digest_bytes(DIGEST_SHA256, bytes_of(data[i], length));
        cr_assert_arr_eq(digest, want.octets, 32, "stream %zu of %zu, %zu octets", i, n,
                         length);
        free((void *)(uintptr_t)data[i]);
    }
}

Test(sha256_many, streams_and_lengths)
{
    srand(1);
    for (size_t n = 1; n <= SHA256_MAX_LANES; n++)
        against_openssl(n, 1 + n * 7, n);
    for (size_t tail = 0; tail < SHA256_BLOCK; tail++)
        against_openssl(SHA256_MAX_LANES, 2, tail);
}
