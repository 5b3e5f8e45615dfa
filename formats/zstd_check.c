#include "formats/zstd_check.h"

/* What is read next. */
enum { MAGIC, SKIPPABLE, DESCRIPTOR, BLOCK, LITERALS, LITERALS_REST, SEQUENCES };

static void expect(struct zstd_check *z, unsigned step, unsigned octets, uint64_t after)
{
    z->step = step;
    z->n = 0;
    z->want = octets;
    z->skip = after;
}

static uint64_t number(const struct zstd_check *z)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < z->n; i++)
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
    z->last = header & 1;
    z->left = type == 1 ? 1 : header >> 3;
    z->off = type == 3;
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

static void read_literals(struct zstd_check *z)
{
    unsigned header = literals_header(z->have[0]);
    if (z->n < header) {
        z->step = LITERALS_REST;
        z->want = header;
        return;
    }
    uint64_t used = header + literals_stored(z);
    z->off = used >= z->left; /* the decoder says so itself */
    z->left -= z->off ? 0 : (uint32_t)used;
    expect(z, SEQUENCES, 1, used - header);
}

/* The number of sequences has one octet, or two from 128 on: none can be told both ways.
 */
static void read_sequences(struct zstd_check *z)
{
    if (z->have[0] == 0x80 && z->n == 1 && z->left > 1) {
        z->want = 2;
        return;
    }
    bool none = z->have[0] == 0 || (z->n == 2 && z->have[1] == 0);
    z->wrong = none && z->left > z->n;
    z->left -= z->n;
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
    case SEQUENCES:
        read_sequences(z);
        break;
    default:
        read_literals(z);
    }
}

void zstd_check_feed(struct zstd_check *z, struct bytes b)
{
    if (z->want == 0)
        expect(z, MAGIC, 4, 0);
    while (b.n && !z->off && !z->wrong) {
        if (z->skip) {
            size_t n = z->skip < b.n ? (size_t)z->skip : b.n;
            z->skip -= n;
            b = bytes_from(b, n);
            continue;
        }
        z->have[z->n++] = b.p[0];
        b = bytes_from(b, 1);
        if (z->n == z->want)
            take_header(z);
    }
}
