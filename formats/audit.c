#include "formats/audit.h"

#include <stdlib.h>

#include "formats/audit_parts.h"
#include "formats/audit_private.h"
#include "formats/base/memory.h"
#include "formats/base/text.h"
#include "formats/json_scan.h"
#include "formats/yaml.h"

static const struct audit_event nothing = {
    .received = INSTANT_NONE, .stage_time = INSTANT_NONE, .logged = INSTANT_NONE};

/* A record in a message in an export in a search result. */
#define WRAPS 4

struct audit_reader {
    struct jsonl_parser *parsers[WRAPS]; /* one for each level of strings in strings */
    struct text repaired[WRAPS];
    size_t level;       /* of the string that is being read */
    struct text joined; /* JSON of a record that was apart, or YAML */
    struct arena arena;
};

static const char *const shape_names[] = {"unknown", "v1",  "beta",
                                          "legacy",  "gke", "azure-activity"};
static const char *const wrap_names[] = {"none",  "list",    "cloudwatch",
                                         "azure", "elastic", "splunk"};
static const char *const level_names[] = {"unknown", "None", "Metadata", "Request",
                                          "RequestResponse"};
static const char *const stage_names[] = {"unknown", "RequestReceived", "ResponseStarted",
                                          "ResponseComplete", "Panic"};

const char *audit_shape_name(enum audit_shape s)
{
    return shape_names[s];
}
const char *audit_wrap_name(enum audit_wrap w)
{
    return wrap_names[w];
}
const char *audit_level_name(enum audit_level l)
{
    return level_names[l];
}
const char *audit_stage_name(enum audit_stage s)
{
    return stage_names[s];
}

instant audit_time(const struct audit_event *e)
{
    return e->stage_time != INSTANT_NONE ? e->stage_time
           : e->received != INSTANT_NONE ? e->received
                                         : e->logged;
}

const struct audit_user *audit_effective_user(const struct audit_event *e)
{
    return e->has_impersonated ? &e->impersonated : &e->user;
}

const struct audit_user *audit_actor(const struct audit_event *e)
{
    return e->has_impersonated && audit_is_gateway(e->user.username) ? &e->impersonated
                                                                     : &e->user;
}

struct bytes audit_annotation(const struct audit_event *e, const char *name)
{
    return jsonl_string(jsonl_get(e->annotations, name));
}

struct bytes audit_extra(const struct audit_user *u, const char *name)
{
    return jsonl_string(jsonl_at(jsonl_get(u->extra, name), 0));
}

struct audit_reader *audit_reader_new(void)
{
    return memory_new(1, sizeof(struct audit_reader));
}

void audit_reader_free(struct audit_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < WRAPS; i++) {
        jsonl_parser_free(r->parsers[i]);
        text_release(&r->repaired[i]);
    }
    text_release(&r->joined);
    arena_release(&r->arena);
    free(r);
}

/* -- wraps --------------------------------------------------------------------------- */

static struct fault read_text(struct audit_reader *r, struct bytes text, size_t readable,
                              struct audit_event *out);

/* Where exports keep the record: a member that is the record itself or its text. */
static const struct {
    const char *member, *inner; /* `inner`: a member of that member, or NULL */
    enum audit_wrap wrap;
} wraps[] = {
    {"message", NULL, AUDIT_WRAP_CLOUDWATCH},
    {"@message", NULL, AUDIT_WRAP_CLOUDWATCH},
    {"value", NULL, AUDIT_WRAP_CLOUDWATCH}, /* of Logs Insights, beside "field" */
    {"properties", "log", AUDIT_WRAP_AZURE},
    {"log_s", NULL, AUDIT_WRAP_AZURE},
    {"_raw", NULL, AUDIT_WRAP_SPLUNK},
    {"result", "_raw", AUDIT_WRAP_SPLUNK},
    {"kubernetes", "audit", AUDIT_WRAP_ELASTIC},
    {"kubernetes.audit", NULL, AUDIT_WRAP_ELASTIC},
    {"event", "original", AUDIT_WRAP_ELASTIC},
    {"event", NULL, AUDIT_WRAP_SPLUNK},
    {"_source", NULL, AUDIT_WRAP_ELASTIC},
    {"jsonPayload", NULL, AUDIT_WRAP_CLOUDWATCH},
    {"log", NULL, AUDIT_WRAP_AZURE},
    {"Log", NULL, AUDIT_WRAP_AZURE},
    {"LogMessage", NULL, AUDIT_WRAP_AZURE},
    {"LogEntry", NULL, AUDIT_WRAP_AZURE},
    {"textPayload", NULL, AUDIT_WRAP_CLOUDWATCH},
    {"Line", NULL, AUDIT_WRAP_ELASTIC}, /* of Grafana's tables */
    {"line", NULL, AUDIT_WRAP_ELASTIC}, /* of Loki's logcli */
};

