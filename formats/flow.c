#include "formats/flow.h"

static void add_scalar(struct jsonl_value v, struct text *out)
{
    char room[JSONL_SCALAR];
    text_add(out, jsonl_scalar(v, room));
}

/* "192.0.2.66:443", "[2001:db8::1]:443" */
static void add_end(struct bytes address, struct jsonl_value port, struct text *out)
{
    bool six = bytes_find_byte(address, ':') < address.n;
    text_str(out, six && port.document ? "[" : "");
    text_add(out, address);
    text_str(out, six && port.document ? "]" : "");
    text_str(out, port.document ? ":" : "");
    add_scalar(port, out);
}

struct connection {
    struct bytes protocol, source, destination;
    struct jsonl_value source_port, destination_port, from, to;
    struct bytes outcome; /* as the plugin calls it */
    bool held_back;
    struct runtime_flow flow;
};

static struct runtime_flow flow_of(const struct connection *c)
{
    struct runtime_flow f = c->flow;
    char room[JSONL_SCALAR];
    uint64_t port;
    f.source = c->source;
    f.destination = c->destination;
    f.protocol = c->protocol;
    f.port = -1;
    if (bytes_to_u64(jsonl_scalar(c->destination_port, room), &port) &&
        port <= UINT16_MAX)
        f.port = (int64_t)port;
    return f;
}

/* "egress", "EGRESS": at whose end it was seen. */
static enum flow_side side_of(struct bytes direction)
{
    return bytes_eq_nocase(direction, BYTES("egress"))    ? FLOW_AT_SOURCE
           : bytes_eq_nocase(direction, BYTES("ingress")) ? FLOW_AT_DESTINATION
                                                          : FLOW_SIDE_UNKNOWN;
}

/* Packets are dropped for many reasons: only policies' are theirs. */
static enum flow_verdict hubble_verdict(struct jsonl_value flow, struct bytes verdict)
{
    struct bytes reason = jsonl_text(flow, "drop_reason_desc");
    if (bytes_is(verdict, "FORWARDED"))
        return FLOW_LET_THROUGH;
    bool of_policy = !reason.n || bytes_starts(reason, BYTES("POLICY_DEN"));
    return bytes_is(verdict, "DROPPED") && of_policy ? FLOW_HELD_BACK : FLOW_UNKNOWN;
}

static void add_policies(struct jsonl_value list, struct text *out)
{
    struct jsonl_walk w = jsonl_members(list);
    struct jsonl_value policy;
    struct bytes key;
    while (jsonl_next(&w, &key, &policy)) {
        text_str(out, " by ");
        text_add(out, jsonl_text(policy, "namespace"));
        text_byte(out, '/');
        text_add(out, jsonl_text(policy, "name"));
    }
}

/* The sentence, and the far end as what it is about. */
static void say(const struct connection *c, struct jsonl_value policies,
                struct text *text, struct runtime_event *out)
{
    text_add(text, c->protocol);
    text_byte(text, ' ');
    add_end(c->source, c->source_port, text);
    text_str(text, " to ");
    size_t begin = text->n;
    add_end(c->destination, c->destination_port, text);
    size_t end = text->n;
    text_str(text, ": ");
    text_add(text, c->outcome);
    add_policies(policies, text);
    out->message = text_bytes(text);
    out->target = bytes_sub(out->message, begin, end - begin);
    out->what =
        c->held_back ? BYTES("connection held back") : BYTES("connection let through");
    out->namespace = jsonl_text(c->from, "namespace");
    out->pod = jsonl_text(c->from, "pod_name");
    out->peer_namespace = jsonl_text(c->to, "namespace");
    out->peer_pod = jsonl_text(c->to, "pod_name");
    out->flow = flow_of(c);
    out->tool = TOOL_FLOW;
}

static bool read_google(struct jsonl_value v, struct text *text,
                        struct runtime_event *out)
{
    struct jsonl_value payload = jsonl_get(v, "jsonPayload");
    struct jsonl_value entry = payload.document ? payload : v;
    struct jsonl_value at = jsonl_get(entry, "connection");
    struct connection c = {.protocol = jsonl_text(at, "protocol"),
                           .source = jsonl_text(at, "src_ip"),
                           .destination = jsonl_text(at, "dest_ip"),
                           .source_port = jsonl_get(at, "src_port"),
                           .destination_port = jsonl_get(at, "dest_port"),
                           .from = jsonl_get(entry, "src"),
                           .to = jsonl_get(entry, "dest"),
                           .outcome = jsonl_text(entry, "disposition")};
    if (!c.outcome.n || !c.source.n || !c.destination.n)
        return false;
    c.held_back = bytes_is(c.outcome, "deny");
    c.flow.side = side_of(jsonl_text(at, "direction"));
    c.flow.verdict = c.held_back                    ? FLOW_HELD_BACK
                     : bytes_is(c.outcome, "allow") ? FLOW_LET_THROUGH
                                                    : FLOW_UNKNOWN;
    instant_parse(jsonl_text(v, "timestamp"), &out->time, &out->precision);
    out->node = jsonl_text(entry, "node_name");
    say(&c, jsonl_get(entry, "policies"), text, out);
    return true;
}

static bool read_hubble(struct jsonl_value v, struct text *text,
                        struct runtime_event *out)
{
    static const char *const protocols[][2] = {{"TCP", "tcp"},
                                               {"UDP", "udp"},
                                               {"SCTP", "sctp"},
                                               {"ICMPv4", "icmp"},
                                               {"ICMPv6", "icmpv6"}};
    struct jsonl_value within = jsonl_get(v, "flow");
    struct jsonl_value flow = within.document ? within : v;
    struct jsonl_value ip = jsonl_get(flow, "IP"), l4 = jsonl_get(flow, "l4");
    struct connection c = {.source = jsonl_text(ip, "source"),
                           .destination = jsonl_text(ip, "destination"),
                           .from = jsonl_get(flow, "source"),
                           .to = jsonl_get(flow, "destination"),
                           .outcome = jsonl_text(flow, "verdict")};
    if (!c.outcome.n || !c.source.n || !c.destination.n)
        return false;
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        struct jsonl_value with = jsonl_get(l4, protocols[i][0]);
        if (!with.document)
            continue;
        c.protocol = bytes_str(protocols[i][1]);
        c.source_port = jsonl_get(with, "source_port");
        c.destination_port = jsonl_get(with, "destination_port");
    }
    c.held_back = bytes_is(c.outcome, "DROPPED");
    c.flow.verdict = hubble_verdict(flow, c.outcome);
    c.flow.side = side_of(jsonl_text(flow, "traffic_direction"));
    c.flow.reply = jsonl_true(jsonl_get(flow, "is_reply"));
    instant_parse(bytes_or(jsonl_text(flow, "time"), jsonl_text(v, "time")), &out->time,
                  &out->precision);
    out->node = bytes_or(jsonl_text(flow, "node_name"), jsonl_text(v, "node_name"));
    say(&c, jsonl_get(flow, c.held_back ? "egress_denied_by" : "egress_allowed_by"), text,
        out);
    return true;
}

bool flow_read(struct jsonl_value v, struct text *text, struct runtime_event *out)
{
    return read_google(v, text, out) || read_hubble(v, text, out);
}
