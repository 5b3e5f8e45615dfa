/* How often each value of an octet occurs, and what that says. */
#ifndef FORMATS_BASE_HISTOGRAM_H
#define FORMATS_BASE_HISTOGRAM_H

#include "formats/base/bytes.h"

/* {0} is empty. */
struct histogram {
    uint64_t counts[256];
    uint64_t size; /* octets counted: the sum of `counts` */
};

void histogram_add(struct histogram *h, struct bytes b);

/* Shannon's entropy in bits per octet: 0 for one value repeated and for nothing, 8 for
 * what is compressed or encrypted. */
double histogram_entropy(const struct histogram *h);

#endif
