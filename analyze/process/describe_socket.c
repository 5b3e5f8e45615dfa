/* Sockets as JSON: both ends, state, options, queues, owners. */
#include <stdlib.h>

#include "analyze/process/describe.h"
#include "analyze/process/values.h"
#include "formats/base/memory.h"
#include "formats/criu/filter.h"
#include "formats/criu/payload.h"

static void endpoint(json_t *o, const char *key, const Criu__InetSkEntry *s, bool remote)
{
    json_t *e = json_object();
    json_object_set_new(e, "address",
                        json_address(s->family, remote ? s->dst_addr : s->src_addr,
                                     remote ? s->n_dst_addr : s->n_src_addr));
    json_set_unsigned(e, "port", remote ? s->dst_port : s->src_port);
    json_object_set_new(o, key, e);
}

enum { PROTOCOL_TCP = 6 };

/* TCP_CLOSE is what every socket is that has no other end. */
static const char *state_name(bool tcp, uint32_t state)
{
    return state == 7 && !tcp ? "unconnected" : value_find(value_tcp_states, state);
}

static json_t *state_of(bool tcp, uint32_t state)
{
    const char *name = state_name(tcp, state);
    return name ? json_string(name) : json_integer(state);
}

static void set_options(json_t *o, const Criu__SkOptsEntry *s)
{
    json_t *all = json_object();
    if (!s) {
        json_decref(all);
        return;
    }
    json_set_unsigned(all, "send_buffer", s->so_sndbuf);
    json_set_unsigned(all, "receive_buffer", s->so_rcvbuf);
    if (s->so_mark)
        json_object_set_new(all, "mark", json_hex(s->so_mark));
    if (s->so_keepalive)
        json_object_set_new(all, "keep_alive", json_true());
    if (s->reuseaddr)
        json_object_set_new(all, "reuse_address", json_true());
    if (s->so_broadcast)
        json_object_set_new(all, "broadcast", json_true());
    json_set_if(all, "bound_device", json_evidence(criu_bytes(s->so_bound_dev)));
    json_object_set_new(o, "options", all);
    /* A filter on a socket decides what its owner sees. Each instruction is one number:
     * code, two jumps and constant, from the highest bits down. */
    if (s->n_so_filter) {
        struct text t = {0};
        json_t *lines = json_array();
        for (size_t i = 0; i < s->n_so_filter; i++) {
            uint64_t v = s->so_filter[i];
            struct filter_instruction in = {(uint16_t)(v >> 48), (uint8_t)(v >> 40),
                                            (uint8_t)(v >> 32), (uint32_t)v};
            text_clear(&t);
            filter_line(in, i, false, &t);
            json_array_append_new(lines, json_string(text_c(&t)));
        }
        text_release(&t);
        json_object_set_new(o, "filter", lines);
    }
}

static void tcp_stream(const struct describe *d, json_t *o, const Criu__InetSkEntry *s)
{
    struct image *image = dump_numbered_hex(d->checkpoint->dump, "tcp-stream", s->ino);
    const Criu__TcpStreamEntry *t = image ? criu_message(&image->data, 0) : NULL;
    if (!t || image->data.frame.type->type != CRIU_TCP_STREAM)
        return;
    static const struct value_name options[] = {
        {1, "timestamps"}, {2, "sack"}, {4, "window-scale"}, {8, "ecn"}, {0, NULL}};
    const struct criu_record *r = &image->data.records[0];
    struct criu_tcp_queues q = criu_tcp_queues(r);
    json_t *tcp = json_object();
    json_set_unsigned(tcp, "receive_sequence", t->inq_seq);
    json_set_unsigned(tcp, "send_sequence", t->outq_seq);
    json_set_unsigned(tcp, "unsent_bytes", t->unsq_len);
    json_object_set_new(tcp, "options", value_bits(options, t->opt_mask));
    json_set_unsigned(tcp, "maximum_segment", t->mss_clamp);
    json_object_set_new(
        tcp, "unread",
        describe_data(d, q.unread,
                      (struct span){image->item, r->payload_offset, q.unread.n}));
    json_object_set_new(
        tcp, "unacknowledged",
        describe_data(d, q.unacknowledged,
                      (struct span){image->item, r->payload_offset + q.unread.n,
                                    q.unacknowledged.n}));
    json_object_set_new(tcp, "span", json_span(image_span(image, 0)));
    json_object_set_new(o, "tcp", tcp);
}

