/* Sieve: where a search for many literals at once has to look closer.
 *
 * A sieve holds shapes: three sets of bytes, of which one byte each stands side by side.
 * A search says which three neighbouring bytes of each literal are rare in text; one pass
 * at several times the speed of a checksum then skips everything where none of the shapes
 * stands. What is found may be a literal or not: the searcher looks closer.
 */
#ifndef FORMATS_BASE_SIEVE_H
#define FORMATS_BASE_SIEVE_H

#include "formats/base/marks.h"

#define SIEVE_SHAPE  3 /* bytes of a shape */
#define SIEVE_SHAPES 8 /* shapes of a sieve; more are laid together */
/* Of the hash that the second look goes by: what is not sought and hashes like what is
 * must be rare, and the table has to stay in the first cache. */
#define SIEVE_HASH_BITS 17

struct byte_set {
    uint64_t bits[4];
};
/* The bytes of a text; with `any_case`, letters of ASCII stand for both of their forms.
 */
struct byte_set byte_set(struct bytes text, bool any_case);
/* Those of a table. */
struct byte_set byte_set_of(const bool has[256]);
#define BYTE_SET_ALL ((struct byte_set){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}})

struct sieve_shape {
    struct byte_set at[SIEVE_SHAPE];
};

/* Shapes begin with ASCII. */
struct sieve {
    uint8_t is[SIEVE_SHAPE][128]; /* bit i: the byte may stand there in shape i */
    /* The same by the low and the high half of a byte: bit i is set in both where it is
     * set above, and perhaps elsewhere. */
    uint8_t low[SIEVE_SHAPE][16], high[SIEVE_SHAPE][16];
    /* For a second look: a bit for each text of three bytes that is sought, by its hash.
     */
    uint64_t known[(1 << SIEVE_HASH_BITS) / 64];
};
/* Of so many shapes. Where there are more than SIEVE_SHAPES, those that differ the least
 * are made one. */
struct sieve sieve_of(const struct sieve_shape *shapes, size_t n);

/* Where the shapes stand in a text, in order. */
struct sieve_walk {
    const struct sieve *sieve;
    struct marks marks;
};
struct sieve_walk sieve_walk(const struct sieve *s, struct bytes text, size_t from);
/* Position of the first byte of the next one; text.n at the end. */
size_t sieve_next(struct sieve_walk *w);

#endif
