/* The network of a dump as JSON: devices, addresses, routes, firewall rules, and the
 * connections that the kernel kept in mind. */
#include "analyze/process/describe.h"
#include "analyze/process/values.h"
#include "formats/criu/conntrack.h"

/* -- devices, addresses, routes -------------------------------------------------------
 */

static void add_device(void *context, const struct image *image, size_t record,
                       const void *message)
{
    static const struct value_name kinds[] = {
        {1, "loopback"}, {2, "veth"},    {3, "tun"}, {4, "external"}, {5, "venet"},
        {6, "bridge"},   {7, "macvlan"}, {8, "sit"}, {0, NULL}};
    json_t *all = context;
    const Criu__NetDeviceEntry *n = message;
    json_t *o = json_object();
    struct text mac = {0};
    json_set_unsigned(o, "index", n->ifindex);
    json_object_set_new(o, "name", json_evidence(criu_bytes(n->name)));
    json_object_set_new(o, "type", value_or_number(kinds, (uint64_t)n->type));
    json_set_unsigned(o, "mtu", n->mtu);
    json_object_set_new(o, "flags", json_hex(n->flags));
    json_object_set_new(o, "up", json_boolean(n->flags & 1));
    json_object_set_new(o, "promiscuous", json_boolean(n->flags & 0x100));
    for (size_t i = 0; i < n->address.len && i < 32; i++)
        text_printf(&mac, "%s%02x", i ? ":" : "", n->address.data[i]);
    json_set_if(o, "hardware_address", json_string(text_c(&mac)));
    text_release(&mac);
    json_object_set_new(o, "span", json_span(image_span(image, record)));
    json_array_append_new(all, o);
}

/* In the words that CRIU keeps addresses in; 0 of a family that has others. */
static size_t address_words(uint8_t family, struct bytes b, uint32_t words[4])
{
    if ((family == 2 && b.n != 4) || (family == 10 && b.n != 16) ||
        (family != 2 && family != 10))
        return 0;
    memcpy(words, b.p, b.n);
    return b.n / 4;
}

static json_t *netlink_address(uint8_t family, struct bytes b)
{
    uint32_t words[4];
    size_t n = address_words(family, b, words);
    return n ? json_address(family, words, n) : NULL;
}

static void add_netlink(json_t *all, const struct item *item)
{
    struct netlink_reader r;
    struct netlink_entry e;
    static const char *const kinds[] = {"address", "route", "rule"};
    if (!item->kept || !netlink_open(&r, item_more(item)->content, NULL))
        return;
    while (netlink_next(&r, &e)) {
        json_t *o = json_object();
        json_object_set_new(o, "kind", json_string(kinds[e.kind]));
        json_object_set_new(o, "family",
                            value_or_number(value_socket_families, e.family));
        json_set_if(o, "address", netlink_address(e.family, e.address));
        json_set_unsigned(o, "prefix", e.prefix);
        json_set_if(o, "gateway", netlink_address(e.family, e.gateway));
        json_set_if(o, "source", netlink_address(e.family, e.source));
        json_set_if(o, "label", json_evidence(e.label));
        if (e.interface)
            json_set_unsigned(o, "interface_index", e.interface);
        if (e.kind != NETLINK_ADDRESS)
            json_set_unsigned(o, "table", e.table);
        if (e.priority)
            json_set_unsigned(o, "priority", e.priority);
        json_object_set_new(o, "span",
                            json_span((struct span){item, e.offset, e.length}));
        json_array_append_new(all, o);
    }
}

/* -- firewall --------------------------------------------------------------------------
 */

/* What CRIU locks the network with while it dumps: a chain of iptables with these rules
 * alone, or a table of nftables (its net.c and netfilter.c). What else says "CRIU" is not
 * CRIU's. */
static bool is_criu_rule(struct bytes rule)
{
    static const char *const rules[] = {"-A INPUT -j CRIU", "-A OUTPUT -j CRIU",
                                        "-A CRIU -m mark --mark 0xc114 -j ACCEPT",
                                        "-A CRIU -j DROP"};
    bool found = bytes_starts(rule, BYTES(":CRIU - "));
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        found |= bytes_is(rule, rules[i]);
    return found;
}