static struct fault read_value(struct audit_reader *r, struct jsonl_value v,
                               struct audit_event *out);

/* The last part of ".../managedClusters/NAME", or the log group's cluster. */
static struct bytes cluster_name(struct jsonl_value v)
{
    struct bytes id = jsonl_string(jsonl_get(v, "resourceId"));
    size_t slash = bytes_rfind_byte(id, '/');
    if (slash < id.n)
        return bytes_from(id, slash + 1);
    struct bytes group = jsonl_string(jsonl_get(v, "logGroup"));
    if (bytes_starts(group, BYTES("/aws/eks/"))) {
        group = bytes_from(group, 9);
        return bytes_sub(group, 0, bytes_find_byte(group, '/'));
    }
    return BYTES_NONE;
}

/* What the collector noted beside a record that was cut off before its own times. */
static void read_logged(struct jsonl_value v, struct audit_event *out)
{
    static const char *const names[] = {"timestamp", "@timestamp", "time", "_time"};
    char room[JSONL_SCALAR];
    for (size_t i = 0;
         audit_time(out) == INSTANT_NONE && i < sizeof names / sizeof *names; i++) {
        struct bytes stated = jsonl_scalar(jsonl_get(v, names[i]), room);
        if (!instant_parse(stated, &out->logged, &out->precision) &&
            !instant_parse_epoch(stated, &out->logged, &out->precision))
            out->logged = INSTANT_NONE;
    }
}

static bool is_wrapped(struct jsonl_value v)
{
    struct bytes text = bytes_trim(jsonl_string(v));
    return jsonl_is(v, JSONL_OBJECT) || (text.n && text.p[0] == '{');
}

/* One level down: the record itself, or its text. */
static struct fault read_inner(struct audit_reader *r, struct jsonl_value v,
                               struct audit_event *out)
{
    struct bytes text = jsonl_string(v);
    r->level++;
    struct fault f = text.n ? read_text(r, text, text.n, out) : read_value(r, v, out);
    r->level--;
    return f;
}

static struct fault read_wrapped(struct audit_reader *r, struct jsonl_value v,
                                 struct audit_event *out)
{
    static const struct fault other = {.code = FAULT_UNKNOWN_TYPE};
    if (r->level + 1 >= WRAPS)
        return other;
    for (size_t i = 0; i < sizeof wraps / sizeof *wraps; i++) {
        struct jsonl_value in = jsonl_get(v, wraps[i].member);
        if (wraps[i].inner)
            in = jsonl_get(in, wraps[i].inner);
        if (!is_wrapped(in))
            continue;
        struct fault f = read_inner(r, in, out);
        if (!out->shape)
            continue;
        out->wrap = wraps[i].wrap;
        if (!out->cluster.n)
            out->cluster = cluster_name(v);
        read_logged(v, out);
        /* A place in an unescaped string is no place in the record. */
        f.offset = 0;
        return f;
    }
    return other;
}

static struct fault read_value(struct audit_reader *r, struct jsonl_value v,
                               struct audit_event *out)
{
    bool twice = false;
    if (!jsonl_is(v, JSONL_OBJECT))
        return (struct fault){.code = FAULT_UNKNOWN_TYPE};
    if (audit_from_event(v, out, &twice))
        return (struct fault){.code = twice ? FAULT_DUPLICATE : FAULT_NONE};
    *out = nothing;
    if (jsonl_get(v, "protoPayload").document) {
        bool kubernetes = audit_from_log_entry(v, out);
        return (struct fault){.code = kubernetes ? FAULT_NONE : FAULT_UNKNOWN_TYPE};
    }
    struct fault f = read_wrapped(r, v, out);
    if (out->shape)
        return f;
    *out = nothing;
    arena_release(&r->arena);
    return audit_from_activity(v, &r->arena, out) ? (struct fault){.code = FAULT_NONE}
                                                  : f;
}

