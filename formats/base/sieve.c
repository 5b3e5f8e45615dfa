#include "formats/base/sieve.h"

#include <limits.h>

#include "formats/base/vectors.h"

/* -- sets ---------------------------------------------------------------------------- */

static void add(struct byte_set *set, size_t c)
{
    set->bits[c / 64] |= UINT64_C(1) << c % 64;
}

static bool in(const struct byte_set *set, size_t c)
{
    return set->bits[c / 64] >> c % 64 & 1;
}

struct byte_set byte_set(struct bytes text, bool any_case)
{
    struct byte_set set = {{0}};
    for (size_t i = 0; i < text.n; i++) {
        bool letter = (text.p[i] | 32) >= 'a' && (text.p[i] | 32) <= 'z';
        add(&set, text.p[i]);
        if (any_case && letter)
            add(&set, text.p[i] ^ 32);
    }
    return set;
}

struct byte_set byte_set_of(const bool has[256])
{
    struct byte_set set = {{0}};
    for (size_t c = 0; c < 256; c++)
        if (has[c])
            add(&set, c);
    return set;
}

static struct byte_set either(struct byte_set a, struct byte_set b)
{
    for (size_t i = 0; i < 4; i++)
        a.bits[i] |= b.bits[i];
    return a;
}

/* -- shapes -------------------------------------------------------------------------- */

static struct sieve_shape together(const struct sieve_shape *a,
                                   const struct sieve_shape *b)
{
    struct sieve_shape both;
    for (size_t i = 0; i < SIEVE_SHAPE; i++)
        both.at[i] = either(a->at[i], b->at[i]);
    return both;
}

/* The low halves that a high one stands with. */
static uint16_t row(const struct byte_set *set, size_t high)
{
    return (uint16_t)(set->bits[high / 4] >> high % 4 * 16);
}

/* How often it is found in text, roughly, of which small letters are the most: by its
 * bytes, and by their halves. */
static int width(const struct sieve_shape *s)
{
    int bytes = 1, halves = 1;
    for (size_t i = 0; i < SIEVE_SHAPE; i++) {
        unsigned low = 0;
        int high = 0, n = 0;
        for (size_t k = 0; k < 16; k++) {
            unsigned with = row(&s->at[i], k);
            low |= with;
            high += with == 0 ? 0 : k == 6 || k == 7 ? 4 : 1;
            n += __builtin_popcount(with) * (k == 6 || k == 7 ? 2 : 1);
        }
        halves *= __builtin_popcount(low) * high;
        bytes *= n;
    }
    return halves + 4 * bytes;
}

/* How much more is let through when two are one. */
static int more_of(const struct sieve_shape *a, const struct sieve_shape *b)
{
    struct sieve_shape both = together(a, b);
    return width(&both) - width(a) - width(b);
}

/* The two that cost the least become one, at the place of the first. */
static void merge_two(struct sieve_shape *shapes, size_t n)
{
    int least = INT_MAX;
    size_t first = 0, second = 1;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            int more = more_of(&shapes[i], &shapes[j]);
            if (more >= least)
                continue;
            least = more;
            first = i;
            second = j;
        }
    shapes[first] = together(&shapes[first], &shapes[second]);
    shapes[second] = shapes[n - 1];
}

/* Of the three lowest bytes. */
static inline uint32_t hash(uint32_t text)
{
    return (text << 8) * 0x9e3779b1u >> (32 - SIEVE_HASH_BITS);
}

static void know(struct sieve *s, const struct sieve_shape *shape)
{
    for (uint32_t a = 0; a < 256; a++)
        for (uint32_t b = 0; in(&shape->at[0], a) && b < 256; b++)
            for (uint32_t c = 0; in(&shape->at[1], b) && c < 256; c++)
                if (in(&shape->at[2], c)) {
                    uint32_t h = hash(a | b << 8 | c << 16);
                    s->known[h / 64] |= UINT64_C(1) << h % 64;
                }
}

static void take_shapes(struct sieve *s, const struct sieve_shape *shapes, size_t n)
{
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < SIEVE_SHAPE; i++)
            for (size_t c = 0; c < 256; c++) {
                uint8_t bit = (uint8_t)(in(&shapes[k].at[i], c) << k);
                s->is[i][c & 127] |= bit;
                s->low[i][c & 15] |= bit;
                s->high[i][c >> 4] |= bit;
            }
}

