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

static uint32_t word(struct cursor *c, bool big_endian)
{
    return big_endian ? cursor_u32be(c) : cursor_u32le(c);
}

static bool is_magic(uint32_t magic)
{
    return magic == MAGIC_ADDRESS || magic == MAGIC_ROUTE || magic == MAGIC_RULE;
}

bool netlink_open(struct netlink_reader *r, struct bytes dump, struct faults *faults)
{
    struct cursor big = cursor_of(dump);
    *r = (struct netlink_reader){cursor_of(dump), false, faults};
    uint32_t magic = cursor_u32le(&r->at);
    r->big_endian = is_magic(cursor_u32be(&big));
    if (is_magic(magic) || r->big_endian)
        return true;
    faults_add(faults,
               (struct fault){dump.n ? FAULT_MAGIC : FAULT_EMPTY, 0, MAGIC_ROUTE, magic});
    return false;
}

bool netlink_attribute(struct cursor *at, bool big_endian, uint16_t *type,
                       struct bytes *value)
{
    if (cursor_left(at) < 4 || at->failed)
        return false;
    uint16_t length = big_endian ? cursor_u16be(at) : cursor_u16le(at);
    /* The two highest bits say that it is nested, and in which order of bytes. */
    *type = (big_endian ? cursor_u16be(at) : cursor_u16le(at)) & 0x3fff;
    if (length < 4) {
        at->failed = true;
        return false;
    }
    *value = cursor_take(at, length - 4u);
    uint64_t pad = (4u - length % 4u) % 4u;
    cursor_skip(at, pad <= cursor_left(at) ? pad : cursor_left(at));
    return !at->failed;
}

bool netlink_message(struct netlink_reader *r, struct netlink_message *out)
{
    size_t left = cursor_left(&r->at);
    if (left == 0)
        return false;
    struct cursor head = cursor_of(cursor_rest(&r->at));
    uint32_t length = word(&head, r->big_endian);
    uint16_t type = r->big_endian ? cursor_u16be(&head) : cursor_u16le(&head);
    *out = (struct netlink_message){type, BYTES_NONE, r->at.at, length};
    if (head.failed || length < NLMSG_HEADER || length > left) {
        faults_add(r->faults, (struct fault){FAULT_TRUNCATED, r->at.at, length, left});
        cursor_skip(&r->at, left);
        return false;
    }
    out->body = bytes_from(cursor_take(&r->at, length), NLMSG_HEADER);
    uint64_t pad = (4u - length % 4u) % 4u;
    cursor_skip(&r->at, pad <= cursor_left(&r->at) ? pad : cursor_left(&r->at));
    return true;
}

/* Numbers of rtnetlink are in the order of the machine, too. */
static uint32_t number(struct bytes value, bool big_endian)
{
    struct cursor c = cursor_of(value);
    return word(&c, big_endian);
}

/* A label is NUL-terminated. */
static struct bytes label(struct bytes value)
{
    return bytes_sub(value, 0, bytes_find_byte(value, 0));
}

static void address_attribute(struct netlink_entry *e, uint16_t type, struct bytes value,
                              uint32_t n)
{
    if (type == IFA_LOCAL || (type == IFA_ADDRESS && e->address.n == 0))
        e->address = value;
    else if (type == IFA_LABEL)
        e->label = label(value);
    else if (type == IFA_FLAGS)
        e->flags = n;
}

static void route_attribute(struct netlink_entry *e, uint16_t type, struct bytes value,
                            uint32_t n)
{
    if (type == RTA_DST)
        e->address = value;
    else if (type == RTA_OIF)
        e->interface = n;
    else if (type == RTA_GATEWAY)
        e->gateway = value;
    else if (type == RTA_PRIORITY)
        e->priority = n;
    else if (type == RTA_PREFSRC)
        e->source = value;
    else if (type == RTA_TABLE)
        e->table = n;
}

static void rule_attribute(struct netlink_entry *e, uint16_t type, struct bytes value,
                           uint32_t n)
{
    if (type == FRA_DST)
        e->address = value;
    else if (type == FRA_SRC)
        e->source = value;
    else if (type == FRA_IIFNAME)
        e->label = label(value);
    else if (type == FRA_PRIORITY)
        e->priority = n;
    else if (type == FRA_FWMARK)
        e->mark = n;
    else if (type == RTA_TABLE)
        e->table = n;
}

/* struct ifaddrmsg, or struct rtmsg (struct fib_rule_hdr has the same layout). */
static void read_fixed(struct netlink_entry *e, struct cursor *c, bool big_endian)
{
    e->family = cursor_u8(c);
    e->prefix = cursor_u8(c);
    if (e->kind == NETLINK_ADDRESS) {
        e->flags = cursor_u8(c);
        e->scope = cursor_u8(c);
        e->interface = word(c, big_endian);
        return;
    }
    cursor_skip(c, 2); /* source length, type of service */
    e->table = cursor_u8(c);
    e->protocol = cursor_u8(c);
    e->scope = cursor_u8(c);
    e->type = cursor_u8(c);
    e->flags = word(c, big_endian);
}

static void read_attributes(struct netlink_entry *e, struct cursor *c, bool big_endian)
{
    uint16_t type;
    struct bytes value;
    while (netlink_attribute(c, big_endian, &type, &value)) {
        uint32_t n = number(value, big_endian);
        if (e->kind == NETLINK_ADDRESS)
            address_attribute(e, type, value, n);
        else if (e->kind == NETLINK_ROUTE)
            route_attribute(e, type, value, n);
        else
            rule_attribute(e, type, value, n);
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
    struct netlink_message m;
    while (netlink_message(r, &m)) {
        struct netlink_entry e = {.offset = m.offset, .length = m.length};
        struct cursor body = cursor_of(m.body);
        if (!kind_of(m.type, &e.kind))
            continue;
        read_fixed(&e, &body, r->big_endian);
        read_attributes(&e, &body, r->big_endian);
        if (body.failed)
            faults_add(r->faults,
                       (struct fault){FAULT_LENGTH, e.offset, m.length, m.body.n});
        *out = e;
        return true;
    }
    return false;
}
