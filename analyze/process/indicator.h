/* Indicator: addresses, names and wallets that stand in text. Works on any bytes; knows
 * nothing of memory. */
#ifndef ANALYZE_PROCESS_INDICATOR_H
#define ANALYZE_PROCESS_INDICATOR_H

#include "formats/base/sieve.h"

struct indicator {
    const char *kind; /* static: "url", "ipv4", "domain", "bitcoin", "ethereum" */
    size_t at, length;
};
/* URLs, addresses and names, one behind the other. Private and reserved IPv4 addresses
 * are none. */
struct indicator_walk {
    struct sieve_walk sieve;
    size_t from; /* behind the last one */
};
struct indicator_walk indicator_walk(struct bytes text);
bool indicator_next(struct indicator_walk *w, struct indicator *out);
/* The first wallet at or after `from`; false if there is none. */
bool wallet_find(struct bytes text, size_t from, struct indicator *out);

#endif
