#include "formats/base/sha256_many.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "formats/base/digest.h"
#include "formats/base/sha256_forms.h"
#include "tests/sample.h"

static const char *const forms[] = {"avx512",    "avx2",   "sha-ni x4",
                                    "sha-ni x2", "sha-ni", "openssl"};
#define FORMS (sizeof forms / sizeof *forms)

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

static void all_streams_and_lengths(void)
{
    for (size_t n = 1; n <= SHA256_MAX_LANES; n++)
        against_openssl(n, 1 + n * 7, n);
    for (size_t tail = 0; tail < SHA256_BLOCK; tail++)
        against_openssl(SHA256_MAX_LANES, 2, tail);
}

Test(sha256_many, streams_and_lengths)
{
    srand(1);
    all_streams_and_lengths();
}

Test(sha256_many, streams_and_lengths_in_every_form)
{
    srand(2);
    for (size_t i = 0; i < FORMS; i++) {
        if (sha256_use_only(forms[i]))
            all_streams_and_lengths();
    }
    cr_assert(sha256_use_only("openssl"), "OpenSSL is everywhere");
    cr_assert_eq(sha256_lanes(), 1);
    cr_assert_not(sha256_use_only("abacus"));
    cr_assert(sha256_use_only(NULL));
}

/* -- NIST's vectors (CAVP, SHA256ShortMsg and SHA256LongMsg) ------------------------- */

struct vector {
    uint8_t *message;
    size_t n, at;
    uint8_t digest[32];
    struct sha256_stream stream;
};

static struct bytes field(struct bytes *rest, const char *name)
{
    struct bytes line;
    while (bytes_split(rest, '\n', &line)) {
        line = bytes_trim(line);
        if (bytes_starts(line, bytes_str(name)))
            return bytes_from(line, strlen(name));
    }
    return BYTES_NONE;
}

static size_t read_vectors(const char *path, struct vector *v, size_t most)
{
    struct bytes all = sample(path), rest = all, length;
    size_t n = 0;
    for (; n < most && (length = field(&rest, "Len = ")).n; n++) {
        uint64_t bits;
        cr_assert(bytes_to_u64(length, &bits));
        v[n] = (struct vector){.n = (size_t)bits / 8};
        v[n].message = malloc(v[n].n + 1);
        struct bytes hex = bytes_sub(field(&rest, "Msg = "), 0, 2 * v[n].n);
        cr_assert(v[n].n == 0 || bytes_from_hex(hex, v[n].message, v[n].n));
        cr_assert(bytes_from_hex(field(&rest, "MD = "), v[n].digest, 32));
        sha256_begin(&v[n].stream);
    }
    sample_free(all);
    return n;
}

/* Compresses a block of every vector that has one left; false when none has. */
static bool step(struct vector *v, size_t n)
{
    struct sha256_stream *streams[SHA256_MAX_LANES] = {0};
    const uint8_t *data[SHA256_MAX_LANES] = {0};
    size_t active = 0;
    for (size_t i = 0; i < n; i++) {
        if (v[i].n - v[i].at < SHA256_BLOCK)
            continue;
        streams[active] = &v[i].stream;
        data[active++] = v[i].message + v[i].at;
        v[i].at += SHA256_BLOCK;
    }
    sha256_compress(streams, data, active, 1);
    return active;
}

static void check_vectors(const char *path)
{
    struct vector v[80];
    uint8_t digest[32];
    size_t n = read_vectors(path, v, 80);
    cr_assert_geq(n, 16);
    for (size_t at = 0; at < n; at += SHA256_MAX_LANES) {
        size_t taken = n - at < SHA256_MAX_LANES ? n - at : SHA256_MAX_LANES;
        while (step(v + at, taken))
            continue;
    }
    for (size_t i = 0; i < n; i++) {
        sha256_end(&v[i].stream, bytes_of(v[i].message + v[i].at, v[i].n - v[i].at),
                   digest);
        cr_assert_arr_eq(digest, v[i].digest, 32, "%s, message %zu", path, i);
        free(v[i].message);
    }
}

Test(sha256_many, nist_vectors_in_every_form)
{
    for (size_t i = 0; i < FORMS; i++) {
        if (!sha256_use_only(forms[i]))
            continue;
        check_vectors("corpus/samples/digest/SHA256ShortMsg.rsp");
        check_vectors("corpus/samples/digest/SHA256LongMsg.rsp");
    }
    sha256_use_only(NULL);
    check_vectors("corpus/samples/digest/SHA256LongMsg.rsp");
}

/* -- the test of the forms ----------------------------------------------------------- */

/* A processor that gets one bit of the last stream wrong. */
static void compress_wrong(struct sha256_stream *const streams[],
                           const uint8_t *const data[], size_t blocks)
{
    sha256_openssl.compress(streams, data, blocks);
    sha256_openssl.compress(streams + 1, data + 1, blocks);
    streams[1]->h[7] ^= 1;
}

Test(sha256_many, wrong_form_is_noticed)
{
    const struct sha256_form wrong = {.streams = 2, .compress = compress_wrong};
    cr_assert_not(sha256_form_works(&wrong));
    cr_assert(sha256_form_works(&sha256_openssl));
    cr_assert_null(sha256_failed_form());
}

/* One call of the wide form takes 80, of the pair 20, of the single one 15. */
Test(sha256_many, the_cheapest_form_for_each_number_of_streams)
{
    const struct sha256_form wide = {.streams = 16}, pair = {.streams = 2},
                             single = {.streams = 1};
    const struct sha256_form *these[] = {&wide, &pair, &single};
    const uint64_t cost[] = {80, 20, 15};
    cr_assert_eq(sha256_cheapest(these, cost, 3, 1), 2);
    cr_assert_eq(sha256_cheapest(these, cost, 3, 2), 1);
    cr_assert_eq(sha256_cheapest(these, cost, 3, 7), 1);
    cr_assert_eq(sha256_cheapest(these, cost, 3, 9), 0);
    cr_assert_eq(sha256_cheapest(these, cost, 3, 16), 0);
}

/* A form that a processor is bad at, or does not have, is not taken. */
Test(sha256_many, a_slow_form_is_left_out)
{
    const struct sha256_form four = {.streams = 4}, pair = {.streams = 2};
    const struct sha256_form *these[] = {&four, &pair};
    cr_assert_eq(sha256_cheapest(these, (uint64_t[]){400, 2}, 2, 4), 1);
    cr_assert_eq(sha256_cheapest(these, (uint64_t[]){1, 0}, 2, 1), 0);
    cr_assert_eq(sha256_cheapest(these, (uint64_t[]){0, 0}, 2, 1), 2);
}
