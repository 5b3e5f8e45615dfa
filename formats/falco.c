#include "formats/falco.h"

#include <stdlib.h>

#include "formats/base/arena.h"
#include "formats/base/memory.h"
#include "formats/falco_text.h"
#include "formats/json_scan.h"

/* An alert as text in a record of a shipper. */
#define WRAPS 2

struct falco_reader {
    struct jsonl_parser *parsers[WRAPS];
    struct arena arena; /* numbers as text */
};

struct falco_reader *falco_reader_new(void)
{
    struct falco_reader *r = memory_new(1, sizeof *r);
    for (size_t i = 0; i < WRAPS; i++)
        r->parsers[i] = jsonl_parser_new();
    return r;
}

void falco_reader_free(struct falco_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < WRAPS; i++)
        jsonl_parser_free(r->parsers[i]);
    arena_release(&r->arena);
    free(r);
}

struct bytes falco_field(const struct falco_alert *a, const char *name)
{
    struct bytes want = bytes_str(name);
    for (size_t i = 0; i < a->field_count; i++) {
        if (bytes_eq(a->fields[i].name, want))
            return a->fields[i].value;
    }
    return BYTES_NONE;
}

static struct bytes first_field(const struct falco_alert *a, const char *const *names)
{
    struct bytes value = BYTES_NONE;
    for (; *names && !value.n; names++)
        value = falco_field(a, *names);
    return value;
}

/* -- output_fields ------------------------------------------------------------------- */

static void read_field(struct falco_reader *r, struct bytes name, struct jsonl_value v,
                       struct falco_alert *out)
{
    char room[JSONL_SCALAR];
    struct bytes value = jsonl_scalar(v, room);
    enum jsonl_kind kind = jsonl_kind(v);
    bool nested = kind == JSONL_ARRAY || kind == JSONL_OBJECT;
    if (value.p == (const uint8_t *)room)
        value = arena_copy(&r->arena, value);
    if (kind == JSONL_NULL || bytes_is(value, "<NA>"))
        return;
    falco_add_field(out, (struct falco_field){name, value, nested ? v : JSONL_NOTHING});
}

static void read_fields(struct falco_reader *r, struct jsonl_value fields,
                        struct falco_alert *out)
{
    struct bytes key;
    struct jsonl_walk w = jsonl_members(fields);
    for (struct jsonl_value v; jsonl_next(&w, &key, &v);)
        read_field(r, key, v, out);
    if (!out->field_count && !out->more_fields)
        falco_text_fields(out->output, out);
}

/* -- time --------------------------------------------------------------------------- */

/* Falco writes nanoseconds; rule authors may have chosen another form. */
static bool read_field_time(struct falco_alert *out)
{
    static const char *const names[] = {"evt.time",     "evt.time.iso8601",
                                        "evt.rawtime",  "jevt.time.iso8601",
                                        "jevt.rawtime", NULL};
    struct bytes value = first_field(out, names);
    return instant_parse_epoch(value, &out->time, &out->precision) ||
           instant_parse(value, &out->time, &out->precision);
}

static void read_time(struct jsonl_value v, struct falco_alert *out)
{
    char room[JSONL_SCALAR];
    struct bytes value = jsonl_scalar(v, room);
    if (instant_parse(value, &out->time, &out->precision) ||
        instant_parse_epoch(value, &out->time, &out->precision))
        out->time_from = FALCO_TIME_RECORD;
    else if (read_field_time(out))
        out->time_from = FALCO_TIME_FIELD;
    falco_text_time(out->output, out);
}

/* -- drops -------------------------------------------------------------------------- */

/* Falco tells of lost events in an alert of its own, whose text and fields changed over
 * the years; what stays is the name of the rule. */
static void read_drop(struct falco_alert *out)
{
    static const char *const names[] = {"n_drops", "n_drops_buffer_total", "num_drops",
                                        NULL};
    struct bytes said = out->rule.n ? out->rule : out->output;
    out->drop_notice =
        bytes_contains(said, BYTES("Falco internal")) &&
        (bytes_contains(said, BYTES("drop")) || bytes_contains(said, BYTES("timeout")));
    if (out->drop_notice)
        bytes_to_u64(first_field(out, names), &out->dropped);
}

/* -- alerts ------------------------------------------------------------------------- */

static bool read_object(struct falco_reader *r, struct jsonl_value v,
                        struct falco_alert *out)
{
    out->rule = jsonl_string(jsonl_get(v, "rule"));
    out->priority_word = jsonl_string(jsonl_get(v, "priority"));
    out->output = jsonl_string(jsonl_get(v, "output"));
    if (!out->rule.n || (!out->priority_word.n && !out->output.n))
        return false;
    falco_priority_of(out->priority_word, &out->priority);
    out->source = jsonl_string(jsonl_get(v, "source"));
    out->hostname = jsonl_string(jsonl_get(v, "hostname"));
    out->uuid = jsonl_string(jsonl_get(v, "uuid"));
    out->tags = jsonl_get(v, "tags");
    out->raw = v;
    struct jsonl_value fields = jsonl_get(v, "output_fields");
    read_fields(r, fields.document ? fields : jsonl_get(v, "outputFields"), out);
    read_time(jsonl_get(v, "time"), out);
    return true;
}

static const struct falco_alert nothing = {
    .time = INSTANT_NONE, .time_of_day = -1, .priority = FALCO_PRIORITY_UNKNOWN};

