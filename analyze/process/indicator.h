/* Indicator: addresses, names and wallets that stand in text. Works on any bytes; knows
 * nothing of memory. */
#ifndef ANALYZE_PROCESS_INDICATOR_H
#define ANALYZE_PROCESS_INDICATOR_H

#include "formats/base/bytes.h"

struct indicator {
    const char *kind; /* static: "url", "ipv4", "domain", "bitcoin", "ethereum" */
    size_t at, length;
};
/* The first URL, address or name at or after `from`; false if there is none. Private and
 * reserved IPv4 addresses are none. */
bool indicator_find(struct bytes text, size_t from, struct indicator *out);
/* The first wallet. */
bool wallet_find(struct bytes text, size_t from, struct indicator *out);

#endif
