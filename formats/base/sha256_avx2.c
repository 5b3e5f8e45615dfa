/* SHA-256 of eight streams in the lanes of AVX2. */
#if defined(__x86_64__)
#include <immintrin.h>

#define LANES  8
#define TARGET "avx2"
#include "formats/base/sha256_lanes.h"

WIDE static inline __m256i load_half(const uint8_t *p)
{
    const __m256i swap = _mm256_broadcastsi128_si256(
        _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    return _mm256_shuffle_epi8(_mm256_loadu_si256((const __m256i *)(const void *)p),
                               swap);
}

/* Row i holds eight words of stream i; afterwards row t holds word t of every stream:
 * pairs of words change places, then pairs of pairs, then the halves of the vectors. */
WIDE static inline void transpose(const __m256i r[8], words w[8])
{
    __m256i pairs[8], quads[8];
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
        pairs[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        quads[i] = _mm256_unpacklo_epi64(pairs[i], pairs[i + 2]);
        quads[i + 1] = _mm256_unpackhi_epi64(pairs[i], pairs[i + 2]);
        quads[i + 2] = _mm256_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
        quads[i + 3] = _mm256_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        w[i] = (words)_mm256_permute2x128_si256(quads[i], quads[i + 4], 0x20);
        w[i + 4] = (words)_mm256_permute2x128_si256(quads[i], quads[i + 4], 0x31);
    }
}

WIDE static inline void load_words(const uint8_t *const data[], size_t at, words w[16])
{
    for (size_t half = 0; half < 2; half++) {
        __m256i rows[8];
        for (size_t lane = 0; lane < 8; lane++)
            rows[lane] = load_half(data[lane] + at + 32 * half);
        transpose(rows, w + 8 * half);
    }
}

WIDE static inline words majority(words a, words b, words c)
{
    return (a & b) | (c & (a | b));
}

static bool supported(void)
{
    return __builtin_cpu_supports("avx2");
}
#else
#include "formats/base/sha256_forms.h"

static bool supported(void)
{
    return false;
}
#define compress_all NULL
#endif

const struct sha256_form sha256_avx2 = {"avx2", 8, supported, compress_all};
