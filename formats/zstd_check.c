#include "formats/zstd_check.h"

#include <stdlib.h>

#include "formats/base/memory.h"

/* What is read next. */
enum {
    MAGIC,
    SKIPPABLE,
    DESCRIPTOR,
    BLOCK,
    LITERALS,
    LITERALS_REST,
    WEIGHTS,
    WEIGHTS_REST,
    SEQUENCES
};

/* Of so many octets, when so many others are passed over. */
static void expect(struct zstd_check *z, unsigned step, size_t octets, uint64_t after)
{
    z->step = step;
    z->n = 0;
    z->want = octets;
    z->skip = after;
}

static uint64_t number(const struct zstd_check *z)
{
    uint64_t value = 0;
    for (size_t i = 0; i < z->n; i++)
        value |= (uint64_t)z->have[i] << 8 * i;
    return value;
}

/* 3.1.1.1.1 */
static void read_descriptor(struct zstd_check *z)
{
    static const unsigned dictionary[] = {0, 1, 2, 4}, content[] = {0, 2, 4, 8};
    unsigned d = z->have[0];
    bool single = d >> 5 & 1;
    z->checksum = d >> 2 & 1;
    zstd_sequences_begin(&z->sequences);
    unsigned size = d >> 6 == 0 && single ? 1 : content[d >> 6];
    expect(z, BLOCK, 3, !single + dictionary[d & 3] + size);
}

static void end_block(struct zstd_check *z)
{
    if (z->last)
        expect(z, MAGIC, 4, z->left + (z->checksum ? 4u : 0u));
    else
        expect(z, BLOCK, 3, z->left);
}

/* 3.1.1.2: raw, one repeated octet, compressed. */
static void read_block(struct zstd_check *z)
{
    uint32_t header = (uint32_t)number(z);
    unsigned type = header >> 1 & 3;
    z->block = z->at - 3;
    z->last = header & 1;
    z->left = type == 1 ? 1 : header >> 3;
    z->off = type == 3 || z->left > ZSTD_BLOCK_MOST; /* the decoder says so itself */
    if (type == 2)
        expect(z, LITERALS, 1, 0);
    else
        end_block(z);
}

/* 3.1.1.3.1.1: how long the header is. */
static unsigned literals_header(uint8_t first)
{
    unsigned format = first >> 2 & 3;
    if (first & 2)
        return format < 2 ? 3 : format + 2;
    return format == 3 ? 3 : format == 1 ? 2 : 1;
}

/* How many octets of literals are stored behind it. */
static uint64_t literals_stored(const struct zstd_check *z)
{
    uint64_t header = number(z);
    unsigned type = z->have[0] & 3, format = z->have[0] >> 2 & 3;
    if (type == 1)
        return 1;
    if (type == 0)
        return format & 1 ? header >> 4 : header >> 3;
    unsigned bits = format < 2 ? 10 : format == 2 ? 14 : 18;
    return header >> (4 + bits) & ((1u << bits) - 1);
}

/* So many octets of the block are used, and some must be left. */
static void use(struct zstd_check *z, uint64_t octets)
{
    z->off = octets >= z->left; /* the decoder says so itself */
    z->left -= z->off ? 0 : (uint32_t)octets;
}

static void read_literals(struct zstd_check *z)
{
    unsigned header = literals_header(z->have[0]);
    if (z->n < header) {
        z->step = LITERALS_REST;
        z->want = header;
        return;
    }
    bool weights = (z->have[0] & 3) == 2;
    z->literals = literals_stored(z);
    use(z, header + z->literals);
    if (weights)
        expect(z, WEIGHTS, 1, 0);
    else
        expect(z, SEQUENCES, z->left, z->literals);
}

/* 4.2.1.2: two states take turns until the bits have ended; they must have begun. */
static bool weights_begin(struct bytes coded)
{
    struct fse_counts counts;
    struct fse_stream s;
    size_t n = fse_read(&counts, coded, FSE_SYMBOLS_MOST, 6);
    return n && fse_stream_open(&s, bytes_from(coded, n)) && s.left >= 2 * counts.log;
}

/* 4.2.1.1: below 128 it is how many octets code them, else they stand there as they are.
 */
static void read_weights(struct zstd_check *z)
{
    size_t coded = z->have[0] < 128 ? z->have[0] : 0;
    z->off = 1 + coded > z->literals; /* the decoder says so itself */
    if (z->n < 1 + coded) {
        z->step = WEIGHTS_REST;
        z->want = 1 + coded;
        return;
    }
    z->wrong = coded && !weights_begin(bytes_of(z->have + 1, coded));
    expect(z, SEQUENCES, z->left, z->literals - z->n);
}

static void read_sequences(struct zstd_check *z)
{
    z->wrong = !zstd_sequences_hold(&z->sequences, bytes_of(z->have, z->n));
    z->left = 0;
    end_block(z);
}

static void take_header(struct zstd_check *z)
{
    switch (z->step) {
    case MAGIC:
        z->off = number(z) != 0xFD2FB528 && (number(z) & 0xFFFFFFF0) != 0x184D2A50;
        expect(z, z->have[3] == 0xFD ? DESCRIPTOR : SKIPPABLE, z->have[3] == 0xFD ? 1 : 4,
               0);
        break;
    case SKIPPABLE:
        expect(z, MAGIC, 4, number(z));
        break;
    case DESCRIPTOR:
        read_descriptor(z);
        break;
    case BLOCK:
        read_block(z);
        break;
    case WEIGHTS:
    case WEIGHTS_REST:
        read_weights(z);
        break;
    case SEQUENCES:
        read_sequences(z);
        break;
    default:
        read_literals(z);
    }
}

static size_t least(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

void zstd_check_feed(struct zstd_check *z, struct bytes b)
{
    if (z->want == 0)
        expect(z, MAGIC, 4, 0);
    while (b.n && !z->off && !z->wrong) {
        size_t skipped = least(z->skip, b.n);
        size_t taken = least(z->want - z->n, b.n - skipped);
        memcpy(z->have + z->n, b.p + skipped, taken);
        z->skip -= skipped;
        z->n += taken;
        z->at += skipped + taken;
        b = bytes_from(b, skipped + taken);
        if (z->n == z->want)
            take_header(z);
    }
}

/* -- as a source --------------------------------------------------------------------- */

struct checked {
    struct source source;
    struct source *from;
    struct zstd_check check;
};

static int checked_next(struct source *s, struct bytes *block)
{
    struct checked *c = (struct checked *)s;
    struct zstd_check *z = &c->check;
    if (z->wrong) {
        s->fault = (struct fault){FAULT_VALUE, z->block, 0, 0};
        return 0;
    }
    uint64_t before = z->at;
    int more = source_next(c->from, block);
    s->held = c->from->held;
    s->fault = c->from->fault;
    if (more <= 0)
        return more;
    zstd_check_feed(z, *block);
    if (z->wrong)
        *block = bytes_sub(*block, 0, (size_t)(z->at - before));
    return 1;
}

struct source *zstd_checked_new(struct source *from)
{
    struct checked *c = memory_new(1, sizeof *c);
    c->source = (struct source){.next = checked_next, .pool = from->pool};
    c->from = from;
    return &c->source;
}

void zstd_checked_free(struct source *s)
{
    free(s);
}
