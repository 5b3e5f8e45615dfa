/* SHA-256 of several independent streams at once (FIPS 180-4).
 *
 * One stream cannot use more than a fraction of a wide processor: each round waits for
 * the one before. Independent streams do not wait for each other, so sixteen of them go
 * through the lanes of AVX-512 in little more time than one. Where the processor has
 * none, sha256_lanes() is 1 and streams go one after the other through OpenSSL, which
 * uses the SHA instructions.
 *
 * The form is chosen once, at run time, after a test against OpenSSL; if it fails its
 * test it is not used.
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

/* How many streams go at once: 16 or 1. */
size_t sha256_lanes(void);

void sha256_begin(struct sha256_stream *s);
/* Compresses `blocks` blocks of each of `n` streams, n <= SHA256_MAX_LANES; data[i] has
 * blocks * SHA256_BLOCK octets for streams[i]. A few streams go one after the other. */
void sha256_compress(struct sha256_stream *const streams[], const uint8_t *const data[],
                     size_t n, size_t blocks);
/* The last octets of a stream, fewer than SHA256_BLOCK, and its digest. */
void sha256_end(struct sha256_stream *s, struct bytes tail, uint8_t digest[32]);

#endif