static void inet(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__InetSkEntry *s = f->message;
    json_object_set_new(o, "family", value_or_number(value_socket_families, s->family));
    json_object_set_new(o, "type", value_or_number(value_socket_types, s->type));
    json_object_set_new(o, "protocol", value_or_number(value_socket_protocols, s->proto));
    json_object_set_new(o, "state", state_of(s->proto == PROTOCOL_TCP, s->state));
    endpoint(o, "local", s, false);
    endpoint(o, "remote", s, true);
    json_set_unsigned(o, "inode", s->ino);
    if (s->state == 10)
        json_set_unsigned(o, "backlog", s->backlog);
    json_set_if(o, "interface", json_evidence(criu_bytes(s->ifname)));
    if (s->has_ns_id)
        json_set_unsigned(o, "namespace_id", s->ns_id);
    set_options(o, s->opts);
    tcp_stream(d, o, s);
}

/* A name that begins with NUL is abstract: it is no path, and written with '@'. */
static struct bytes unix_name(const Criu__UnixSkEntry *s, struct text *t)
{
    struct bytes name = criu_bytes(s->name);
    if (name.n && name.p[0] == 0) {
        text_byte(t, '@');
        text_add(t, bytes_from(name, 1));
    } else {
        text_add(t, bytes_sub(name, 0, bytes_find_byte(name, 0)));
    }
    return text_bytes(t);
}

static void unix_socket(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__UnixSkEntry *s = f->message;
    struct text t = {0};
    json_object_set_new(o, "family", json_string("unix"));
    json_object_set_new(o, "type", value_or_number(value_socket_types, s->type));
    json_object_set_new(o, "state", state_of(false, s->state));
    json_set_if(o, "path", json_masked(d->mask, unix_name(s, &t)));
    text_release(&t);
    json_set_unsigned(o, "inode", s->ino);
    if (s->peer) {
        const struct file *peer = checkpoint_unix_socket(d->checkpoint, s->peer);
        json_set_unsigned(o, "peer_inode", s->peer);
        json_object_set_new(o, "peer_id", peer ? json_integer(peer->id) : json_null());
    }
    json_object_set_new(o, "external_peer", json_boolean(s->uflags & 1));
    if (s->deleted)
        json_object_set_new(o, "deleted", json_true());
    json_set_if(o, "name_folder", json_evidence(criu_bytes(s->name_dir)));
    set_options(o, s->opts);
}

static void packet(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__PacketSockEntry *s = f->message;
    (void)d;
    json_object_set_new(o, "family", json_string("packet"));
    json_object_set_new(o, "type", value_or_number(value_socket_types, s->type));
    /* In network order: 0x0003, every protocol, reads as 0x0300. */
    uint32_t protocol = (s->protocol & 255) << 8 | (s->protocol >> 8 & 255);
    const char *name = value_find(value_link_protocols, protocol);
    json_object_set_new(o, "protocol", name ? json_string(name) : json_hex(protocol));
    json_set_unsigned(o, "interface_index", s->ifindex);
    set_options(o, s->opts);
}

static void netlink(const struct describe *d, json_t *o, const struct file *f)
{
    const Criu__NetlinkSkEntry *s = f->message;
    (void)d;
    json_object_set_new(o, "family", json_string("netlink"));
    json_object_set_new(o, "protocol",
                        value_or_number(value_netlink_protocols, s->protocol));
    json_set_unsigned(o, "port", s->portid);
    json_set_unsigned(o, "inode", s->ino);
    json_t *groups = json_array();
    for (size_t i = 0; i < s->n_groups; i++)
        for (unsigned bit = 0; bit < 32; bit++)
            if (s->groups[i] >> bit & 1)
                json_array_append_new(groups,
                                      json_integer((json_int_t)(i * 32 + bit + 1)));
    json_set_if(o, "groups", groups);
    set_options(o, s->opts);
}

/* Messages that wait for this socket, in order. */
static void packets(const struct describe *d, json_t *o, const struct file *f)
{
    struct image *image = dump_image(d->checkpoint->dump, "sk-queues.img");
    json_t *all = json_array();
    for (size_t i = 0; image && i < image->data.count; i++) {
        const Criu__SkPacketEntry *e = criu_message(&image->data, i);
        const struct criu_record *r = &image->data.records[i];
        if (image->data.frame.type->type != CRIU_SK_QUEUES || !e || e->id_for != f->id)
            continue;
        json_t *m = describe_data(
            d, r->payload, (struct span){image->item, r->payload_offset, r->payload.n});
        json_t *passed = json_array();
        for (size_t k = 0; k < e->n_scm; k++)
            for (size_t n = 0; n < e->scm[k]->n_rights; n++)
                json_array_append_new(passed, json_integer(e->scm[k]->rights[n]));
        json_set_if(m, "passed_files", passed);
        json_array_append_new(all, m);
    }
    json_set_if(o, "queue", all);
}

static json_t *owners(const struct checkpoint *c, const struct file *f)
{
    json_t *all = json_array();
    size_t n;
    const struct holder *h = checkpoint_holders_of(c, f, &n);
    for (size_t i = 0; i < n; i++) {
        json_t *o = json_object();
        json_object_set_new(o, "pid", json_integer(h[i].process->pid));
        json_object_set_new(o, "fd", json_integer(h[i].fd));
        json_array_append_new(all, o);
    }
    return all;
}

