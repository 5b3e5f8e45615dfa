/* Marks: a bit for each byte of a text where something begins, and the walk over them.
 * A text is marked a few words at a time, so that the marks stay in the processor.
 */
#ifndef FORMATS_BASE_MARKS_H
#define FORMATS_BASE_MARKS_H

#include "formats/base/bytes.h"

#define MARKS_BLOCK 64 /* bytes that one word of marks stands for */
#define MARKS_WORDS 8

struct marks {
    struct bytes text;
    size_t start;     /* of what word[0] is about */
    size_t at, words; /* the one that is looked at, all */
    /* Bit i of word[k]: start + 64 * k + i. Those that were told are gone. The last one
     * is room for who must know what goes on behind. */
    uint64_t word[MARKS_WORDS + 1];
};

static inline struct marks marks_from(struct bytes text, size_t from)
{
    return (struct marks){.text = text, .start = from};
}

/* Position of the next mark; text.n at the end. `fill` marks `m->words` words of `rest`,
 * the text from m->start on; it is known where this is compiled, so that nothing is
 * called by pointer. */
static inline size_t marks_next(struct marks *m, void *walk,
                                void (*fill)(void *walk, struct bytes rest))
{
    for (;;) {
        for (; m->at < m->words; m->at++) {
            uint64_t *found = &m->word[m->at];
            if (*found == 0)
                continue;
            size_t i = (size_t)__builtin_ctzll(*found);
            *found &= *found - 1;
            return m->start + m->at * MARKS_BLOCK + i;
        }
        m->start += m->words * MARKS_BLOCK;
        struct bytes rest = bytes_from(m->text, m->start);
        size_t words = (rest.n + MARKS_BLOCK - 1) / MARKS_BLOCK;
        m->words = words < MARKS_WORDS ? words : MARKS_WORDS;
        m->at = 0;
        if (words == 0)
            return m->text.n;
        fill(walk, rest);
    }
}

#endif
