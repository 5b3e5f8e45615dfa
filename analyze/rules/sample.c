#include "analyze/rules/sample.h"

#include "analyze/rules/started.h"
#include "formats/base/memory.h"
#include <stdlib.h>

struct sample_reader {
    struct audit_reader *audit;
    struct falco_reader *falco;
    struct jsonl_parser *json;
    struct started started;
};

struct sample_reader *sample_reader_new(void)
{
    struct sample_reader *r = memory_new(1, sizeof *r);
    r->audit = audit_reader_new();
    r->falco = falco_reader_new();
    r->json = jsonl_parser_new();
    return r;
}

void sample_reader_free(struct sample_reader *r)
{
    if (!r)
        return;
    audit_reader_free(r->audit);
    falco_reader_free(r->falco);
    jsonl_parser_free(r->json);
    started_release(&r->started);
    free(r);
}

static bool read_audit(struct sample_reader *r, struct bytes line, struct sample *out)
{
    audit_read(r->audit, line, line.n, &out->audit);
    if (out->audit.shape == AUDIT_SHAPE_UNKNOWN)
        return false;
    out->record = record_of_audit(&out->audit);
    out->event.time = audit_time(&out->audit);
    out->event.actor = audit_effective_user(&out->audit)->username;
    out->event.action = out->audit.verb;
    out->event.object = out->audit.request_uri;
    return true;
}

static bool read_falco(struct sample_reader *r, struct bytes line, struct sample *out)
{
    if (falco_read(r->falco, line, line.n, &out->falco).code)
        return false;
    out->record = record_of_falco(&out->falco);
    out->event.time = out->falco.time;
    out->event.action = out->falco.rule;
    return true;
}

/* As a sensor wrote it, or with the names of the taxonomy. */
static bool read_started(struct sample_reader *r, struct bytes line, struct sample *out)
{
    struct jsonl_value root;
    started_release(&r->started);
    if (jsonl_parse(r->json, line, line.n, &root).code || !jsonl_is(root, JSONL_OBJECT))
        return false;
    out->record = started_read(root, &r->started)
                      ? record_of_started(&r->started)
                      : record_of_lines(LOG_SOURCE_STARTED, root);
    return true;
}

static bool read_other(struct sample_reader *r, enum log_source source, struct bytes line,
                       struct sample *out)
{
    struct jsonl_value root;
    if (jsonl_parse(r->json, line, line.n, &root).code || !jsonl_is(root, JSONL_OBJECT))
        return false;
    out->record = record_of_lines(source, root);
    instant_parse(jsonl_string(jsonl_get(root, "time")), &out->event.time, NULL);
    return true;
}

bool sample_read(struct sample_reader *r, enum log_source source, struct bytes line,
                 struct sample *out)
{
    out->event = (struct event){.time = INSTANT_NONE};
    switch (source) {
    case LOG_SOURCE_AUDIT:
        return read_audit(r, line, out);
    case LOG_SOURCE_FALCO:
        return read_falco(r, line, out);
    case LOG_SOURCE_STARTED:
        return read_started(r, line, out);
    default:
        return read_other(r, source, line, out);
    }
}
