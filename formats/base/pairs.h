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

/* Where the pairs stand in a text, in order. */
struct pair_walk {
    const struct pairs *pairs;
    struct bytes text;
    size_t next;    /* first place that was not looked at */
    uint64_t found; /* bit i: a pair at next - 64 + i */
};
static inline struct pair_walk pairs_walk(const struct pairs *p, struct bytes text,
                                          size_t from)
{
    return (struct pair_walk){p, text, from, 0};
}
/* Position of the first byte of the next pair; text.n at the end. */
size_t pairs_next(struct pair_walk *w);

#endif
