#include "formats/base/histogram.h"

#include <math.h>

/* Of octets that follow each other each counts in a table of its own: where the same
 * value comes again and again, one table would wait for the count before. 32 bits, so
 * that the tables stay in the first cache; a part that they hold is counted at a time.
 * Zeros, of which files are full, are counted eight at a time. */
#define TABLES 4
#define PART   ((size_t)1 << 30)

static void add_part(struct histogram *h, struct bytes b)
{
    uint32_t tables[TABLES][256] = {{0}};
    size_t i = 0, zeros = 0;
    for (; i + sizeof(uint64_t) <= b.n; i += sizeof(uint64_t)) {
        uint64_t octets;
        memcpy(&octets, b.p + i, sizeof octets);
        if (octets == 0) {
            zeros += sizeof octets;
            continue;
        }
#pragma GCC unroll 8
        for (unsigned k = 0; k < sizeof octets; k++, octets >>= 8)
            tables[k % TABLES][octets & 0xff]++;
    }
    for (; i < b.n; i++)
        tables[0][b.p[i]]++;
    h->counts[0] += zeros;
    for (unsigned v = 0; v < 256; v++)
        for (unsigned k = 0; k < TABLES; k++)
            h->counts[v] += tables[k][v];
}

void histogram_add(struct histogram *h, struct bytes b)
{
    h->size += b.n;
    for (; b.n; b = bytes_from(b, PART))
        add_part(h, bytes_sub(b, 0, PART));
}

double histogram_entropy(const struct histogram *h)
{
    double bits = 0;
    for (unsigned v = 0; v < 256; v++) {
        double share = h->counts[v] ? (double)h->counts[v] / (double)h->size : 0;
        bits -= share > 0 ? share * log2(share) : 0;
    }
    return bits > 0 ? bits : 0;
}
