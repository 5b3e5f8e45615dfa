/* SHA-256 with the processor's SHA instructions: one stream, or two or four interleaved.
 *
 * Each of the instructions waits for the one before; other streams in turn fill the gaps.
 * Loops over streams are unrolled, or the states would not stay in registers.
 */
#include "formats/base/sha256_forms.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define MOST 4 /* streams */

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
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        w[i] = _mm_shuffle_epi8(
            _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)), swap);
}

/* The four words that are wanted sixteen rounds later, in the place of those of now. */
SHA static inline __m128i next_words(const __m128i w[4], uint32_t t)
{
    __m128i now = w[t & 3], next = w[(t + 1) & 3], last = w[(t + 3) & 3];
    __m128i middle = _mm_alignr_epi8(last, w[(t + 2) & 3], 4);
    __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(now, next), middle);
    return _mm_sha256msg2_epu32(partial, last);
}

#define EACH_STREAM _Pragma("GCC unroll 4") for (int i = 0; i < n; i++)

/* Four rounds of all streams. */
SHA static inline void four_rounds(__m128i state[][2], __m128i w[][4], uint32_t t, int n)
{
    __m128i k = _mm_loadu_si128((const __m128i *)(const void *)&sha256_constants[4 * t]);
    __m128i sum[MOST];
    EACH_STREAM sum[i] = _mm_add_epi32(w[i][t & 3], k);
    EACH_STREAM state[i][1] = _mm_sha256rnds2_epu32(state[i][1], state[i][0], sum[i]);
    EACH_STREAM sum[i] = _mm_shuffle_epi32(sum[i], 0x0e);
    EACH_STREAM state[i][0] = _mm_sha256rnds2_epu32(state[i][0], state[i][1], sum[i]);
    if (t < 12)
        EACH_STREAM w[i][t & 3] = next_words(w[i], t);
}

SHA static inline void compress_n(struct sha256_stream *const streams[],
                                  const uint8_t *const data[], size_t blocks, int n)
{
    __m128i state[MOST][2], before[MOST][2], w[MOST][4];
    EACH_STREAM load_state(streams[i], state[i]);
    for (size_t at = 0; at < blocks * SHA256_BLOCK; at += SHA256_BLOCK) {
        EACH_STREAM load_words(data[i] + at, w[i]);
        /* Not memcpy: compilers make 256-bit moves of it, see compress_four. */
        EACH_STREAM before[i][0] = state[i][0];
        EACH_STREAM before[i][1] = state[i][1];
#pragma GCC unroll 16
        for (uint32_t t = 0; t < 16; t++)
            four_rounds(state, w, t, n);
        EACH_STREAM state[i][0] = _mm_add_epi32(state[i][0], before[i][0]);
        EACH_STREAM state[i][1] = _mm_add_epi32(state[i][1], before[i][1]);
    }
    EACH_STREAM store_state(streams[i], state[i]);
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

/* Four do not fit into sixteen registers: AVX-512 has thirty-two. Nothing here may be as
 * wide as 256 bits, not even a copy: the SHA instructions have only their legacy
 * encoding, and Intel's processors take a hundred times as long over those while the
 * upper halves of registers are in use (Intel's optimization manual, "Mixing AVX Code
 * with SSE Code"). */
__attribute__((target("sha,avx512vl"))) static void compress_four(
    struct sha256_stream *const streams[], const uint8_t *const data[], size_t blocks)
{
    compress_n(streams, data, blocks, 4);
}

/* CPUID.(EAX=7,ECX=0):EBX bit 29; gcc 12's __builtin_cpu_supports has no name for it. */
static bool supported(void)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1 &&
           __builtin_cpu_supports("sse4.1");
}

static bool four_supported(void)
{
    return supported() && __builtin_cpu_supports("avx512vl");
}
#else
static bool supported(void)
{
    return false;
}

static bool four_supported(void)
{
    return false;
}
#define compress_one  NULL
#define compress_two  NULL
#define compress_four NULL
#endif

const struct sha256_form sha256_ni_one = {"sha-ni", 1, supported, compress_one};
const struct sha256_form sha256_ni_two = {"sha-ni x2", 2, supported, compress_two};
const struct sha256_form sha256_ni_four = {"sha-ni x4", 4, four_supported, compress_four};
