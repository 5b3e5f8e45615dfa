#include "formats/base/pairs.h"

/* Places that are looked at before the first branch: none waits for another. */
#define BLOCK 64

static unsigned index_of(uint8_t first, uint8_t second)
{
    return (unsigned)first | (unsigned)second << 8;
}

static uint8_t other_case(uint8_t c)
{
    bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
    return letter ? c ^ 32 : c;
}

void pairs_add(struct pairs *p, uint8_t first, uint8_t second, bool any_case)
{
    for (unsigned form = 0; form < (any_case ? 4 : 1); form++) {
        unsigned i = index_of(form & 1 ? other_case(first) : first,
                              form & 2 ? other_case(second) : second);
        p->is[i] = 1;
    }
}

static inline uint64_t has(const struct pairs *p, const uint8_t *at)
{
    return p->is[index_of(at[0], at[1])];
}

static bool is_zero(const uint8_t *p)
{
    uint64_t words[BLOCK / sizeof(uint64_t)], all = 0;
    memcpy(words, p, sizeof *words);
    if (words[0])
        return false;
    memcpy(words, p, sizeof words);
    for (size_t i = 0; i < BLOCK / sizeof(uint64_t); i++)
        all |= words[i];
    return all == 0;
}

/* Bit i: a pair at b.p[at + i]. Much of memory is zero, of which no literal is made. */
static uint64_t look(const struct pairs *p, struct bytes b, size_t at)
{
    uint64_t found = 0;
    size_t n = b.n - at - 1;
    if (n >= BLOCK && is_zero(b.p + at) && b.p[at + BLOCK] == 0)
        return 0;
    if (n >= BLOCK) {
#pragma GCC unroll 64
        for (unsigned i = 0; i < BLOCK; i++)
            found |= has(p, b.p + at + i) << i;
        return found;
    }
    for (unsigned i = 0; i < n; i++)
        found |= has(p, b.p + at + i) << i;
    return found;
}

void pairs_mark(const struct pairs *p, struct bytes text, uint64_t *marks)
{
    for (size_t k = 0; k < pairs_words(text.n); k++)
        marks[k] = k * BLOCK + 1 < text.n ? look(p, text, k * BLOCK) : 0;
}

/* Marks begin at multiples of a block, a walk anywhere. */
struct pair_walk pairs_walk(const struct pairs *p, struct bytes text,
                            const uint64_t *marks, size_t from)
{
    struct pair_walk w = {p, text, marks, from, 0};
    if (marks && from < text.n) {
        w.found = marks[from / BLOCK] >> from % BLOCK << from % BLOCK;
        w.next = (from / BLOCK + 1) * BLOCK;
    }
    return w;
}

size_t pairs_next(struct pair_walk *w)
{
    while (w->found == 0) {
        if (w->next + 1 >= w->text.n)
            return w->text.n;
        w->found =
            w->marks ? w->marks[w->next / BLOCK] : look(w->pairs, w->text, w->next);
        w->next += BLOCK;
    }
    unsigned i = (unsigned)__builtin_ctzll(w->found);
    w->found &= w->found - 1;
    return w->next - BLOCK + i;
}
