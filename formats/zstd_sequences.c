#include "formats/zstd_sequences.h"

#include "formats/base/cursor.h"

/* 3.1.1.3.2.1.1: extra bits of codes of lengths; an offset's code says itself how many.
 */
static const uint8_t literals_extra[36] = {0, 0, 0, 0, 0, 0,  0,  0,  0,  0,  0,  0,
                                           0, 0, 0, 0, 1, 1,  1,  1,  2,  2,  3,  3,
                                           4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint8_t matches_extra[53] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,  0,  0,  0, 0,
    0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

/* Each kind of code: how large its table may be, and the table that needs no description
 * (3.1.1.3.2.2). */
static const struct kind {
    unsigned symbols, log;
    const uint8_t *extra;
    struct fse_counts predefined;
} kinds[] = {
    [ZSTD_LITERALS] = {36, 9, literals_extra, {6, 36, {4, 3, 2, 2, 2, 2,  2,  2,  2,
                                                       2, 2, 2, 2, 1, 1,  1,  2,  2,
                                                       2, 2, 2, 2, 2, 2,  2,  3,  2,
                                                       1, 1, 1, 1, 1, -1, -1, -1, -1}}},
    [ZSTD_OFFSETS] = {32, 8, NULL, {5, 29, {1, 1, 1, 1, 1,  1,  2,  2,  2, 1,
                                            1, 1, 1, 1, 1,  1,  1,  1,  1, 1,
                                            1, 1, 1, 1, -1, -1, -1, -1, -1}}},
    [ZSTD_MATCHES] = {53, 9, matches_extra, {6, 53, {1, 4,  3,  2,  2,  2,  2,  2, 2,
                                                     1, 1,  1,  1,  1,  1,  1,  1, 1,
                                                     1, 1,  1,  1,  1,  1,  1,  1, 1,
                                                     1, 1,  1,  1,  1,  1,  1,  1, 1,
                                                     1, 1,  1,  1,  1,  1,  1,  1, 1,
                                                     1, -1, -1, -1, -1, -1, -1, -1}}},
};

enum { PREDEFINED, ONE_SYMBOL, DESCRIBED, AS_BEFORE };

void zstd_sequences_begin(struct zstd_sequences *z)
{
    static const uint32_t recent[] = {1, 4, 8};
    memcpy(z->recent, recent, sizeof recent);
}

static bool read_table(struct zstd_sequences *z, struct cursor *c, enum zstd_part part,
                       unsigned mode)
{
    const struct kind *k = &kinds[part];
    struct fse_table *t = &z->tables[part];
    struct fse_counts counts;
    if (mode == PREDEFINED) {
        fse_build(t, &k->predefined, k->extra);
    } else if (mode == ONE_SYMBOL) {
        uint8_t s = cursor_u8(c);
        if (s >= k->symbols)
            return false;
        t->log = 0;
        t->states[0] = (struct fse_state){0, 0, s, k->extra ? k->extra[s] : s};
    } else if (mode == DESCRIBED) {
        size_t n = fse_read(&counts, cursor_rest(c), k->symbols, k->log);
        cursor_skip(c, n);
        if (n == 0)
            return false;
        fse_build(t, &counts, k->extra);
    }
    return !c->failed;
}

/* 3.1.1.5: the three last offsets have numbers of their own; without literals before it
 * the last one would only lengthen the match before, and the numbers mean the next ones.
 * False for an offset of zero. */
static inline bool use_offset(uint32_t *recent, uint64_t value, bool literals)
{
    uint32_t offset;
    if (value > 3) {
        offset = (uint32_t)(value - 3);
    } else {
        uint64_t which = literals ? value - 1 : value;
        if (which == 0)
            return true;
        offset = which < 3 ? recent[which] : recent[0] - 1;
        if (which == 1) {
            recent[1] = recent[0];
            recent[0] = offset;
            return true;
        }
    }
    recent[2] = recent[1];
    recent[1] = recent[0];
    recent[0] = offset;
    return offset != 0;
}

/* 3.1.1.3.2.1.2: `n` sequences, which take all bits. */
static bool read_sequences(struct zstd_sequences *z, struct fse_stream s, uint32_t n)
{
    const struct fse_table *t = z->tables;
    unsigned first = t[0].log + t[1].log + t[2].log;
    if (s.left < first)
        return false;
    struct fse_state l =
        t[ZSTD_LITERALS].states[fse_stream_take(&s, t[ZSTD_LITERALS].log)];
    struct fse_state o = t[ZSTD_OFFSETS].states[fse_stream_take(&s, t[ZSTD_OFFSETS].log)];
    struct fse_state m = t[ZSTD_MATCHES].states[fse_stream_take(&s, t[ZSTD_MATCHES].log)];
    for (;;) {
        unsigned extra = 0u + l.extra + m.extra;
        unsigned bits = --n ? 0u + l.bits + m.bits + o.bits : 0;
        if (s.left < o.extra + extra + bits)
            return false;
        uint64_t offset = fse_stream_take(&s, o.extra) | UINT64_C(1) << o.extra;
        if (!use_offset(z->recent, offset, l.symbol != 0))
            return false;
        s.left -= extra;
        if (n == 0)
            return s.left == 0;
        uint64_t next = fse_stream_take(&s, bits);
        l = t[ZSTD_LITERALS].states[l.next + (next >> (m.bits + o.bits))];
        m = t[ZSTD_MATCHES].states[m.next + fse_low_bits(next >> o.bits, m.bits)];
        o = t[ZSTD_OFFSETS].states[o.next + fse_low_bits(next, o.bits)];
    }
}

/* 3.1.1.3.2.1 */
static uint32_t read_number(struct cursor *c)
{
    uint32_t first = cursor_u8(c);
    if (first < 128)
        return first;
    if (first < 255)
        return (first - 128) << 8 | cursor_u8(c);
    return 0x7f00u + cursor_u16le(c);
}

bool zstd_sequences_hold(struct zstd_sequences *z, struct bytes section)
{
    struct cursor c = cursor_of(section);
    struct fse_stream stream;
    uint32_t n = read_number(&c);
    if (n == 0)
        return !c.failed && cursor_at_end(&c);
    unsigned modes = cursor_u8(&c);
    return read_table(z, &c, ZSTD_LITERALS, modes >> 6) &&
           read_table(z, &c, ZSTD_OFFSETS, modes >> 4 & 3) &&
           read_table(z, &c, ZSTD_MATCHES, modes >> 2 & 3) &&
           fse_stream_open(&stream, cursor_rest(&c)) && read_sequences(z, stream, n);
}
