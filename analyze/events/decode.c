#include "analyze/events/decode.h"

#include "analyze/events/from.h"
#include "analyze/kube/observe.h"
#include "formats/json_scan.h"
#include "formats/json_split.h"

void decoder_set_item(struct decoder *d, const struct item *item, struct bytes path)
{
    d->item = item;
    d->place = container_log_place(path);
}

static struct span span_of(const struct decoder *d, uint64_t offset, struct bytes text)
{
    return (struct span){d->item, offset, text.n};
}

/* -- rules --------------------------------------------------------------------------- */

struct matching {
    struct batch *batch;
    struct batch_event *event;
    /* The event is made only when the first rule matches. */
    struct event (*make)(struct matching *m);
    const void *record;
    struct span span;
};

static void on_match(void *context, const struct match *match)
{
    struct matching *m = context;
    if (!m->event || m->event->record.n) {
        struct event e = m->make(m);
        if (m->event)
            batch_make(m->batch, m->event, &e);
        else
            m->event = batch_add(m->batch, &e);
    }
    batch_add_match(m->batch, m->event, match);
}

static void match_record(const struct decoder *d, struct record *record,
                         struct matching *m)
{
    record->scratch = &d->readers->scratch;
    if (d->analysis->rules)
        rules_match(d->analysis->rules, record, on_match, m);
}

/* -- audit --------------------------------------------------------------------------- */

static struct event make_audit(struct matching *m)
{
    return event_from_audit(m->record, m->span, &m->batch->arena);
}

static void keep_audit(struct decoder *d, const struct audit_event *a, struct bytes text,
                       struct span span)
{
    struct batch *b = d->batch;
    struct matching m = {b, NULL, make_audit, a, span};
    struct kube_note *note = NULL;
    if (audit_time(a) != INSTANT_NONE)
        note = kube_note_audit(d->analysis->scope, a, span, &b->arena);
    if (note) {
        m.event = batch_add_record(b, text, span);
        m.event->note = note;
    }
    struct record record = record_of_audit(a);
    match_record(d, &record, &m);
    if (a->shape == AUDIT_SHAPE_GKE) {
        struct record entry = record_of_lines(LOG_SOURCE_GCP, a->raw);
        match_record(d, &entry, &m);
    }
}

/* Splunk's collector takes records one behind the other, with no line's end between. */
static bool is_several(struct bytes text, struct fault f)
{
    if (f.code == FAULT_TRAILING)
        f = json_check(text);
    return f.code == FAULT_TRAILING && f.have == '{';
}

static struct fault decode_audit(struct decoder *d, struct bytes text, size_t readable,
                                 uint64_t offset)
{
    static const struct fault none = {0};
    struct audit_event a;
    struct coverage_part *coverage = &d->batch->coverage;
    struct fault f = audit_read(d->readers->audit, text, readable, &a);
    if (!a.shape || is_several(text, f))
        return f;
    if (a.partial)
        coverage_place(&coverage->partial, offset, text.n, f);
    else if (f.code)
        coverage_fault(coverage, f, offset, text.n);
    coverage_record(coverage, audit_time(&a), offset, text.n);
    coverage_audit(coverage, &a);
    keep_audit(d, &a, text, span_of(d, offset, text));
    return none;
}

void decode_waiting(struct decoder *d, struct batch_event *waiting)
{
    struct audit_event a;
    struct bytes text = waiting->record;
    audit_read(d->readers->audit, text, text.n, &a);
    struct event e = event_from_audit(&a, waiting->event.span, &d->batch->arena);
    batch_make(d->batch, waiting, &e);
}

/* -- Falco --------------------------------------------------------------------------- */

static struct event make_falco(struct matching *m)
{
    return event_from_falco(m->record, m->span, &m->batch->arena);
}

/* Falco states the time of the event in up to two places, from one clock. */
static bool clocks_differ(const struct falco_alert *a)
{
    instant other;
    struct bytes stated = falco_field(a, "evt.time");
    if (a->time_from != FALCO_TIME_RECORD || !instant_parse_epoch(stated, &other, NULL))
        return false;
    int64_t apart;
    return __builtin_sub_overflow(a->time, other, &apart) || apart > NANOSECONDS ||
           apart < -NANOSECONDS;
}

static void keep_falco(struct decoder *d, const struct falco_alert *a, struct span span)
{
    struct batch *b = d->batch;
    struct matching m = {b, NULL, make_falco, a, span};
    struct kube_note *note = NULL;
    if (a->time != INSTANT_NONE)
        note = kube_note_falco(d->analysis->scope, a, span, &b->arena);
    if (note) {
        struct event e = make_falco(&m);
        m.event = batch_add(b, &e);
        m.event->note = note;
    }
    struct record record = record_of_falco(a);
    match_record(d, &record, &m);
}