struct sieve sieve_of(const struct sieve_shape *shapes, size_t n)
{
    struct sieve s = {0};
    struct sieve_shape few[SIEVE_SHAPES + 1];
    size_t have = 0;
    for (size_t k = 0; k < n; k++) {
        know(&s, &shapes[k]);
        few[have++] = shapes[k];
        if (have > SIEVE_SHAPES)
            merge_two(few, have--);
    }
    take_shapes(&s, few, have);
    return s;
}

/* -- marks --------------------------------------------------------------------------- */

static inline uint32_t low_first(const uint8_t p[4])
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Inline, so that each form takes its processor's instructions for bits. */
#define IN_EACH_FORM static inline __attribute__((always_inline))

/* Where the marks are, in a row; returns how many. Nothing foretells how many a word has,
 * so so many are written at a time, and those that are none are overwritten. */
#define AT_A_TIME 4
IN_EACH_FORM size_t places_of(const uint64_t *marks, size_t words, uint16_t *at)
{
    const uint64_t none = UINT64_C(1) << (MARKS_BLOCK - 1);
    size_t n = 0;
    for (size_t k = 0; k < words; k++) {
        uint64_t rest = marks[k];
        size_t end = n + (size_t)__builtin_popcountll(rest);
        for (size_t i = n; i < end; i += AT_A_TIME)
#pragma GCC unroll 4
            for (size_t j = 0; j < AT_A_TIME; j++, rest &= rest - 1)
                at[i + j] =
                    (uint16_t)(k * MARKS_BLOCK + (size_t)__builtin_ctzll(rest | none));
        n = end;
    }
    return n;
}

/* The shapes let more through than was laid into them: what of the blocks at `p`, at most
 * MARKS_WORDS, is sought indeed. */
IN_EACH_FORM void look_again(const struct sieve *s, const uint8_t *p, uint64_t *marks,
                             size_t words)
{
    uint16_t at[MARKS_WORDS * MARKS_BLOCK + AT_A_TIME];
    size_t n = places_of(marks, words, at);
    memset(marks, 0, words * sizeof *marks);
    for (size_t i = 0; i < n; i++) {
        uint32_t h = hash(low_first(p + at[i]));
        uint64_t is = s->known[h / 64] >> h % 64 & 1;
        marks[at[i] / MARKS_BLOCK] |= is << at[i] % MARKS_BLOCK;
    }
}

static uint64_t has(const struct sieve *s, const uint8_t *p)
{
    bool ascii = p[0] < 128;
    return ascii && (s->is[0][p[0]] & s->is[1][p[1] & 127] & s->is[2][p[2] & 127]) != 0;
}

static void mark_each(const struct sieve *s, const uint8_t *p, uint64_t *marks,
                      size_t words)
{
    for (size_t k = 0; k < words; k++) {
        marks[k] = 0;
        for (unsigned i = 0; i < MARKS_BLOCK; i++)
            marks[k] |= has(s, p + k * MARKS_BLOCK + i) << i;
    }
    look_again(s, p, marks, words);
}

#if defined(__x86_64__)
#include <immintrin.h>

/* By the halves of a byte, each of which chooses one of sixteen (Hyperscan's Teddy). */
__attribute__((target("avx2,bmi,bmi2,popcnt"))) static void mark_32(const struct sieve *s,
                                                                    const uint8_t *p,
                                                                    uint64_t *marks,
                                                                    size_t words)
{
    const __m256i half = _mm256_set1_epi8(15), none = _mm256_setzero_si256();
    __m256i low[SIEVE_SHAPE], high[SIEVE_SHAPE];
    for (size_t i = 0; i < SIEVE_SHAPE; i++) {
        low[i] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)s->low[i]));
        high[i] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)s->high[i]));
    }
    const uint8_t *block = p;
    for (size_t k = 0; k < words; k++, block += MARKS_BLOCK) {
        uint64_t found = 0;
#pragma GCC unroll 2
        for (size_t at = 0; at < MARKS_BLOCK; at += sizeof(__m256i)) {
            __m256i shapes = _mm256_set1_epi8(-1);
#pragma GCC unroll 3
            for (size_t i = 0; i < SIEVE_SHAPE; i++) {
                __m256i x = _mm256_loadu_si256((const void *)(block + at + i));
                __m256i above = _mm256_and_si256(_mm256_srli_epi16(x, 4), half);
                __m256i in_low = _mm256_shuffle_epi8(low[i], _mm256_and_si256(x, half));
                __m256i in_high = _mm256_shuffle_epi8(high[i], above);
                shapes = _mm256_and_si256(shapes, _mm256_and_si256(in_low, in_high));
            }
            __m256i nothing = _mm256_cmpeq_epi8(shapes, none);
            found |= (uint64_t) ~(unsigned)_mm256_movemask_epi8(nothing) << at;
        }
        marks[k] = found;
    }
    look_again(s, p, marks, words);
}

