#include "formats/base/sha256_many.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <pthread.h>

/* FIPS 180-4, 4.2.2 and 5.3.3. */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
};
static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* -- one stream: OpenSSL's block function, from and to our state
 * ------------------------- */

/* The functions below EVP are deprecated, but EVP cannot go on from a given state. */
static SHA256_CTX context_of(const struct sha256_stream *s)
{
    uint64_t bits = s->blocks * SHA256_BLOCK * 8;
    SHA256_CTX c = {.Nl = (uint32_t)bits, .Nh = (uint32_t)(bits >> 32), .md_len = 32};
    memcpy(c.h, s->h, sizeof s->h);
    return c;
}

static void compress_alone(struct sha256_stream *s, const uint8_t *data, size_t blocks)
{
    SHA256_CTX c = context_of(s);
    SHA256_Update(&c, data, blocks * SHA256_BLOCK);
    memcpy(s->h, c.h, sizeof s->h);
}

/* -- sixteen streams: lane i of every vector belongs to stream i
 * --------------------------- */

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw")))

typedef uint32_t words __attribute__((vector_size(64)));

WIDE static inline words rotate_16(words x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* Sixteen words of one stream; they are big-endian in the message. */
WIDE static inline words load_16(const uint8_t *p)
{
    const __m512i swap = _mm512_broadcast_i32x4(
        _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    return (words)_mm512_shuffle_epi8(_mm512_loadu_si512(p), swap);
}

/* Row i holds the words of stream i; afterwards row t holds word t of every stream. Each
 * step exchanges the off-diagonal quarters of all blocks of 2 * `step` rows. */
WIDE static inline void transpose_16(words r[16])
{
#pragma GCC unroll 4
    for (uint32_t step = 1; step < 16; step *= 2) {
        words upper, lower;
        for (uint32_t j = 0; j < 16; j++) {
            upper[j] = j & step ? 16 + j - step : j;
            lower[j] = j & step ? 16 + j : j + step;
        }
#pragma GCC unroll 16
        for (uint32_t i = 0; i < 16; i++) {
            if (i & step)
                continue;
            __m512i a = (__m512i)r[i], b = (__m512i)r[i + step];
            r[i] = (words)_mm512_permutex2var_epi32(a, (__m512i)upper, b);
            r[i + step] = (words)_mm512_permutex2var_epi32(a, (__m512i)lower, b);
        }
    }
}

/* The registers a to h are not moved: in round t, register i is s[(i - t) mod 8]. */
WIDE static inline void round_16(words s[8], words w, uint32_t t)
{
#define S(i) s[(64 + (i)-t) & 7]
    words t1 = S(7) + (rotate_16(S(4), 6) ^ rotate_16(S(4), 11) ^ rotate_16(S(4), 25)) +
               ((S(4) & S(5)) ^ (~S(4) & S(6))) + constants[t] + w;
    words t2 = (rotate_16(S(0), 2) ^ rotate_16(S(0), 13) ^ rotate_16(S(0), 22)) +
               ((S(0) & S(1)) ^ (S(0) & S(2)) ^ (S(1) & S(2)));
    S(3) += t1;
    S(7) = t1 + t2;
#undef S
}

WIDE static inline words next_word_16(words w[16], uint32_t t)
{
    words x = w[(t + 1) & 15], y = w[(t + 14) & 15];
    return w[t & 15] += (rotate_16(x, 7) ^ rotate_16(x, 18) ^ x >> 3) + w[(t + 9) & 15] +
                        (rotate_16(y, 17) ^ rotate_16(y, 19) ^ y >> 10);
}

WIDE static void compress_16(struct sha256_stream *const streams[],
                             const uint8_t *const data[], size_t blocks)
{
    words h[8], s[8], w[16];
    for (size_t i = 0; i < 8; i++) {
        for (size_t lane = 0; lane < 16; lane++)
            h[i][lane] = streams[lane]->h[i];
    }
    for (size_t at = 0; at < blocks * SHA256_BLOCK; at += SHA256_BLOCK) {
        for (size_t lane = 0; lane < 16; lane++)
            w[lane] = load_16(data[lane] + at);
        transpose_16(w);
        memcpy(s, h, sizeof s);
#pragma GCC unroll 16
        for (uint32_t t = 0; t < 16; t++)
            round_16(s, w[t], t);
#pragma GCC unroll 48
        for (uint32_t t = 16; t < 64; t++)
            round_16(s, next_word_16(w, t), t);
        for (size_t i = 0; i < 8; i++)
            h[i] += s[i];
    }
    for (size_t i = 0; i < 8; i++) {
        for (size_t lane = 0; lane < 16; lane++)
            streams[lane]->h[i] = h[i][lane];
    }
}

static bool has_wide(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}
#else
static bool has_wide(void)
{
    return false;
}
static void compress_16(struct sha256_stream *const streams[],
                        const uint8_t *const data[], size_t blocks)
{
    (void)streams;
    (void)data;
    (void)blocks;
}
#endif

/* -- the choice
 * -------------------------------------------------------------------------- */

/* Below so many streams, one after the other with the SHA instructions is faster. */
#define FEWEST_FOR_LANES 7

static bool use_lanes;
static pthread_once_t chosen = PTHREAD_ONCE_INIT;

static void compress_lanes(struct sha256_stream *const streams[],
                           const uint8_t *const data[], size_t n, size_t blocks)
{
    /* Lanes without a stream repeat the first one's bytes into a state nobody reads. */
    struct sha256_stream idle;
    struct sha256_stream *lanes[SHA256_MAX_LANES];
    const uint8_t *bytes[SHA256_MAX_LANES];
    sha256_begin(&idle);
    for (size_t i = 0; i < SHA256_MAX_LANES; i++) {
        lanes[i] = i < n ? streams[i] : &idle;
        bytes[i] = i < n ? data[i] : data[0];
    }
    compress_16(lanes, bytes, blocks);
}

#define TEST_BLOCKS 3

/* Sixteen different messages, in lanes and by OpenSSL. */
static bool passes_test(void)
{
    struct sha256_stream streams[SHA256_MAX_LANES], alone;
    struct sha256_stream *lanes[SHA256_MAX_LANES];
    uint8_t message[SHA256_MAX_LANES][TEST_BLOCKS * SHA256_BLOCK];
    const uint8_t *data[SHA256_MAX_LANES];
    bool same = true;
    for (size_t i = 0; i < SHA256_MAX_LANES; i++) {
        for (size_t j = 0; j < sizeof message[i]; j++)
            message[i][j] = (uint8_t)(i * 37 + j * 11 + (j >> 3));
        sha256_begin(&streams[i]);
        lanes[i] = &streams[i];
        data[i] = message[i];
    }
    compress_lanes(lanes, data, SHA256_MAX_LANES, TEST_BLOCKS);
    for (size_t i = 0; i < SHA256_MAX_LANES; i++) {
        sha256_begin(&alone);
        compress_alone(&alone, message[i], TEST_BLOCKS);
        same &= memcmp(alone.h, streams[i].h, sizeof alone.h) == 0;
    }
    return same;
}

static void choose(void)
{
    use_lanes = has_wide() && passes_test();
}

size_t sha256_lanes(void)
{
    pthread_once(&chosen, choose);
    return use_lanes ? SHA256_MAX_LANES : 1;
}

void sha256_begin(struct sha256_stream *s)
{
    memcpy(s->h, initial, sizeof s->h);
    s->blocks = 0;
}

void sha256_compress(struct sha256_stream *const streams[], const uint8_t *const data[],
                     size_t n, size_t blocks)
{
    if (n >= FEWEST_FOR_LANES && sha256_lanes() > 1) {
        compress_lanes(streams, data, n, blocks);
    } else {
        for (size_t i = 0; i < n; i++)
            compress_alone(streams[i], data[i], blocks);
    }
    for (size_t i = 0; i < n; i++)
        streams[i]->blocks += blocks;
}

void sha256_end(struct sha256_stream *s, struct bytes tail, uint8_t digest[32])
{
    SHA256_CTX c = context_of(s);
    SHA256_Update(&c, tail.p, tail.n);
    SHA256_Final(digest, &c);
}
