/* Conntrack: the connections that the kernel of a network namespace kept in mind.
 *
 * netns-ct-N and netns-exp-N are what the kernel answered to a dump request, one netlink
 * message after the other and no magic word. Connections are there while the firewall of
 * the namespace looks at them: those that ended lately as well, with the addresses that
 * were put in place of others. (CRIU up to 4.2 asks for connections twice, and netns-exp
 * holds them again: its request for expectations lacks their subsystem.) Headers are in
 * the order of the dumped machine, numbers of attributes in that of the network. Sources:
 * linux/netfilter/nfnetlink_conntrack.h, nf_conntrack_common.h, nf_conntrack_tcp.h.
 */
#ifndef FORMATS_CRIU_CONNTRACK_H
#define FORMATS_CRIU_CONNTRACK_H

#include "formats/criu/netlink.h"

/* One direction. Addresses have 4 or 16 bytes, or none. */
struct conntrack_tuple {
    struct bytes source, destination;
    uint16_t source_port, destination_port;
    uint8_t protocol; /* IPPROTO_* */
    bool has_ports;   /* else type, code and id, of ICMP */
    uint8_t icmp_type, icmp_code;
    uint16_t icmp_id;
};

struct conntrack_counter {
    uint64_t packets, bytes;
};

struct conntrack_entry {
    bool expected;  /* not there yet: a helper waits for it */
    uint8_t family; /* AF_INET 2, AF_INET6 10 */
    /* Who began, and what answers look like: turned around, unless addresses are
     * translated. Of an expectation: what is waited for, and of which connection. */
    struct conntrack_tuple original, reply;
    uint32_t status;  /* IPS_* */
    uint32_t timeout; /* seconds left */
    uint32_t mark, id;
    uint16_t zone;
    bool has_state;
    uint8_t state;                 /* of TCP: enum tcp_conntrack */
    struct bytes helper, security; /* names */
    bool counted;                  /* net.netfilter.nf_conntrack_acct */
    struct conntrack_counter sent, answered;
    uint64_t start, stop;    /* ns since 1970, or 0; nf_conntrack_timestamp */
    uint64_t offset, length; /* in the dump */
};

/* The order of bytes is what the first length makes sense in. */
struct netlink_reader conntrack_open(struct bytes dump, struct faults *faults);
/* The next connection or expectation; others are skipped. False at the end. */
bool conntrack_next(struct netlink_reader *r, struct conntrack_entry *out);

#endif
