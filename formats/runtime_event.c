#include "formats/runtime_event.h"

#include "formats/flow.h"
#include "formats/guardduty.h"
#include "formats/journal_text.h"
#include "formats/journald.h"
#include "formats/json_scan.h"
#include "formats/klog_json.h"
#include "formats/kubearmor.h"
#include "formats/tetragon.h"
#include "formats/tracee.h"
#include "formats/yaml.h"

static const char *const tools[] = {"",        "tetragon",  "tracee",   "journal",
                                    "network", "kubearmor", "guardduty"};

const char *runtime_tool_name(enum runtime_tool t)
{
    return tools[t];
}

struct runtime_event runtime_event_none(void)
{
    const struct runtime_process nobody = {.pid = -1, .uid = -1, .started = INSTANT_NONE};
    return (struct runtime_event){
        .time = INSTANT_NONE, .until = INSTANT_NONE, .process = nobody, .parent = nobody};
}

struct bytes runtime_container_id(struct bytes id)
{
    size_t scheme = bytes_find(id, BYTES("://"));
    if (scheme < id.n)
        id = bytes_from(id, scheme + 3);
    for (size_t i = 0; i < id.n; i++) {
        if (!is_hex(id.p[i]))
            return BYTES_NONE;
    }
    return id.n >= 12 && id.n <= 64 ? id : BYTES_NONE;
}

void runtime_put_address(struct runtime_event *out, struct text *text, struct bytes host,
                         struct bytes port)
{
    size_t begin = text->n;
    text_add(text, host);
    if (port.n)
        text_byte(text, ':');
    text_add(text, port);
    out->target = bytes_from(text_bytes(text), begin);
}

void runtime_reader_open(struct runtime_reader *r)
{
    *r = (struct runtime_reader){.parser = jsonl_parser_new(), .near = INSTANT_NONE};
}

void runtime_reader_close(struct runtime_reader *r)
{
    jsonl_parser_free(r->parser);
    jsonl_parser_free(r->inner);
    text_release(&r->text);
    text_release(&r->json);
}

/* `gcloud logging read` prints YAML when nothing else is asked for. */
static struct fault read_yaml(struct runtime_reader *r, struct bytes text,
                              struct runtime_event *out)
{
    bool partial;
    text_clear(&r->json);
    struct fault f = yaml_record(text, &r->json, &partial);
    if (f.code || !r->json.n)
        return f;
    f = runtime_read(r, text_bytes(&r->json), r->json.n, out);
    f.offset = 0; /* it is none in the YAML */
    return f;
}

/* What journalctl prints for people. */
static struct fault read_journal(struct runtime_reader *r, struct bytes text,
                                 struct runtime_event *out)
{
    struct journal_text about;
    text_clear(&r->json);
    if (!journal_text_json(text, r->near, &r->json, &about))
        return (struct fault){.code = FAULT_UNKNOWN_TYPE};
    struct fault f = runtime_read(r, text_bytes(&r->json), r->json.n, out);
    f.offset = 0; /* it is none in the text */
    out->precision = about.precision;
    out->assumed = about.assumed;
    return f;
}

bool runtime_sensor_read(struct jsonl_value v, struct text *text,
                         struct runtime_event *out)
{
    return tetragon_read(v, text, out) || tracee_read(v, text, out) ||
           kubearmor_read(v, text, out) || guardduty_read(v, text, out);
}

static bool read_object(struct runtime_reader *r, struct jsonl_value v,
                        struct runtime_event *out)
{
    text_clear(&r->text);
    if (!runtime_sensor_read(v, &r->text, out) && !journald_read(v, &r->text, out) &&
        !klog_json_read(v, &r->text, out) && !flow_read(v, &r->text, out)) {
        *out = runtime_event_none();
        return false;
    }
    out->raw = v;
    return true;
}

/* Where search engines and collectors keep the event, or its text. */
static bool read_within(struct runtime_reader *r, struct jsonl_value root,
                        struct runtime_event *out)
{
    static const char *const names[] = {"_source", "event", "result", "_raw",
                                        "message", "log",   "line",   "jsonPayload"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct jsonl_value in = jsonl_get(root, names[i]), again;
        struct bytes text = bytes_trim(jsonl_string(in));
        if (jsonl_is(in, JSONL_OBJECT) && read_object(r, in, out))
            return true;
        if (bytes_is(bytes_str(names[i]), "result"))
            text = bytes_trim(jsonl_string(jsonl_get(in, "_raw")));
        if (!text.n || text.p[0] != '{')
            continue;
        if (!r->inner)
            r->inner = jsonl_parser_new();
        if (!jsonl_parse(r->inner, text, text.n, &again).code &&
            read_object(r, again, out))
            return true;
    }
    return false;
}

struct fault runtime_read(struct runtime_reader *r, struct bytes text, size_t readable,
                          struct runtime_event *out)
{
    struct jsonl_value root;
    *out = runtime_event_none();
    if (text.n && text.p[0] != '{' && bytes_contains(text, BYTES("jsonPayload:")))
        return read_yaml(r, text, out);
    size_t prefix = json_prefix(text);
    if (text.n && text.p[0] != '{' && !prefix)
        return read_journal(r, text, out);
    struct fault f =
        jsonl_parse(r->parser, bytes_from(text, prefix), readable - prefix, &root);
    f.offset += prefix;
    if (f.code)
        return f;
    if (!read_object(r, root, out) && !read_within(r, root, out))
        return (struct fault){.code = FAULT_UNKNOWN_TYPE};
    return (struct fault){.code = out->time == INSTANT_NONE ? FAULT_MISSING_FIELD : 0};
}