/* Where a line of a firewall's text stands. */
struct firewall {
    const char *family; /* NULL: nftables, which say it themselves */
    struct bytes table; /* of iptables-save: from "*filter" to "COMMIT" */
    bool criu_table;    /* of nft, to the bracket in the first column */
};

/* False for a line that is no rule: of iptables, those that begin and end a table. */
static bool read_rule(struct firewall *f, struct bytes line, struct bytes rule)
{
    if (bytes_starts(line, BYTES("table inet CRIU")))
        f->criu_table = true;
    if (rule.n == 0 || rule.p[0] == '#')
        return false;
    if (!f->family)
        return true;
    if (rule.p[0] == '*')
        f->table = bytes_from(rule, 1);
    return rule.p[0] != '*' && !bytes_is(rule, "COMMIT");
}

static void add_firewall(const struct describe *d, json_t *all, const struct image *image)
{
    const struct item *item = image->item;
    struct bytes rest = item_more(item)->content, line;
    struct firewall f = {.family = bytes_starts(image->name, BYTES("iptables-")) ? "ipv4"
                                   : bytes_starts(image->name, BYTES("ip6tables-"))
                                       ? "ipv6"
                                       : NULL};
    uint64_t offset = 0;
    while (item->kept && bytes_split(&rest, '\n', &line)) {
        struct bytes rule = bytes_trim(line);
        if (read_rule(&f, line, rule)) {
            json_t *o = json_object();
            json_object_set_new(o, "rule", json_masked(d->mask, rule));
            json_set_if(o, "table", json_masked(d->mask, f.table));
            if (f.family)
                json_object_set_new(o, "family", json_string(f.family));
            if (f.criu_table || (f.family && is_criu_rule(rule)))
                json_object_set_new(o, "by_criu", json_true());
            json_object_set_new(o, "span",
                                json_span((struct span){item, offset, line.n}));
            json_array_append_new(all, o);
        }
        if (bytes_starts(line, BYTES("}")))
            f.criu_table = false;
        offset += line.n + 1;
    }
}

/* -- connections ----------------------------------------------------------------------
 */

/* enum tcp_conntrack: other numbers than those of sockets. */
static const struct value_name tracked_states[] = {
    {0, "none"},        {1, "syn-sent"},  {2, "syn-received"},
    {3, "established"}, {4, "fin-wait"},  {5, "close-wait"},
    {6, "last-ack"},    {7, "time-wait"}, {8, "close"},
    {9, "syn-sent-2"},  {0, NULL}};
/* enum ip_conntrack_status */
static const struct value_name tracked_status[] = {{1 << 0, "expected"},
                                                   {1 << 1, "answered"},
                                                   {1 << 2, "assured"},
                                                   {1 << 3, "confirmed"},
                                                   {1 << 4, "source-translated"},
                                                   {1 << 5, "destination-translated"},
                                                   {1 << 6, "sequence-adjusted"},
                                                   {1 << 7, "source-decided"},
                                                   {1 << 8, "destination-decided"},
                                                   {1 << 9, "dying"},
                                                   {1 << 10, "fixed-timeout"},
                                                   {1 << 11, "template"},
                                                   {1 << 12, "clashing"},
                                                   {1 << 13, "helped"},
                                                   {1 << 14, "offloaded"},
                                                   {0, NULL}};

static void set_endpoint(json_t *o, const char *key, const struct conntrack_entry *e,
                         const struct conntrack_tuple *t, bool source)
{
    json_t *end = json_object();
    json_set_if(end, "address",
                netlink_address(e->family, source ? t->source : t->destination));
    if (t->has_ports)
        json_set_unsigned(end, "port", source ? t->source_port : t->destination_port);
    json_object_set_new(o, key, end);
}

/* Answers come from where the first packet went, and go where it came from: else
 * something was put in place of it. */
static void set_translation(json_t *o, const struct conntrack_entry *e)
{
    const struct conntrack_tuple *a = &e->original, *b = &e->reply;
    if (!bytes_eq(a->destination, b->source) || a->destination_port != b->source_port)
        set_endpoint(o, "translated_destination", e, b, true);
    if (!bytes_eq(a->source, b->destination) || a->source_port != b->destination_port)
        set_endpoint(o, "translated_source", e, b, false);
}