/* By the byte itself, which chooses one of 128. */
__attribute__((target("avx512f,avx512bw,avx512vbmi,bmi,bmi2,popcnt"))) static void
mark_64(const struct sieve *s, const uint8_t *p, uint64_t *marks, size_t words)
{
    __m512i first[SIEVE_SHAPE], second[SIEVE_SHAPE];
    for (size_t i = 0; i < SIEVE_SHAPE; i++) {
        first[i] = _mm512_loadu_si512(s->is[i]);
        second[i] = _mm512_loadu_si512(s->is[i] + 64);
    }
    const uint8_t *block = p;
    for (size_t k = 0; k < words; k++, block += sizeof(__m512i)) {
        __m512i shapes = _mm512_set1_epi8(-1);
#pragma GCC unroll 3
        for (size_t i = 0; i < SIEVE_SHAPE; i++) {
            __m512i x = _mm512_loadu_si512(block + i);
            x = _mm512_permutex2var_epi8(first[i], x, second[i]);
            shapes = _mm512_and_si512(shapes, x);
        }
        __mmask64 high = _mm512_movepi8_mask(_mm512_loadu_si512(block));
        marks[k] = _mm512_test_epi8_mask(shapes, shapes) & ~high;
    }
    look_again(s, p, marks, words);
}

static void mark_blocks(const struct sieve *s, const uint8_t *p, uint64_t *marks,
                        size_t words)
{
    if (vectors() == VECTORS_AVX512)
        mark_64(s, p, marks, words);
    else if (vectors() == VECTORS_AVX2)
        mark_32(s, p, marks, words);
    else
        mark_each(s, p, marks, words);
}
#else
static void mark_blocks(const struct sieve *s, const uint8_t *p, uint64_t *marks,
                        size_t words)
{
    mark_each(s, p, marks, words);
}
#endif

/* What a block's shapes reach, and the second look, which takes four bytes at a time. */
#define REACH (MARKS_BLOCK + SIEVE_SHAPE)

/* Behind the text stand zeros as far as a shape is concerned, but no mark. */
static void mark_text(const struct sieve *s, struct bytes text, uint64_t *marks,
                      size_t words)
{
    size_t whole = text.n < REACH ? 0 : (text.n - REACH) / MARKS_BLOCK + 1;
    mark_blocks(s, text.p, marks, whole < words ? whole : words);
    for (size_t k = whole; k < words; k++) {
        struct bytes rest = bytes_sub(text, k * MARKS_BLOCK, REACH);
        uint8_t block[REACH] = {0};
        if (rest.n)
            memcpy(block, rest.p, rest.n);
        mark_blocks(s, block, &marks[k], 1);
        if (rest.n < MARKS_BLOCK)
            marks[k] &= (UINT64_C(1) << rest.n) - 1;
    }
}

/* -- walk ---------------------------------------------------------------------------- */

struct sieve_walk sieve_walk(const struct sieve *s, struct bytes text, size_t from)
{
    return (struct sieve_walk){s, marks_from(text, from)};
}

static void fill(void *walk, struct bytes rest)
{
    struct sieve_walk *w = walk;
    mark_text(w->sieve, rest, w->marks.word, w->marks.words);
}

size_t sieve_next(struct sieve_walk *w)
{
    return marks_next(&w->marks, w, fill);
}
