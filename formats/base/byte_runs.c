#include "formats/base/byte_runs.h"

#include "formats/base/vectors.h"

/* -- marks --------------------------------------------------------------------------- */

static uint64_t in(struct byte_range r, uint8_t c)
{
    return (uint8_t)(c - r.first) <= (uint8_t)(r.last - r.first);
}

/* Reads one byte behind the last block, as its relatives do. */
static void mark_each(const struct byte_runs *r, const uint8_t *p, uint64_t *marks,
                      size_t words)
{
    for (size_t k = 0; k < words; k++, p += MARKS_BLOCK) {
        marks[k] = 0;
        for (size_t i = 0; i < MARKS_BLOCK; i++) {
            uint64_t any =
                in(r->any[0], p[i]) | in(r->any[1], p[i]) | in(r->any[2], p[i]);
            marks[k] |= (any & in(r->next, p[i + 1])) << i;
        }
    }
}

#if defined(__x86_64__)
#include <immintrin.h>

#define MARK   mark_32
#define TARGET "avx2"
#define VECTOR __m256i
#define SET1   _mm256_set1_epi8
#define LOAD   _mm256_loadu_si256
#define SUB    _mm256_sub_epi8
#define IN(x, size)                                                                      \
    (uint64_t)(unsigned)                                                                 \
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(x, size), x))
#include "formats/base/byte_runs_steps.h"
#undef MARK
#undef TARGET
#undef VECTOR
#undef SET1
#undef LOAD
#undef SUB
#undef IN

#define MARK        mark_64
#define TARGET      "avx512f,avx512bw"
#define VECTOR      __m512i
#define SET1        _mm512_set1_epi8
#define LOAD        _mm512_loadu_si512
#define SUB         _mm512_sub_epi8
#define IN(x, size) (uint64_t) _mm512_cmple_epu8_mask(x, size)
#include "formats/base/byte_runs_steps.h"

static void mark_blocks(const struct byte_runs *r, const uint8_t *p, uint64_t *marks,
                        size_t words)
{
    if (vectors() == VECTORS_AVX512)
        mark_64(r, p, marks, words);
    else if (vectors() == VECTORS_AVX2)
        mark_32(r, p, marks, words);
    else
        mark_each(r, p, marks, words);
}
#else
static void mark_blocks(const struct byte_runs *r, const uint8_t *p, uint64_t *marks,
                        size_t words)
{
    mark_each(r, p, marks, words);
}
#endif

/* The text that a walk is at; the blocks at its end through a copy with zeros behind. */
static void mark_text(const struct byte_runs *r, struct bytes text, uint64_t *marks,
                      size_t words)
{
    size_t whole = text.n ? (text.n - 1) / MARKS_BLOCK : 0;
    mark_blocks(r, text.p, marks, whole < words ? whole : words);
    for (size_t k = whole; k < words; k++) {
        struct bytes rest = bytes_sub(text, k * MARKS_BLOCK, MARKS_BLOCK);
        uint8_t block[MARKS_BLOCK + 1] = {0};
        if (rest.n)
            memcpy(block, rest.p, rest.n);
        mark_blocks(r, block, &marks[k], 1);
        if (rest.n < MARKS_BLOCK)
            marks[k] &= (UINT64_C(1) << rest.n) - 1;
    }
}

/* -- runs ---------------------------------------------------------------------------- */

struct byte_runs_walk byte_runs_walk(const struct byte_runs *runs, struct bytes text,
                                     size_t from)
{
    return (struct byte_runs_walk){.runs = runs, .marks = marks_from(text, from)};
}

/* May half of a run stand in this word alone? */
static bool has_half(uint64_t marks, const struct byte_runs *r)
{
    unsigned shift = r->step;
    for (unsigned have = 1; 4 * have <= r->least + 1; have *= 2, shift *= 2)
        marks &= marks >> shift;
    return marks != 0;
}

/* Bits of marks[0] from which on `least` stand in marks[0] and marks[1]. */
static uint64_t run_starts(const uint64_t marks[2], const struct byte_runs *r)
{
    uint64_t low = marks[0], high = marks[1];
    for (unsigned have = 1, more; low && have < r->least; have += more) {
        more = have < r->least - have ? have : r->least - have;
        unsigned shift = more * r->step;
        low &= low >> shift | high << (MARKS_BLOCK - shift);
        high &= high >> shift;
    }
    return low;
}

/* Leaves of each run its first mark. */
static void keep_runs(struct byte_runs_walk *w)
{
    const struct byte_runs *r = w->runs;
    uint64_t *word = w->marks.word;
    bool here, next = has_half(word[0], r);
    for (size_t k = 0; k < w->marks.words; k++) {
        here = next;
        next = has_half(word[k + 1], r);
        uint64_t all = here || next ? run_starts(&word[k], r) : 0;
        word[k] = all & ~(all << r->step | w->before >> (MARKS_BLOCK - r->step));
        w->before = all;
    }
}

static void fill(void *walk, struct bytes rest)
{
    struct byte_runs_walk *w = walk;
    mark_text(w->runs, rest, w->marks.word, w->marks.words + 1);
    keep_runs(w);
}

size_t byte_runs_next(struct byte_runs_walk *w)
{
    return marks_next(&w->marks, w, fill);
}
