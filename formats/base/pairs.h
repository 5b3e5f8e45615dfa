/* Pairs: a filter for searches of many literals at once.
 *
 * A search says which two neighbouring bytes of each literal are rare in text; one
 * look-up per byte then skips everything where none of these pairs stands, at about the
 * speed of a checksum. What is found may be a literal or not: the searcher looks closer.
 */
#ifndef FORMATS_BASE_PAIRS_H
#define FORMATS_BASE_PAIRS_H

#include "formats/base/bytes.h"

struct pairs {
    uint8_t is[1 << 16]; /* 1 for each pair that is sought; begins as zero */
};

/* With `any_case`, letters of ASCII stand for both of their forms. */
void pairs_add(struct pairs *p, uint8_t first, uint8_t second, bool any_case);

/* All pairs of a text, for several searches: bit i of marks[k] is one at 64 * k + i.
 * `marks` has room for pairs_words(text.n). */
static inline size_t pairs_words(size_t n)
{
    return n / 64 + 1;
}
void pairs_mark(const struct pairs *p, struct bytes text, uint64_t *marks);

/* Where the pairs stand in a text, in order. */
struct pair_walk {
    const struct pairs *pairs;
    struct bytes text;
    const uint64_t *marks; /* of pairs_mark; NULL: they are looked for */
    size_t next;           /* first place that was not looked at */
    uint64_t found;        /* bit i: a pair at next - 64 + i */
};
struct pair_walk pairs_walk(const struct pairs *p, struct bytes text,
                            const uint64_t *marks, size_t from);
/* Position of the first byte of the next pair; text.n at the end. */
size_t pairs_next(struct pair_walk *w);

#endif
