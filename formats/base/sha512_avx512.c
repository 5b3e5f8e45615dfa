/* SHA-512 of eight streams in the lanes of AVX-512: lane i of every vector belongs to
 * stream i. */
#include "formats/base/sha512_lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw")))

typedef uint64_t words __attribute__((vector_size(64)));

WIDE static inline words rotate(words x, unsigned n)
{
    return x >> n | x << (64 - n);
}

/* Half a block of one stream; its words are big-endian in the message. */
WIDE static inline words load_row(const uint8_t *p)
{
    const __m512i swap = _mm512_broadcast_i32x4(
        _mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    return (words)_mm512_shuffle_epi8(_mm512_loadu_si512(p), swap);
}

/* Row i holds eight words of stream i; afterwards row t holds word t of every stream.
 * Each step exchanges the off-diagonal quarters of all blocks of 2 * `step` rows. */
WIDE static inline void load_half(const uint8_t *const data[], size_t at, words w[8])
{
    for (size_t lane = 0; lane < 8; lane++)
        w[lane] = load_row(data[lane] + at);
#pragma GCC unroll 3
    for (uint64_t step = 1; step < 8; step *= 2) {
        words upper, lower;
        for (uint64_t j = 0; j < 8; j++) {
            upper[j] = j & step ? 8 + j - step : j;
            lower[j] = j & step ? 8 + j : j + step;
        }
#pragma GCC unroll 8
        for (uint64_t i = 0; i < 8; i++) {
            if (i & step)
                continue;
            __m512i a = (__m512i)w[i], b = (__m512i)w[i + step];
            w[i] = (words)_mm512_permutex2var_epi64(a, (__m512i)upper, b);
            w[i + step] = (words)_mm512_permutex2var_epi64(a, (__m512i)lower, b);
        }
    }
}

/* The registers a to h are not moved: in round t, register i is s[(i - t) mod 8]. */
WIDE static inline void round_of_all(words s[8], words w, uint32_t t)
{
#define S(i) s[(80 + (i)-t) & 7]
    words t1 = S(7) + (rotate(S(4), 14) ^ rotate(S(4), 18) ^ rotate(S(4), 41)) +
               ((S(4) & S(5)) ^ (~S(4) & S(6))) + sha512_constants[t] + w;
    words t2 = (rotate(S(0), 28) ^ rotate(S(0), 34) ^ rotate(S(0), 39)) +
               ((S(0) & S(1)) ^ (S(0) & S(2)) ^ (S(1) & S(2)));
    S(3) += t1;
    S(7) = t1 + t2;
#undef S
}

WIDE static inline words next_word(words w[16], uint32_t t)
{
    words x = w[(t + 1) & 15], y = w[(t + 14) & 15];
    return w[t & 15] += (rotate(x, 1) ^ rotate(x, 8) ^ x >> 7) + w[(t + 9) & 15] +
                        (rotate(y, 19) ^ rotate(y, 61) ^ y >> 6);
}

WIDE void sha512_compress_lanes(struct sha512_stream *const streams[],
                                const uint8_t *const data[], size_t blocks)
{
    words h[8], s[8], w[16];
    for (size_t i = 0; i < 8; i++) {
        for (size_t lane = 0; lane < 8; lane++)
            h[i][lane] = streams[lane]->h[i];
    }
    for (size_t at = 0; at < blocks * SHA512_BLOCK; at += SHA512_BLOCK) {
        load_half(data, at, w);
        load_half(data, at + SHA512_BLOCK / 2, w + 8);
        memcpy(s, h, sizeof s);
#pragma GCC unroll 16
        for (uint32_t t = 0; t < 16; t++)
            round_of_all(s, w[t], t);
#pragma GCC unroll 64
        for (uint32_t t = 16; t < 80; t++)
            round_of_all(s, next_word(w, t), t);
        for (size_t i = 0; i < 8; i++)
            h[i] += s[i];
    }
    for (size_t i = 0; i < 8; i++) {
        for (size_t lane = 0; lane < 8; lane++)
            streams[lane]->h[i] = h[i][lane];
    }
}

bool sha512_has_lanes(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}
#else
bool sha512_has_lanes(void)
{
    return false;
}

void sha512_compress_lanes(struct sha512_stream *const streams[],
                           const uint8_t *const data[], size_t blocks)
{
    (void)streams;
    (void)data;
    (void)blocks;
}
#endif