static void set_counter(json_t *o, const char *key, const struct conntrack_counter *n)
{
    json_t *c = json_object();
    json_set_unsigned(c, "packets", n->packets);
    json_set_unsigned(c, "bytes", n->bytes);
    json_object_set_new(o, key, c);
}

static void set_time(json_t *o, const char *key, uint64_t ns)
{
    char time[INSTANT_TEXT];
    if (ns && ns <= INT64_MAX)
        json_object_set_new(
            o, key, json_string(instant_format((instant)ns, PRECISION_NANOSECOND, time)));
}

static bool is_address(const uint32_t *have, size_t n, const uint32_t want[4])
{
    static const uint32_t any[4];
    return memcmp(have, want, n * 4) == 0 || memcmp(have, any, n * 4) == 0;
}

/* Has a socket these ends? One of UDP that is not connected has the near one alone. */
static bool has_ends(const Criu__InetSkEntry *s, const struct conntrack_entry *e,
                     const struct conntrack_tuple *t)
{
    uint32_t source[4], destination[4];
    size_t n = address_words(e->family, t->source, source);
    if (n == 0 || address_words(e->family, t->destination, destination) != n ||
        s->family != e->family || s->proto != t->protocol || s->n_src_addr != n ||
        s->n_dst_addr != n || s->state == 10 /* listening */)
        return false;
    return s->src_port == t->source_port && is_address(s->src_addr, n, source) &&
           (s->dst_port == 0 || (s->dst_port == t->destination_port &&
                                 is_address(s->dst_addr, n, destination)));
}

/* A tuple seen from its other end. */
static struct conntrack_tuple turned(const struct conntrack_tuple *t)
{
    struct conntrack_tuple r = *t;
    r.source = t->destination, r.destination = t->source;
    r.source_port = t->destination_port, r.destination_port = t->source_port;
    return r;
}

/* Within the container the one who began has the original's ends, and the other one
 * those of the answers. */
bool connection_is_held(const struct checkpoint *c, const struct conntrack_entry *e)
{
    const struct conntrack_tuple ends[] = {e->original, e->reply, turned(&e->original),
                                           turned(&e->reply)};
    for (size_t i = 0; i < c->file_count; i++)
        for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
            if (c->files[i].type == CRIU__FD_TYPES__FD_TYPES_INETSK &&
                has_ends(c->files[i].message, e, &ends[k]))
                return true;
    return false;
}

void connection_label(const struct conntrack_entry *e, struct text *t)
{
    const char *protocol = value_find(value_socket_protocols, e->original.protocol);
    const struct conntrack_tuple *o = &e->original;
    const char *open = e->family == 10 ? "[" : "", *shut = e->family == 10 ? "]" : "";
    for (int far = 0; far < 2; far++) {
        uint32_t words[4];
        size_t n = address_words(e->family, far ? o->destination : o->source, words);
        text_printf(t, "%s%s", far ? " -> " : protocol ? protocol : "ip", far ? "" : " ");
        text_str(t, open);
        if (n)
            address_text(t, e->family, words, n);
        text_str(t, shut);
        if (o->has_ports)
            text_printf(t, ":%u", far ? o->destination_port : o->source_port);
    }
}

bool connection_is_public(const struct conntrack_entry *e)
{
    uint32_t words[4];
    size_t n = address_words(e->family, e->original.destination, words);
    if (n && !address_is_private(e->family, words, n))
        return true;
    n = address_words(e->family, e->reply.source, words);
    return n && !address_is_private(e->family, words, n);
}

