/* SHA-256 with the processor's SHA instructions: one stream, or two interleaved.
 *
 * Each of the instructions waits for the one before; two streams in turn fill the gaps.
 */
#include "formats/base/sha256_forms.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define SHA __attribute__((target("sha,sse4.1"), always_inline))

/* The instructions want the state as (a b e f) and (c d g h), highest word first. */
SHA static inline void load_state(const struct sha256_stream *s, __m128i state[2])
{
    __m128i abcd = _mm_loadu_si128((const __m128i *)(const void *)&s->h[0]);
    __m128i efgh = _mm_loadu_si128((const __m128i *)(const void *)&s->h[4]);
    __m128i badc = _mm_shuffle_epi32(abcd, 0xb1);
    __m128i hgfe = _mm_shuffle_epi32(efgh, 0x1b);
    state[0] = _mm_alignr_epi8(badc, hgfe, 8);
    state[1] = _mm_blend_epi16(hgfe, badc, 0xf0);
}

SHA static inline void store_state(struct sha256_stream *s, const __m128i state[2])
{
    __m128i feba = _mm_shuffle_epi32(state[0], 0x1b);
    __m128i dchg = _mm_shuffle_epi32(state[1], 0xb1);
    _mm_storeu_si128((__m128i *)(void *)&s->h[0], _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)&s->h[4], _mm_alignr_epi8(dchg, feba, 8));
}

/* Sixteen words of one block; they are big-endian in the message. */
SHA static inline void load_words(const uint8_t *p, __m128i w[4])
{
    const __m128i swap =
        _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    for (int i = 0; i < 4; i++)
        w[i] = _mm_shuffle_epi8(
            _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)), swap);
}

/* Four rounds, and the four words that are wanted sixteen rounds later. */
SHA static inline void four_rounds(__m128i state[2], __m128i w[4], uint32_t t)
{
    __m128i *now = &w[t & 3], next = w[(t + 1) & 3], last = w[(t + 3) & 3];
    __m128i k = _mm_loadu_si128((const __m128i *)(const void *)&sha256_constants[4 * t]);
    __m128i sum = _mm_add_epi32(*now, k);
    state[1] = _mm_sha256rnds2_epu32(state[1], state[0], sum);
    state[0] = _mm_sha256rnds2_epu32(state[0], state[1], _mm_shuffle_epi32(sum, 0x0e));
    if (t < 12) {
        __m128i middle = _mm_alignr_epi8(last, w[(t + 2) & 3], 4);
        __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(*now, next), middle);
        *now = _mm_sha256msg2_epu32(partial, last);
    }
}

SHA static inline void compress_n(struct sha256_stream *const streams[],
                                  const uint8_t *const data[], size_t blocks, int n)
{
    __m128i state[2][2], before[2][2], w[2][4];
    for (int i = 0; i < n; i++)
        load_state(streams[i], state[i]);
    for (size_t at = 0; at < blocks * SHA256_BLOCK; at += SHA256_BLOCK) {
        for (int i = 0; i < n; i++) {
            load_words(data[i] + at, w[i]);
            memcpy(before[i], state[i], sizeof before[i]);
        }
#pragma GCC unroll 16
        for (uint32_t t = 0; t < 16; t++) {
            for (int i = 0; i < n; i++)
                four_rounds(state[i], w[i], t);
        }
        for (int i = 0; i < n; i++) {
            state[i][0] = _mm_add_epi32(state[i][0], before[i][0]);
            state[i][1] = _mm_add_epi32(state[i][1], before[i][1]);
        }
    }
    for (int i = 0; i < n; i++)
        store_state(streams[i], state[i]);
}

__attribute__((target("sha,sse4.1"))) static void compress_one(
    struct sha256_stream *const streams[], const uint8_t *const data[], size_t blocks)
{
    compress_n(streams, data, blocks, 1);
}

__attribute__((target("sha,sse4.1"))) static void compress_two(
    struct sha256_stream *const streams[], const uint8_t *const data[], size_t blocks)
{
    compress_n(streams, data, blocks, 2);
}

/* CPUID.(EAX=7,ECX=0):EBX bit 29; gcc 12's __builtin_cpu_supports has no name for it. */
static bool supported(void)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1 &&
           __builtin_cpu_supports("sse4.1");
}
#else
static bool supported(void)
{
    return false;
}
#define compress_one NULL
#define compress_two NULL
#endif

const struct sha256_form sha256_ni_one = {"sha-ni", 1, 1, 1, supported, compress_one};
const struct sha256_form sha256_ni_two = {"sha-ni x2", 2, 2, 2, supported, compress_two};
