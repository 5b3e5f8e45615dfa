#include "formats/criu/conntrack.h"

/* nlmsg_type: subsystem (NFNL_SUBSYS_CTNETLINK, _EXP), then the message, 0 for new. */
enum { CT_NEW = 0x100, EXP_NEW = 0x200 };
#define NFGENMSG 4 /* struct nfgenmsg */

/* enum ctattr_type */
enum {
    CTA_TUPLE_ORIG = 1,
    CTA_TUPLE_REPLY,
    CTA_STATUS,
    CTA_PROTOINFO,
    CTA_HELP,
    CTA_TIMEOUT = 7,
    CTA_MARK,
    CTA_COUNTERS_ORIG,
    CTA_COUNTERS_REPLY,
    CTA_ID = 12,
    CTA_ZONE = 18,
    CTA_SECCTX,
    CTA_TIMESTAMP,
};
/* enum ctattr_expect */
enum {
    CTA_EXPECT_MASTER = 1,
    CTA_EXPECT_TUPLE,
    CTA_EXPECT_TIMEOUT = 4,
    CTA_EXPECT_ID,
    CTA_EXPECT_HELP_NAME,
    CTA_EXPECT_ZONE,
};
/* enum ctattr_tuple, ctattr_ip, ctattr_l4proto */
enum { CTA_TUPLE_IP = 1, CTA_TUPLE_PROTO };
enum { CTA_IP_V4_SRC = 1, CTA_IP_V4_DST, CTA_IP_V6_SRC, CTA_IP_V6_DST };
enum {
    CTA_PROTO_NUM = 1,
    CTA_PROTO_SRC_PORT,
    CTA_PROTO_DST_PORT,
    CTA_PROTO_ICMP_ID,
    CTA_PROTO_ICMP_TYPE,
    CTA_PROTO_ICMP_CODE,
    CTA_PROTO_ICMPV6_ID,
    CTA_PROTO_ICMPV6_TYPE,
    CTA_PROTO_ICMPV6_CODE,
};
/* The first attribute of ctattr_protoinfo, _protoinfo_tcp, _help, _secctx, _counters and
 * _timestamp; the second of the last two. */
enum { FIRST = 1, SECOND };

struct netlink_reader conntrack_open(struct bytes dump, struct faults *faults)
{
    struct cursor little = cursor_of(dump), big = cursor_of(dump);
    uint32_t n = cursor_u32le(&little), turned = cursor_u32be(&big);
    return (struct netlink_reader){cursor_of(dump), n > dump.n && turned <= dump.n,
                                   faults};
}

/* Walks the attributes inside of an attribute. */
struct nest {
    struct cursor at;
    bool big_endian;
    uint16_t type;
    struct bytes value;
};

static bool nest_next(struct nest *n)
{
    return netlink_attribute(&n->at, n->big_endian, &n->type, &n->value);
}

static struct nest inside(const struct nest *n)
{
    return (struct nest){.at = cursor_of(n->value), .big_endian = n->big_endian};
}

/* A number of as many bytes as it has, eight at most. */
static uint64_t number(struct bytes value)
{
    uint64_t n = 0;
    for (size_t i = 0; i < value.n && i < 8; i++)
        n = n << 8 | value.p[i];
    return n;
}

static struct bytes name(struct bytes value)
{
    return bytes_sub(value, 0, bytes_find_byte(value, 0));
}

static void read_addresses(struct nest n, struct conntrack_tuple *out)
{
    while (nest_next(&n)) {
        bool four = n.type == CTA_IP_V4_SRC || n.type == CTA_IP_V4_DST;
        if (n.type > CTA_IP_V6_DST || n.value.n != (four ? 4 : 16))
            continue;
        if (n.type == CTA_IP_V4_SRC || n.type == CTA_IP_V6_SRC)
            out->source = n.value;
        else
            out->destination = n.value;
    }
}

static void read_protocol(struct nest n, struct conntrack_tuple *out)
{
    while (nest_next(&n)) {
        uint16_t value = (uint16_t)number(n.value);
        switch (n.type) {
        case CTA_PROTO_NUM:
            out->protocol = (uint8_t)value;
            break;
        case CTA_PROTO_SRC_PORT:
            out->source_port = value;
            out->has_ports = true;
            break;
        case CTA_PROTO_DST_PORT:
            out->destination_port = value;
            out->has_ports = true;
            break;
        case CTA_PROTO_ICMP_ID:
        case CTA_PROTO_ICMPV6_ID:
            out->icmp_id = value;
            break;
        case CTA_PROTO_ICMP_TYPE:
        case CTA_PROTO_ICMPV6_TYPE:
            out->icmp_type = (uint8_t)value;
            break;
        case CTA_PROTO_ICMP_CODE:
        case CTA_PROTO_ICMPV6_CODE:
            out->icmp_code = (uint8_t)value;
            break;
        default:
            break;
        }
    }
}

