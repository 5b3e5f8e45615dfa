#include "analyze/events/batch.h"
#include "analyze/events/from.h"

/* Fields of Falco that events carry, and under which names. */
static const struct {
    const char *field, *key;
} carried[] = {
    {"proc.name", "process"},
    {"proc.cmdline", "command"},
    {"proc.exepath", "exe"},
    {"proc.pid", "pid"},
    {"proc.pname", "parent"},
    {"proc.pcmdline", "parent_command"},
    {"user.name", "user"},
    {"fd.name", "fd"},
    {"evt.type", "event_type"},
    {"ka.verb", "verb"},
    {"ka.target.resource", "resource"},
    {"ka.target.name", "name"},
};

static struct bytes tags_of(const struct falco_alert *a, struct arena *arena)
{
    struct bytes key, all = BYTES_NONE;
    struct jsonl_walk w = jsonl_members(a->tags);
    for (struct jsonl_value v; jsonl_next(&w, &key, &v);)
        all = JOIN(arena, ",", all, jsonl_string(v));
    return all;
}

static void add_place(struct event *e, const struct falco_place *p)
{
    event_field(e, "namespace", p->namespace);
    event_field(e, "pod", p->pod);
    event_field(e, "pod_uid", p->pod_uid);
    event_field(e, "container", p->container_name);
    event_field(e, "container_id", p->container_id);
    event_field(e, "image", p->image);
    event_field(e, "node", p->node);
}

static struct bytes object_of(const struct falco_place *p, struct arena *arena)
{
    if (p->pod.n)
        return JOIN(arena, "/", p->namespace, p->pod);
    if (p->container_id.n)
        return p->container_id;
    return p->host ? bytes_or(p->node, BYTES("host")) : p->node;
}

/* The output without what the sensor puts before it: a time of day, which is local, and
 * the priority. */
static struct bytes bare_output(const struct falco_alert *a)
{
    struct bytes text = a->output;
    size_t end = bytes_find(text, BYTES(": "));
    struct bytes first = bytes_sub(text, 0, end);
    if (end == text.n || first.n < 8 || !is_digit(first.p[0]) ||
        bytes_find_byte(first, ':') == first.n)
        return text;
    text = bytes_from(text, end + 2);
    struct bytes word = bytes_sub(text, 0, bytes_find_byte(text, ' '));
    struct bytes priority = bytes_str(falco_priority_name(a->priority));
    return bytes_eq_nocase(word, priority) ? bytes_from(text, word.n + 1) : text;
}

/* What was run is told beside what the rule's author wrote of it. */
static struct bytes message_of(const struct falco_alert *a, struct arena *arena)
{
    struct bytes output = bare_output(a), command = falco_field(a, "proc.cmdline");
    if (command.n == 0 || bytes_contains(output, command))
        return output;
    return JOIN(arena, ": ", output, command);
}

struct event event_from_falco(const struct falco_alert *a, struct span span,
                              struct arena *arena)
{
    struct falco_place place = falco_place(a);
    struct bytes who =
        bytes_or(falco_field(a, "proc.cmdline"),
                 bytes_or(falco_field(a, "proc.name"), falco_field(a, "ka.user.name")));
    struct event e = {
        .kind = EVENT_RUNTIME_ALERT,
        .time = a->time,
        .end = a->time,
        .precision = a->precision,
        .clock = bytes_is(a->source, "k8s_audit") ? CLOCK_API_SERVER : CLOCK_NODE,
        .time_desc = "Alert Raised",
        .actor = who,
        .action = bytes_or(a->rule, BYTES("alert")),
        .object = object_of(&place, arena),
        .message = message_of(a, arena),
        .severity = falco_priority_name(a->priority),
        .span = span,
    };
    event_field(&e, "rule", a->rule);
    add_place(&e, &place);
    for (size_t i = 0; i < sizeof carried / sizeof *carried; i++)
        event_field(&e, carried[i].key, falco_field(a, carried[i].field));
    event_field(&e, "tags", tags_of(a, arena));
    event_field(&e, "sensor_source", a->source);
    return e;
}
