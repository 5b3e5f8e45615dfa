#include "formats/criu/netlink.h"

/* Magic words of iproute2's save files. */
enum { MAGIC_ADDRESS = 0x47361222, MAGIC_ROUTE = 0x45311224, MAGIC_RULE = 0x71706986 };
/* nlmsg_type */
enum { RTM_NEWADDR = 20, RTM_NEWROUTE = 24, RTM_NEWRULE = 32 };
/* Attributes. A rule's numbers differ from a route's (FRA_*, RTA_*). */
enum { IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_LABEL = 3, IFA_FLAGS = 8 };
enum { RTA_DST = 1, RTA_OIF = 4, RTA_GATEWAY = 5, RTA_PRIORITY = 6, RTA_PREFSRC = 7 };
enum { RTA_TABLE = 15 };
enum { FRA_DST = 1, FRA_SRC = 2, FRA_IIFNAME = 3, FRA_PRIORITY = 6, FRA_FWMARK = 10 };

#define NLMSG_HEADER 16

bool netlink_open(struct netlink_reader *r, struct bytes dump, struct faults *faults)
{
    *r = (struct netlink_reader){cursor_of(dump), faults};
    uint32_t magic = cursor_u32le(&r->at);
    if (magic == MAGIC_ADDRESS || magic == MAGIC_ROUTE || magic == MAGIC_RULE)
        return true;
    faults_add(faults,
               (struct fault){dump.n ? FAULT_MAGIC : FAULT_EMPTY, 0, MAGIC_ROUTE, magic});
    return false;
}

static uint32_t number(struct bytes value)
{
    struct cursor c = cursor_of(value);
    return cursor_u32le(&c);
}

/* A label is NUL-terminated. */
static struct bytes label(struct bytes value)
{
    return bytes_sub(value, 0, bytes_find_byte(value, 0));
}

static void address_attribute(struct netlink_entry *e, uint16_t type, struct bytes value)
{
    if (type == IFA_LOCAL || (type == IFA_ADDRESS && e->address.n == 0))
        e->address = value;
    else if (type == IFA_LABEL)
        e->label = label(value);
    else if (type == IFA_FLAGS)
        e->flags = number(value);
}

static void route_attribute(struct netlink_entry *e, uint16_t type, struct bytes value)
{
    if (type == RTA_DST)
        e->address = value;
    else if (type == RTA_OIF)
        e->interface = number(value);
    else if (type == RTA_GATEWAY)
        e->gateway = value;
    else if (type == RTA_PRIORITY)
        e->priority = number(value);
    else if (type == RTA_PREFSRC)
        e->source = value;
    else if (type == RTA_TABLE)
        e->table = number(value);
}

static void rule_attribute(struct netlink_entry *e, uint16_t type, struct bytes value)
{
    if (type == FRA_DST)
        e->address = value;
    else if (type == FRA_SRC)
        e->source = value;
    else if (type == FRA_IIFNAME)
        e->label = label(value);
    else if (type == FRA_PRIORITY)
        e->priority = number(value);
    else if (type == FRA_FWMARK)
        e->mark = number(value);
    else if (type == RTA_TABLE)
        e->table = number(value);
}

/* struct ifaddrmsg, or struct rtmsg (struct fib_rule_hdr has the same layout). */
static void read_fixed(struct netlink_entry *e, struct cursor *c)
{
    e->family = cursor_u8(c);
    e->prefix = cursor_u8(c);
    if (e->kind == NETLINK_ADDRESS) {
        e->flags = cursor_u8(c);
        e->scope = cursor_u8(c);
        e->interface = cursor_u32le(c);
        return;
    }
    cursor_skip(c, 2); /* source length, type of service */
    e->table = cursor_u8(c);
    e->protocol = cursor_u8(c);
    e->scope = cursor_u8(c);
    e->type = cursor_u8(c);
    e->flags = cursor_u32le(c);
}

static void read_attributes(struct netlink_entry *e, struct cursor *c)
{
    while (cursor_left(c) >= 4 && !c->failed) {
        uint16_t length = cursor_u16le(c), type = cursor_u16le(c) & 0x3fff;
        if (length < 4) {
            c->failed = true;
            return;
        }
        struct bytes value = cursor_take(c, length - 4u);
        if (e->kind == NETLINK_ADDRESS)
            address_attribute(e, type, value);
        else if (e->kind == NETLINK_ROUTE)
            route_attribute(e, type, value);
        else
            rule_attribute(e, type, value);
        uint64_t pad = (4u - length % 4u) % 4u;
        cursor_skip(c, pad <= cursor_left(c) ? pad : cursor_left(c));
    }
}

static bool kind_of(uint16_t type, enum netlink_kind *out)
{
    if (type == RTM_NEWADDR)
        *out = NETLINK_ADDRESS;
    else if (type == RTM_NEWROUTE)
        *out = NETLINK_ROUTE;
    else if (type == RTM_NEWRULE)
        *out = NETLINK_RULE;
    else
        return false;
    return true;
}

bool netlink_next(struct netlink_reader *r, struct netlink_entry *out)
{
    while (!cursor_at_end(&r->at)) {
        struct netlink_entry e = {.offset = r->at.at};
        size_t left = cursor_left(&r->at);
        struct cursor head = cursor_of(cursor_rest(&r->at));
        uint32_t length = cursor_u32le(&head);
        uint16_t type = cursor_u16le(&head);
        if (head.failed || length < NLMSG_HEADER || length > left) {
            faults_add(r->faults,
                       (struct fault){FAULT_TRUNCATED, e.offset, length, left});
            cursor_skip(&r->at, left);
            return false;
        }
        struct cursor body =
            cursor_of(bytes_from(cursor_take(&r->at, length), NLMSG_HEADER));
        uint64_t pad = (4u - length % 4u) % 4u;
        cursor_skip(&r->at, pad <= cursor_left(&r->at) ? pad : cursor_left(&r->at));
        if (!kind_of(type, &e.kind))
            continue;
        e.length = length;
        read_fixed(&e, &body);
        read_attributes(&e, &body);
        if (body.failed)
            faults_add(r->faults, (struct fault){FAULT_LENGTH, e.offset, length, left});
        *out = e;
        return true;
    }
    return false;
}