/* -- text --------------------------------------------------------------------------- */

/* Saves what stands before the place where the text breaks. */
static void salvage(struct audit_reader *r, struct bytes text, struct audit_event *out)
{
    struct text *sound = &r->repaired[r->level];
    struct jsonl_value root;
    text_clear(sound);
    bool cut = json_repair(text, sound);
    if (!jsonl_parse(r->parsers[r->level], text_bytes(sound), sound->n, &root).code)
        read_value(r, root, out);
    out->partial |= cut && out->shape;
}

static struct fault read_text(struct audit_reader *r, struct bytes text, size_t readable,
                              struct audit_event *out)
{
    struct jsonl_parser **parser = &r->parsers[r->level];
    struct jsonl_value root;
    if (!*parser)
        *parser = jsonl_parser_new();
    struct fault f = jsonl_parse(*parser, text, readable, &root);
    if (!f.code)
        return read_value(r, root, out);
    if (f.code != FAULT_LIMIT)
        salvage(r, text, out);
    return f;
}

/* Exports to object storage and runtimes put the time before each line. */
static size_t prefix_length(struct bytes text, instant *t, enum precision *p)
{
    size_t used;
    if (!text.n || text.p[0] == '{')
        return 0;
    if (!is_digit(text.p[0]) || !instant_parse_prefix(text, &used, t, p))
        *t = INSTANT_NONE;
    return json_prefix(text);
}

/* -- records that are no JSON as they stand ------------------------------------------ */

static struct fault read_legacy(struct audit_reader *r, struct bytes text,
                                struct audit_event *out)
{
    arena_release(&r->arena);
    if (audit_from_text(text, &r->arena, out))
        return (struct fault){.code = out->partial ? FAULT_TRUNCATED : FAULT_NONE};
    *out = nothing;
    return (struct fault){.code = FAULT_UNKNOWN_TYPE};
}

static struct fault read_yaml(struct audit_reader *r, struct bytes text,
                              struct audit_event *out)
{
    bool partial;
    text_clear(&r->joined);
    struct fault f = yaml_record(text, &r->joined, &partial);
    if (!r->joined.n)
        return f;
    struct fault of_record = read_text(r, text_bytes(&r->joined), r->joined.n, out);
    out->partial |= partial && out->shape;
    if (!f.code)
        f.code = of_record.code; /* its place is not one in the YAML */
    return f;
}

/* Tries the record as one that an export took apart; *f is then the fault of that. */
static void read_parts(struct audit_reader *r, struct bytes text, struct audit_event *out,
                       struct fault *f)
{
    text_clear(&r->joined);
    enum audit_wrap wrap = audit_join_parts(text, &r->joined);
    if (!wrap)
        return;
    *f = read_text(r, text_bytes(&r->joined), r->joined.n, out);
    f->offset = 0; /* it is not one in the text */
    out->wrap = wrap;
}

static bool is_yaml(struct bytes text)
{
    return text.n && text.p[0] != '{' && text.p[0] != '[' &&
           (bytes_contains(text, BYTES("auditID:")) ||
            bytes_contains(text, BYTES("protoPayload:")));
}

struct fault audit_read(struct audit_reader *r, struct bytes text, size_t readable,
                        struct audit_event *out)
{
    instant logged;
    enum precision precision;
    *out = nothing;
    size_t prefix = prefix_length(text, &logged, &precision);
    if (!prefix && text.n && is_digit(text.p[0]))
        return read_legacy(r, text, out);
    if (is_yaml(text) && !prefix)
        return read_yaml(r, text, out);
    struct fault f = read_text(r, bytes_from(text, prefix), readable - prefix, out);
    /* Columns of a table pass for a record, but for their times, or who and what. */
    bool bare = !out->has_object && !out->user.username.n;
    if (f.code == FAULT_UNKNOWN_TYPE ||
        (!f.code && (bare || audit_time(out) == INSTANT_NONE)))
        read_parts(r, text, out, &f);
    else if (f.code)
        f.offset += prefix;
    if (prefix && out->shape)
        out->wrap = AUDIT_WRAP_CLOUDWATCH;
    if (prefix && logged != INSTANT_NONE && audit_time(out) == INSTANT_NONE) {
        out->logged = logged;
        out->precision = precision;
    }
    return f;
}
