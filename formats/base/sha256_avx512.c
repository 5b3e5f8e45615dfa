/* SHA-256 of sixteen streams in the lanes of AVX-512. */
#if defined(__x86_64__)
#include <immintrin.h>

#define LANES  16
#define TARGET "avx512f,avx512bw"
#include "formats/base/sha256_lanes.h"

WIDE static inline words load_row(const uint8_t *p)
{
    const __m512i swap = _mm512_broadcast_i32x4(
        _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    return (words)_mm512_shuffle_epi8(_mm512_loadu_si512(p), swap);
}

/* Row i holds the words of stream i; afterwards row t holds word t of every stream. Each
 * step exchanges the off-diagonal quarters of all blocks of 2 * `step` rows. */
WIDE static inline void load_words(const uint8_t *const data[], size_t at, words w[16])
{
    for (size_t lane = 0; lane < 16; lane++)
        w[lane] = load_row(data[lane] + at);
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
            __m512i a = (__m512i)w[i], b = (__m512i)w[i + step];
            w[i] = (words)_mm512_permutex2var_epi32(a, (__m512i)upper, b);
            w[i + step] = (words)_mm512_permutex2var_epi32(a, (__m512i)lower, b);
        }
    }
}

/* One instruction, which the compiler does not find. */
WIDE static inline words majority(words a, words b, words c)
{
    return (words)_mm512_ternarylogic_epi32((__m512i)a, (__m512i)b, (__m512i)c, 0xe8);
}

static bool supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}
#else
#include "formats/base/sha256_forms.h"

static bool supported(void)
{
    return false;
}
#define compress_all NULL
#endif

const struct sha256_form sha256_avx512 = {"avx512", 16, supported, compress_all};
