/* Netlink dumps: the addresses, routes and rules of a network namespace.
 *
 * ifaddr-N, route-N, route6-N and rule-N are what `ip … save` writes: a magic word, then
 * netlink messages. Sources: rtnetlink(7), linux/rtnetlink.h, linux/fib_rules.h.
 */
#ifndef FORMATS_CRIU_NETLINK_H
#define FORMATS_CRIU_NETLINK_H

#include "formats/base/cursor.h"
#include "formats/base/fault.h"

enum netlink_kind { NETLINK_ADDRESS, NETLINK_ROUTE, NETLINK_RULE };

/* One message. What a kind does not have is zero or empty; addresses are 4 or 16 bytes in
 * network order. */
struct netlink_entry {
    enum netlink_kind kind;
    uint8_t family; /* AF_INET 2, AF_INET6 10 */
    uint8_t prefix; /* bits of address or destination */
    uint8_t scope, protocol, type, table_low;
    uint32_t flags;
    uint32_t interface; /* index; routes: the way out */
    uint32_t table, priority, mark;
    struct bytes address; /* own address, or destination */
    struct bytes gateway, source, label;
    uint64_t offset, length; /* in the dump */
};

struct netlink_reader {
    struct cursor at;
    bool big_endian;       /* headers are in the order of the dumped machine */
    struct faults *faults; /* borrowed; may be NULL */
};

/* One message as it stands, of any protocol of netlink. */
struct netlink_message {
    uint16_t type;
    struct bytes body;       /* behind the header */
    uint64_t offset, length; /* in the dump */
};
/* The next one, and the reader is behind it; false, with a fault unless it is the end,
 * when there is none. */
bool netlink_message(struct netlink_reader *r, struct netlink_message *out);
/* The next attribute of `at`; false at the end, and at->failed where it is no clean one.
 */
bool netlink_attribute(struct cursor *at, bool big_endian, uint16_t *type,
                       struct bytes *value);

/* False, with a fault, when `dump` has none of the magic words. */
bool netlink_open(struct netlink_reader *r, struct bytes dump, struct faults *faults);
/* The next message of the three kinds, others are skipped. False at the end. */
bool netlink_next(struct netlink_reader *r, struct netlink_entry *out);

#endif
