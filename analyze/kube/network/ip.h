/* Addresses and blocks of addresses (CIDR), IPv4 and IPv6. */
#ifndef ANALYZE_KUBE_NETWORK_IP_H
#define ANALYZE_KUBE_NETWORK_IP_H

#include "formats/base/text.h"

struct ip {
    uint8_t n; /* octets: 4 or 16 */
    uint8_t b[16];
};

struct block {
    struct ip base; /* without the bits of the host */
    unsigned bits;
};

/* The kernel writes an IPv4 peer of an IPv6 socket as ::ffff:198.51.100.9: that is the
 * IPv4 address. False for what is no address. */
bool ip_parse(struct bytes text, struct ip *out);
void ip_text(const struct ip *ip, struct text *out);
/* Addresses of the two families are never equal; IPv4 comes first. */
int ip_compare(const struct ip *a, const struct ip *b);
/* Of no network of somebody's own, of a link or of a machine: never a pod's. */
bool ip_is_public(const struct ip *ip);
#define OWN_BLOCKS 12
struct block ip_own_block(size_t number); /* those that are not public */
/* The next one; false after the last. */
bool ip_next(struct ip *ip);
void ip_previous(struct ip *ip); /* not of the first */

/* "10.0.0.0/8"; a lone address is a block of one. */
bool block_parse(struct bytes text, struct block *out);
bool block_has(const struct block *block, const struct ip *ip);
bool block_starts(const struct block *block); /* is its base the first of it? */
struct ip block_last(const struct block *block);

/* Is the address in "10.0.0.0/8"? False for text that is no address or no block. */
bool cidr_contains(struct bytes cidr, struct bytes address);

#endif
