#include "formats/fse.h"

/* Bits from the lowest of the first octet on; those behind the end are zeros. */
struct bits {
    struct bytes b;
    size_t at;
};

static unsigned peek(const struct bits *b, unsigned n)
{
    uint32_t word = 0;
    for (size_t i = 0; i < 3 && b->at / 8 + i < b->b.n; i++)
        word |= (uint32_t)b->b.p[b->at / 8 + i] << 8 * i;
    return word >> b->at % 8 & ((1u << n) - 1);
}

static unsigned take(struct bits *b, unsigned n)
{
    unsigned value = peek(b, n);
    b->at += n;
    return value;
}

static unsigned highest_bit(uint32_t value)
{
    return 31u - (unsigned)__builtin_clz(value);
}

/* One count of at most `left`: the small values have a bit less. */
static int read_count(struct bits *b, unsigned left)
{
    unsigned n = highest_bit(left + 1) + 1;
    unsigned value = peek(b, n), half = (1u << (n - 1)) - 1;
    unsigned small = (1u << n) - 2 - left;
    bool is_small = (value & half) < small;
    b->at += is_small ? n - 1 : n;
    if (is_small)
        value &= half;
    else if (value > half)
        value -= small;
    return (int)value - 1;
}

/* A count of zero is followed by how many more there are, three at a time. */
static unsigned read_zeros(struct bits *b)
{
    unsigned n = 0, more;
    do {
        more = take(b, 2);
        n += more;
    } while (more == 3 && b->at < 8 * b->b.n);
    return n;
}

size_t fse_read(struct fse_counts *c, struct bytes b, unsigned symbols, unsigned log)
{
    struct bits bits = {b, 0};
    *c = (struct fse_counts){.log = take(&bits, 4) + 5};
    if (c->log > log)
        return 0;
    unsigned left = 1u << c->log;
    while (left && c->n < symbols) {
        int count = read_count(&bits, left);
        unsigned part = count < 0 ? 1 : (unsigned)count;
        if (part > left)
            return 0;
        left -= part;
        c->of[c->n++] = (int16_t)count;
        if (count == 0)
            c->n += read_zeros(&bits);
    }
    size_t octets = (bits.at + 7) / 8;
    return left == 0 && c->n <= symbols && octets <= b.n ? octets : 0;
}

/* Rare symbols stand at the end, the others are spread over the rest. */
static void spread(struct fse_table *t, const struct fse_counts *c)
{
    unsigned size = 1u << c->log, end = size, at = 0;
    for (unsigned s = 0; s < c->n; s++) {
        if (c->of[s] < 0)
            t->states[--end].symbol = (uint8_t)s;
    }
    for (unsigned s = 0; s < c->n; s++) {
        for (int i = 0; i < c->of[s]; i++) {
            t->states[at].symbol = (uint8_t)s;
            do {
                at = (at + (size >> 1) + (size >> 3) + 3) & (size - 1);
            } while (at >= end);
        }
    }
}

void fse_build(struct fse_table *t, const struct fse_counts *c, const uint8_t *extra)
{
    uint16_t next[FSE_SYMBOLS_MOST];
    t->log = c->log;
    spread(t, c);
    for (unsigned s = 0; s < c->n; s++)
        next[s] = c->of[s] < 0 ? 1 : (uint16_t)c->of[s];
    for (unsigned i = 0; i < 1u << c->log; i++) {
        struct fse_state *state = &t->states[i];
        unsigned k = next[state->symbol]++;
        state->bits = (uint8_t)(c->log - highest_bit(k));
        state->next = (uint16_t)((k << state->bits) - (1u << c->log));
        state->extra = extra ? extra[state->symbol] : state->symbol;
    }
}

bool fse_stream_open(struct fse_stream *s, struct bytes b)
{
    uint8_t last = b.n ? b.p[b.n - 1] : 0;
    if (last == 0)
        return false;
    *s = (struct fse_stream){b.p, 8 * (b.n - 1) + highest_bit(last)};
    return true;
}