static json_t *describe_socket(const struct describe *d, const struct file *f)
{
    json_t *o = json_object();
    json_set_unsigned(o, "id", f->id);
    switch (f->type) {
    case CRIU__FD_TYPES__FD_TYPES_INETSK:
        inet(d, o, f);
        break;
    case CRIU__FD_TYPES__FD_TYPES_UNIXSK:
        unix_socket(d, o, f);
        break;
    case CRIU__FD_TYPES__FD_TYPES_PACKETSK:
        packet(d, o, f);
        break;
    case CRIU__FD_TYPES__FD_TYPES_NETLINKSK:
        netlink(d, o, f);
        break;
    default:
        json_decref(o);
        return NULL;
    }
    packets(d, o, f);
    json_object_set_new(o, "owners", owners(d->checkpoint, f));
    json_object_set_new(o, "span", json_span(f->span));
    return o;
}

static int by_place(const void *a, const void *b)
{
    const struct file *const *x = a, *const *y = b;
    return (*x > *y) - (*x < *y);
}

/* Of one process, each once, in the order of their numbers. */
static void add_sockets_of(const struct describe *d, const struct process *p, json_t *all)
{
    size_t n = 0;
    const struct file **files =
        memory_new(p->descriptor_count + 1, sizeof(const struct file *));
    for (size_t i = 0; i < p->descriptor_count; i++)
        if (p->descriptors[i].file)
            files[n++] = p->descriptors[i].file;
    qsort(files, n, sizeof *files, by_place);
    for (size_t i = 0; i < n; i++) {
        json_t *o = i && files[i] == files[i - 1] ? NULL : describe_socket(d, files[i]);
        if (o)
            json_array_append_new(all, o);
    }
    free(files);
}

json_t *describe_sockets(const struct describe *d, const struct process *p)
{
    json_t *all = json_array();
    if (p) {
        add_sockets_of(d, p, all);
        return all;
    }
    for (size_t i = 0; i < d->checkpoint->file_count; i++) {
        json_t *o = describe_socket(d, &d->checkpoint->files[i]);
        if (o)
            json_array_append_new(all, o);
    }
    return all;
}

static void inet_label(const Criu__InetSkEntry *s, struct text *t)
{
    const char *proto = value_find(value_socket_protocols, s->proto);
    const char *state = state_name(s->proto == PROTOCOL_TCP, s->state);
    text_printf(t, "%s %s", proto ? proto : "ip", s->family == 10 ? "[" : "");
    address_text(t, s->family, s->src_addr, s->n_src_addr);
    text_printf(t, "%s:%u", s->family == 10 ? "]" : "", s->src_port);
    if (s->dst_port) {
        text_printf(t, " -> %s", s->family == 10 ? "[" : "");
        address_text(t, s->family, s->dst_addr, s->n_dst_addr);
        text_printf(t, "%s:%u", s->family == 10 ? "]" : "", s->dst_port);
    }
    text_printf(t, " %s", state ? state : "");
}

/* By its name, or by its inode and that of its peer. */
static void unix_label(const Criu__UnixSkEntry *s, struct text *t)
{
    text_str(t, "unix ");
    if (s->name.len)
        unix_name(s, t);
    else
        text_printf(t, "[%u]", s->ino);
    if (s->peer)
        text_printf(t, " -> [%u]", s->peer);
}

void file_label(const struct checkpoint *c, const struct file *f, struct text *t)
{
    struct arena arena = ARENA_INIT;
    const struct file *at = f;
    switch (f->type) {
    case CRIU__FD_TYPES__FD_TYPES_FIFO:
        at = checkpoint_file(c, ((const Criu__FifoEntry *)f->message)->regf_id);
        text_str(t, "fifo ");
        break;
    case CRIU__FD_TYPES__FD_TYPES_PIPE:
        text_printf(t, "pipe:[%u]", ((const Criu__PipeEntry *)f->message)->pipe_id);
        break;
    case CRIU__FD_TYPES__FD_TYPES_INETSK:
        inet_label(f->message, t);
        break;
    case CRIU__FD_TYPES__FD_TYPES_UNIXSK:
        unix_label(f->message, t);
        break;
    case CRIU__FD_TYPES__FD_TYPES_REG:
    case CRIU__FD_TYPES__FD_TYPES_MEMFD:
        break;
    case CRIU__FD_TYPES__FD_TYPES_TUNF:
        text_str(t, "tun ");
        text_add(t, criu_bytes(((const Criu__TunfileEntry *)f->message)->netdev));
        break;
    default:
        text_str(t, file_type_name(f->type));
    }
    if (at)
        text_add(t, file_path(at, &arena));
    if (file_is_deleted(f))
        text_str(t, " (deleted)");
    arena_release(&arena);
}