static void read_tuple(struct nest n, struct conntrack_tuple *out)
{
    while (nest_next(&n))
        if (n.type == CTA_TUPLE_IP)
            read_addresses(inside(&n), out);
        else if (n.type == CTA_TUPLE_PROTO)
            read_protocol(inside(&n), out);
}

/* The value of one of the first two attributes; empty when it is not there. */
static struct bytes find(struct nest n, uint16_t type)
{
    while (nest_next(&n))
        if (n.type == type)
            return n.value;
    return BYTES_NONE;
}

/* TCP, DCCP and SCTP have their state in the first attribute of the first one. */
static void read_state(struct nest n, struct conntrack_entry *e)
{
    while (nest_next(&n)) {
        struct bytes state = find(inside(&n), FIRST);
        e->has_state |= state.n == 1;
        e->state = (uint8_t)number(state);
    }
}

static struct conntrack_counter read_counter(struct nest n)
{
    return (struct conntrack_counter){number(find(n, FIRST)), number(find(n, SECOND))};
}

static void connection_attribute(struct conntrack_entry *e, const struct nest *n)
{
    switch (n->type) {
    case CTA_TUPLE_ORIG:
        read_tuple(inside(n), &e->original);
        break;
    case CTA_TUPLE_REPLY:
        read_tuple(inside(n), &e->reply);
        break;
    case CTA_STATUS:
        e->status = (uint32_t)number(n->value);
        break;
    case CTA_PROTOINFO:
        read_state(inside(n), e);
        break;
    case CTA_HELP:
        e->helper = name(find(inside(n), FIRST));
        break;
    case CTA_TIMEOUT:
        e->timeout = (uint32_t)number(n->value);
        break;
    case CTA_MARK:
        e->mark = (uint32_t)number(n->value);
        break;
    case CTA_COUNTERS_ORIG:
        e->sent = read_counter(inside(n));
        e->counted = true;
        break;
    case CTA_COUNTERS_REPLY:
        e->answered = read_counter(inside(n));
        e->counted = true;
        break;
    case CTA_ID:
        e->id = (uint32_t)number(n->value);
        break;
    case CTA_ZONE:
        e->zone = (uint16_t)number(n->value);
        break;
    case CTA_SECCTX:
        e->security = name(find(inside(n), FIRST));
        break;
    case CTA_TIMESTAMP:
        e->start = number(find(inside(n), FIRST));
        e->stop = number(find(inside(n), SECOND));
        break;
    default:
        break;
    }
}

static void expectation_attribute(struct conntrack_entry *e, const struct nest *n)
{
    if (n->type == CTA_EXPECT_MASTER)
        read_tuple(inside(n), &e->reply);
    else if (n->type == CTA_EXPECT_TUPLE)
        read_tuple(inside(n), &e->original);
    else if (n->type == CTA_EXPECT_TIMEOUT)
        e->timeout = (uint32_t)number(n->value);
    else if (n->type == CTA_EXPECT_ID)
        e->id = (uint32_t)number(n->value);
    else if (n->type == CTA_EXPECT_HELP_NAME)
        e->helper = name(n->value);
    else if (n->type == CTA_EXPECT_ZONE)
        e->zone = (uint16_t)number(n->value);
}

bool conntrack_next(struct netlink_reader *r, struct conntrack_entry *out)
{
    struct netlink_message m;
    while (netlink_message(r, &m)) {
        struct nest n = {.at = cursor_of(m.body), .big_endian = r->big_endian};
        struct conntrack_entry e = {.expected = m.type == EXP_NEW,
                                    .family = cursor_u8(&n.at),
                                    .offset = m.offset,
                                    .length = m.length};
        if (m.type != CT_NEW && m.type != EXP_NEW)
            continue;
        cursor_skip(&n.at, NFGENMSG - 1);
        while (nest_next(&n))
            if (e.expected)
                expectation_attribute(&e, &n);
            else
                connection_attribute(&e, &n);
        if (n.at.failed)
            faults_add(r->faults,
                       (struct fault){FAULT_LENGTH, m.offset, m.length, m.body.n});
        *out = e;
        return true;
    }
    return false;
}