/* Where search engines, log shippers and CloudEvents keep the alert, or its text. */
static struct jsonl_value unwrap(struct jsonl_value v)
{
    static const char *const names[] = {"_source", "event",  "jsonPayload", "falco",
                                        "data",    "result", "properties"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct jsonl_value in = jsonl_get(v, names[i]);
        if (jsonl_is(in, JSONL_OBJECT) && !jsonl_get(v, "rule").document)
            return in;
    }
    return v;
}

/* The same where it is kept as text: of Docker's and Filebeat's records, Splunk, Loki. */
static struct bytes text_in(struct jsonl_value v)
{
    static const char *const names[] = {"message",    "@message",    "log",      "_raw",
                                        "line",       "event",       "log_s",    "Log",
                                        "LogMessage", "textPayload", "LogEntry", "Line"};
    struct bytes text = BYTES_NONE;
    for (size_t i = 0; !text.n && i < sizeof names / sizeof *names; i++)
        text = jsonl_string(jsonl_get(v, names[i]));
    return text;
}

/* Text output may hold a brace as well, but does not end with one. */
static size_t prefix_length(struct bytes text)
{
    return bytes_ends(bytes_trim(text), BYTES("}")) ? json_prefix(text) : 0;
}

static struct fault read_text(struct bytes text, struct falco_alert *out)
{
    if (!falco_text_read(text, out))
        return (struct fault){.code =
                                  bytes_trim(text).n ? FAULT_UNKNOWN_TYPE : FAULT_EMPTY};
    read_drop(out);
    return (struct fault){0};
}

static struct fault read_level(struct falco_reader *r, struct bytes text, size_t readable,
                               size_t level, struct falco_alert *out)
{
    size_t prefix = prefix_length(text);
    struct bytes object = bytes_trim(bytes_from(text, prefix));
    if (!object.n || object.p[0] != '{')
        return read_text(text, out);
    struct jsonl_value root;
    struct fault f = jsonl_parse(r->parsers[level], bytes_from(text, prefix),
                                 readable - prefix, &root);
    f.offset += prefix;
    if (f.code)
        return f;
    struct jsonl_value within = unwrap(root);
    if (read_object(r, within, out)) {
        read_drop(out);
        return (struct fault){0};
    }
    struct bytes inner = level + 1 < WRAPS ? text_in(root) : BYTES_NONE;
    if (!inner.n && level + 1 < WRAPS)
        inner = text_in(within);
    *out = nothing;
    if (!inner.n)
        return (struct fault){.code = FAULT_UNKNOWN_TYPE};
    f = read_level(r, inner, inner.n, level + 1, out);
    f.offset = 0; /* a place in an unescaped string is none in the record */
    return f;
}

struct fault falco_read(struct falco_reader *r, struct bytes text, size_t readable,
                        struct falco_alert *out)
{
    *out = nothing;
    arena_release(&r->arena);
    return read_level(r, text, readable, 0, out);
}

/* -- places ------------------------------------------------------------------------- */

static bool is_container_id(struct bytes id)
{
    if (id.n < 12 || id.n > 64)
        return false;
    for (size_t i = 0; i < id.n; i++) {
        if (!is_hex(id.p[i]))
            return false;
    }
    return true;
}

/* dockershim named containers k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT. */
static void read_docker_name(struct falco_place *p)
{
    struct bytes rest = p->container_name, part[5];
    if (p->pod.n || !bytes_starts(rest, BYTES("k8s_")))
        return;
    for (size_t i = 0; i < 5; i++) {
        if (!bytes_split(&rest, '_', &part[i]))
            return;
    }
    p->container_name = part[1];
    p->pod = part[2];
    p->namespace = part[3];
    p->pod_uid = part[4];
}

struct falco_place falco_place(const struct falco_alert *a)
{
    static const char *const ids[] = {"container.full_id", "container.id", NULL};
    static const char *const pods[] = {"k8s.pod.name", "k8smeta.pod.name",
                                       "ka.target.pod.name", NULL};
    static const char *const uids[] = {"k8s.pod.uid", "k8smeta.pod.uid", "k8s.pod.id",
                                       NULL};
    static const char *const namespaces[] = {"k8s.ns.name", "k8smeta.ns.name",
                                             "ka.target.namespace", NULL};
    static const char *const images[] = {"container.image.repository", "container.image",
                                         "container.image.id", NULL};
    static const char *const nodes[] = {"k8s.node.name", "evt.hostname", NULL};
    struct falco_place p = {
        .container_id = first_field(a, ids),
        .container_name = falco_field(a, "container.name"),
        .image = first_field(a, images),
        .pod = first_field(a, pods),
        .pod_uid = first_field(a, uids),
        .namespace = first_field(a, namespaces),
        .node = first_field(a, nodes),
    };
    /* Alerts on the audit log name what was asked for, which may be a pod. */
    if (!p.pod.n && bytes_is(falco_field(a, "ka.target.resource"), "pods"))
        p.pod = falco_field(a, "ka.target.name");
    read_docker_name(&p);
    p.host = bytes_is(p.container_id, "host");
    if (!is_container_id(p.container_id))
        p.container_id = BYTES_NONE;
    if (!p.node.n)
        p.node = a->hostname;
    return p;
}

bool falco_looks_like(struct bytes head)
{
    struct bytes line;
    if (bytes_contains(head, BYTES("\"rule\"")) &&
        bytes_contains(head, BYTES("\"priority\"")))
        return true;
    struct falco_alert a = nothing;
    for (int tries = 0; tries < 32 && bytes_split(&head, '\n', &line); tries++) {
        if (falco_text_read(line, &a))
            return true;
    }
    return false;
}
