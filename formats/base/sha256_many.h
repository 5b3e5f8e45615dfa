/* SHA-256 of several independent streams at once (FIPS 180-4).
 *
 * One stream cannot use more than a fraction of a processor: each round waits for the one
 * before. Independent streams do not wait for each other: two of them interleaved keep
 * the SHA instructions busy, and sixteen go through the lanes of AVX-512 in little more
 * time than one.
 *
 * Which forms the processor has is found once, at run time, and each is tested against
 * OpenSSL before it is used; one that fails is left out, down to OpenSSL itself. For each
 * number of streams the form is taken that was the fastest when they were tested.
 */
#ifndef FORMATS_BASE_SHA256_MANY_H
#define FORMATS_BASE_SHA256_MANY_H

#include "formats/base/bytes.h"

#define SHA256_BLOCK     64 /* octets */
#define SHA256_MAX_LANES 16

struct sha256_stream {
    uint32_t h[8];
    uint64_t blocks; /* compressed so far */
};

/* How many streams should go at once for the most octets per second: 16, 8, 4, 2 or 1. */
size_t sha256_lanes(void);

void sha256_begin(struct sha256_stream *s);
/* Compresses `blocks` blocks of each of `n` streams, n <= SHA256_MAX_LANES; data[i] has
 * blocks * SHA256_BLOCK octets for streams[i]. */
void sha256_compress(struct sha256_stream *const streams[], const uint8_t *const data[],
                     size_t n, size_t blocks);
/* The last octets of a stream, fewer than SHA256_BLOCK, and its digest. */
void sha256_end(struct sha256_stream *s, struct bytes tail, uint8_t digest[32]);

/* The form that the processor has and that gave a wrong digest when it was tested, or
 * NULL: it is not used, and whoever reports digests should say so. */
const char *sha256_failed_form(void);

/* For tests and measurements: from now on this form alone does the work ("avx512",
 * "avx2", "sha-ni x4", "sha-ni x2", "sha-ni", "openssl"), odd streams one by one through
 * OpenSSL; NULL goes back to the choice. False when it is not there. Not while others
 * hash. */
bool sha256_use_only(const char *form);

#endif