static struct fault decode_falco(struct decoder *d, struct bytes text, size_t readable,
                                 uint64_t offset)
{
    struct falco_alert *a = &d->readers->alert;
    struct coverage_part *coverage = &d->batch->coverage;
    struct fault f = falco_read(d->readers->falco, text, readable, a);
    if (f.code)
        return f;
    coverage_record(coverage, a->time, offset, text.n);
    if (a->drop_notice) {
        coverage_dropped(coverage, a->time, a->dropped);
        coverage_place(&coverage->drops, offset, text.n, (struct fault){0});
    }
    if (clocks_differ(a))
        coverage_place(&coverage->clocks, offset, text.n, (struct fault){0});
    keep_falco(d, a, span_of(d, offset, text));
    return f;
}

/* -- container logs ------------------------------------------------------------------ */

static struct fault decode_line(struct decoder *d, struct bytes text, size_t readable,
                                uint64_t offset)
{
    struct container_line line;
    struct fault f = container_line_read(d->readers->lines, text, readable, &line);
    if (f.code)
        return f;
    line.offset = offset;
    line.length = text.n;
    coverage_record(&d->batch->coverage, line.time, offset, text.n);
    batch_add_line(d->batch, &line);
    return f;
}

/* -- runtime ------------------------------------------------------------------------- */

static struct event make_runtime(struct matching *m)
{
    return event_from_runtime(m->record, m->span, &m->batch->arena);
}

static enum log_source source_of(enum runtime_tool tool)
{
    return tool == TOOL_TETRAGON ? LOG_SOURCE_TETRAGON
           : tool == TOOL_TRACEE ? LOG_SOURCE_TRACEE
                                 : LOG_SOURCE_JOURNAL;
}

static struct fault decode_runtime(struct decoder *d, struct bytes text, size_t readable,
                                   uint64_t offset)
{
    struct runtime_event r;
    struct coverage_part *coverage = &d->batch->coverage;
    struct fault f = runtime_read(&d->readers->runtime, text, readable, &r);
    if (f.code || r.tool == TOOL_UNKNOWN || r.time == INSTANT_NONE)
        return f;
    coverage_record(coverage, r.time, offset, text.n);
    struct matching m = {d->batch, NULL, make_runtime, &r, span_of(d, offset, text)};
    /* Whose it is may follow from records before it: the commit decides. */
    struct event e = make_runtime(&m);
    m.event = batch_add(d->batch, &e);
    struct record record = record_of_lines(source_of(r.tool), r.raw);
    match_record(d, &record, &m);
    return f;
}

/* -- records and lines --------------------------------------------------------------- */

/* FAULT_NONE when the record was read, whole or in part; else why it was not. */
static struct fault decode_one(struct decoder *d, struct bytes text, size_t readable,
                               uint64_t offset)
{
    switch (d->item->role) {
    case ROLE_AUDIT_LOG:
        return decode_audit(d, text, readable, offset);
    case ROLE_FALCO_ALERTS:
        return decode_falco(d, text, readable, offset);
    case ROLE_CONTAINER_LOG:
        return decode_line(d, text, readable, offset);
    default:
        return decode_runtime(d, text, readable, offset);
    }
}

struct taking_apart {
    struct decoder *decoder;
    struct bytes text;
    uint64_t offset;
    size_t records;
};

static void on_part(void *context, const struct json_split_record *part)
{
    struct taking_apart *t = context;
    /* The whole text comes back when it is no list. */
    if (part->offset == 0 && part->text.n == t->text.n)
        return;
    /* The record may wait until the commit; the text of a part lives during the call. */
    struct batch *b = t->decoder->batch;
    struct bytes text = arena_copy(&b->arena, part->text);
    uint64_t at = t->offset + part->offset;
    struct fault f = decode_one(t->decoder, text, text.n, at);
    if (!f.code)
        t->records++;
    else if (f.code != FAULT_UNKNOWN_TYPE)
        coverage_fault(&b->coverage, f, at, text.n);
}

static bool decode_list(struct decoder *d, struct bytes text, uint64_t offset)
{
    struct taking_apart t = {.decoder = d, .text = text, .offset = offset};
    struct json_split split;
    json_split_begin(&split, on_part, &t);
    json_split_feed(&split, text);
    json_split_end(&split);
    return t.records > 0;
}

void decode_record(struct decoder *d, struct bytes text, size_t readable, uint64_t offset)
{
    struct fault f = decode_one(d, text, readable, offset);
    bool json = text.n && (text.p[0] == '{' || text.p[0] == '[');
    if (f.code && !(json && decode_list(d, text, offset)))
        coverage_fault(&d->batch->coverage, f, offset, text.n);
}

void decode_lines(struct decoder *d, struct bytes text, uint64_t offset)
{
    struct bytes rest = text, line;
    const uint8_t *end = text.p + text.n;
    while (bytes_split(&rest, '\n', &line)) {
        uint64_t at = offset + (uint64_t)(line.p - text.p);
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (bytes_trim(line).n || (line.n && d->item->role == ROLE_CONTAINER_LOG))
            decode_record(d, line, (size_t)(end - line.p), at);
    }
}