static json_t *describe_connection(const struct describe *d, const struct item *item,
                                   const struct conntrack_entry *e)
{
    json_t *o = json_object();
    json_object_set_new(o, "protocol",
                        value_or_number(value_socket_protocols, e->original.protocol));
    if (e->expected)
        json_object_set_new(o, "expected", json_true());
    if (e->has_state)
        json_object_set_new(o, "state", value_or_number(tracked_states, e->state));
    set_endpoint(o, "source", e, &e->original, true);
    set_endpoint(o, "destination", e, &e->original, false);
    if (e->expected) {
        set_endpoint(o, "master_source", e, &e->reply, true);
        set_endpoint(o, "master_destination", e, &e->reply, false);
    } else {
        set_translation(o, e);
        json_object_set_new(o, "status", value_bits(tracked_status, e->status));
        json_object_set_new(o, "held",
                            json_boolean(connection_is_held(d->checkpoint, e)));
    }
    if (!e->original.has_ports && e->original.icmp_type) {
        json_set_unsigned(o, "icmp_type", e->original.icmp_type);
        json_set_unsigned(o, "icmp_code", e->original.icmp_code);
        json_set_unsigned(o, "icmp_id", e->original.icmp_id);
    }
    json_set_unsigned(o, "seconds_left", e->timeout);
    if (e->mark)
        json_object_set_new(o, "mark", json_hex(e->mark));
    if (e->zone)
        json_set_unsigned(o, "zone", e->zone);
    json_set_if(o, "helper", json_evidence(e->helper));
    json_set_if(o, "security", json_evidence(e->security));
    if (e->counted) {
        set_counter(o, "sent", &e->sent);
        set_counter(o, "answered", &e->answered);
    }
    set_time(o, "started", e->start);
    set_time(o, "ended", e->stop);
    json_object_set_new(o, "span", json_span((struct span){item, e->offset, e->length}));
    return o;
}

void connections_each(const struct dump *dump, connection_fn *each, void *context)
{
    for (size_t i = 0; i < dump->count; i++) {
        const struct image *image = &dump->images[i];
        struct conntrack_entry e;
        /* The other image has connections only by mistake (conntrack.h). */
        bool connections = bytes_starts(image->name, BYTES("netns-ct-"));
        if (!image->item->kept ||
            (!connections && !bytes_starts(image->name, BYTES("netns-exp-"))))
            continue;
        struct netlink_reader r = conntrack_open(item_more(image->item)->content, NULL);
        while (conntrack_next(&r, &e))
            if (e.expected != connections)
                each(context, image->item, &e);
    }
}

struct connections {
    const struct describe *describe;
    json_t *all;
};

static void add_connection(void *context, const struct item *item,
                           const struct conntrack_entry *e)
{
    struct connections *c = context;
    json_array_append_new(c->all, describe_connection(c->describe, item, e));
}

/* All of an image, also what another one has already. */
static void add_connections(const struct describe *d, json_t *all,
                            const struct item *item)
{
    struct conntrack_entry e;
    struct netlink_reader r =
        conntrack_open(item->kept ? item_more(item)->content : BYTES_NONE, NULL);
    while (conntrack_next(&r, &e))
        json_array_append_new(all, describe_connection(d, item, &e));
}

/* -- all of it ------------------------------------------------------------------------
 */

static bool is_one_of(struct bytes name, const char *const *stems)
{
    for (; *stems; stems++)
        if (bytes_starts(name, bytes_str(*stems)))
            return true;
    return false;
}

static const char *const netlink_stems[] = {"ifaddr-", "route-", "route6-", "rule-",
                                            NULL};
static const char *const firewall_stems[] = {"iptables-", "ip6tables-", "nftables-",
                                             NULL};
static const char *const conntrack_stems[] = {"netns-ct-", "netns-exp-", NULL};

json_t *describe_network(const struct describe *d)
{
    const struct dump *dump = d->checkpoint->dump;
    json_t *o = json_object(), *devices = json_array(), *addresses = json_array(),
           *rules = json_array();
    struct connections connections = {d, json_array()};
    each_record(d->checkpoint, "netdev", CRIU_NETDEV, add_device, devices);
    for (size_t i = 0; i < dump->count; i++) {
        if (is_one_of(dump->images[i].name, netlink_stems))
            add_netlink(addresses, dump->images[i].item);
        else if (is_one_of(dump->images[i].name, firewall_stems))
            add_firewall(d, rules, &dump->images[i]);
    }
    connections_each(dump, add_connection, &connections);
    json_object_set_new(o, "devices", devices);
    json_object_set_new(o, "addresses", addresses);
    json_object_set_new(o, "firewall", rules);
    json_object_set_new(o, "connections", connections.all);
    return o;
}

json_t *describe_network_image(const struct describe *d, const struct image *image)
{
    json_t *all = json_array();
    if (is_one_of(image->name, netlink_stems))
        add_netlink(all, image->item);
    else if (is_one_of(image->name, firewall_stems))
        add_firewall(d, all, image);
    else if (is_one_of(image->name, conntrack_stems))
        add_connections(d, all, image->item);
    return all;
}
