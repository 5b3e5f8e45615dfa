/* Space: what a plan lets through to and from addresses, whatever the address: as few
 * ranges as its rules tell apart. */
#ifndef ANALYZE_KUBE_NETWORK_SPACE_H
#define ANALYZE_KUBE_NETWORK_SPACE_H

#include "analyze/kube/network/netplan.h"

struct address_range {
    struct ip first, last;
    struct bytes open,
        undecided; /* ports, as port_answers_text() has them; in the arena */
};
struct address_ranges {
    struct address_range *v; /* all IPv4, then all IPv6, as far as the pod can have any */
    size_t n, capacity;
};

/* Replaces what `out` holds; free(out->v). Pods have addresses too: where blocks are put
 * to pods, the answer of a pod's address counts only for what is no known pod. */
void netplan_addresses(const struct netplan *p, enum direction d,
                       struct address_ranges *out);

/* Do so many addresses have an open port that no network of somebody is that large: more
 * than an IPv4 /8 or an IPv6 /16? Who names those names no peer. */
bool addresses_are_wide(const struct address_ranges *a);

/* "every address", "10.0.0.0/8, 192.0.2.1", "every address but 10.0.0.0/8": those with
 * the same answer as `like`. */
void addresses_text(const struct address_ranges *a, const struct address_range *like,
                    struct text *out);
/* Have they the same answer? */
bool addresses_alike(const struct address_range *a, const struct address_range *b);

#endif
