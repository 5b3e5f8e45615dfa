/* Finite state entropy, as zstd codes with it (RFC 8878, 4.1): the description of a table
 * and the table that it gives. */
#ifndef FORMATS_FSE_H
#define FORMATS_FSE_H

#include "formats/base/bytes.h"

enum { FSE_LOG_MOST = 9, FSE_SYMBOLS_MOST = 256 };

/* How often each symbol comes, in 1 << log; -1 is "less than once". */
struct fse_counts {
    unsigned log, n;
    int16_t of[FSE_SYMBOLS_MOST];
};

/* Reads a description (4.1.1) at the beginning of `b`: at most `symbols` of them, and a
 * log of at most `log`. The octets that it has, or 0 when it is none. */
size_t fse_read(struct fse_counts *c, struct bytes b, unsigned symbols, unsigned log);

struct fse_state {
    uint16_t next; /* to which so many bits are added: */
    uint8_t bits;
    uint8_t symbol;
    uint8_t extra; /* bits that the symbol itself has behind it */
};

struct fse_table {
    unsigned log;
    struct fse_state states[1 << FSE_LOG_MOST];
};

/* `extra` has as many as there are symbols; NULL when a symbol has itself so many. */
void fse_build(struct fse_table *t, const struct fse_counts *c, const uint8_t *extra);

/* The bits that states are read from, from the last octet to the first. */
struct fse_stream {
    const uint8_t *p;
    size_t left; /* bits */
};

/* So many octets behind its end are read, whatever they are. */
enum { FSE_STREAM_ROOM = 8 };

/* The highest bit of the last octet only marks the end; false when there is none. */
bool fse_stream_open(struct fse_stream *s, struct bytes b);

static inline uint64_t fse_low_bits(uint64_t word, unsigned n)
{
    return word & ((UINT64_C(1) << n) - 1);
}

/* At most 57 bits, and no more than are left. */
static inline uint64_t fse_stream_take(struct fse_stream *s, unsigned n)
{
    uint64_t word;
    s->left -= n;
    memcpy(&word, s->p + s->left / 8, sizeof word);
    return fse_low_bits(word >> s->left % 8, n);
}

#endif
