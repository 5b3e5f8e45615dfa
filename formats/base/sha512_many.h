/* SHA-512 and its shorter sisters of several independent streams at once (FIPS 180-4):
 * like sha256_many.h, with eight streams in the lanes of AVX-512, else one after the
 * other through OpenSSL. No processor of today has instructions for it in use.
 */
#ifndef FORMATS_BASE_SHA512_MANY_H
#define FORMATS_BASE_SHA512_MANY_H

#include "formats/base/digest.h"

#define SHA512_BLOCK     128 /* octets */
#define SHA512_MAX_LANES 8

struct sha512_stream {
    uint64_t h[8];
    uint64_t blocks; /* compressed so far */
};

/* How many streams should go at once: 8 or 1. */
size_t sha512_lanes(void);

/* DIGEST_SHA512, DIGEST_SHA384 or DIGEST_SHA512_256, which differ in where they begin and
 * in how much of the end is told. */
void sha512_begin(struct sha512_stream *s, enum digest_algorithm algorithm);
/* Compresses `blocks` blocks of each of `n` streams, n <= SHA512_MAX_LANES; data[i] has
 * blocks * SHA512_BLOCK octets for streams[i]. */
void sha512_compress(struct sha512_stream *const streams[], const uint8_t *const data[],
                     size_t n, size_t blocks);
/* The last octets of a stream, fewer than SHA512_BLOCK, and all 64 octets of the end. */
void sha512_end(struct sha512_stream *s, struct bytes tail, uint8_t digest[64]);

#endif
