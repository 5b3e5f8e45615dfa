#include "analyze/events/decode.h"

#include "analyze/events/from.h"
#include "analyze/events/parts.h"
#include "analyze/kube/observe.h"
#include "analyze/rules/started.h"
#include "formats/base/limits.h"
#include "formats/container_export.h"
#include "formats/json_scan.h"
#include "formats/json_split.h"

void decoder_set_item(struct decoder *d, const struct item *item, struct bytes path)
{
    d->item = item;
    d->place = container_log_place(path);
}

static struct span span_of(const struct decoder *d, const struct piece *p)
{
    return (struct span){d->item, p->offset, p->length};
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
    const struct rules *rules = d->analysis->rules;
    if (!rules)
        return;
    if (!d->readers->memory)
        d->readers->memory = rules_memory_new(rules);
    record->memory = d->readers->memory;
    rules_match(rules, record, on_match, m);
}

/* -- audit --------------------------------------------------------------------------- */

static struct event make_audit(struct matching *m)
{
    return event_from_audit(m->record, m->span, &m->batch->arena);
}

static void keep_audit(struct decoder *d, const struct audit_event *a,
                       const struct piece *p)
{
    struct batch *b = d->batch;
    struct span span = span_of(d, p);
    struct matching m = {b, NULL, make_audit, a, span};
    struct kube_note *note = NULL;
    if (audit_time(a) != INSTANT_NONE)
        note = kube_note_audit(d->analysis->scope, a, span, &b->arena);
    if (note) {
        m.event = batch_add_record(b, p->text, span);
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

static struct fault decode_audit(struct decoder *d, const struct piece *p)
{
    static const struct fault none = {0};
    struct audit_event a;
    struct coverage_part *coverage = &d->batch->coverage;
    struct fault f = audit_read(d->readers->audit, p->text, p->readable, &a);
    if (!a.shape || is_several(p->text, f))
        return f;
    if (a.partial)
        coverage_place(&coverage->partial, p->offset, p->length, f);
    else if (f.code)
        coverage_fault(coverage, f, p->offset, p->length);
    coverage_record(coverage, audit_time(&a), p->offset, p->length);
    coverage_audit(coverage, &a);
    keep_audit(d, &a, p);
    return none;
}

static void decode_waiting_cloud(struct decoder *d, struct batch_event *waiting)
{
    struct cloudtrail_event c;
    struct bytes text = waiting->record;
    cloudtrail_read(&d->readers->cloudtrail, text, text.n, &c);
    struct event e = event_from_cloudtrail(&c, waiting->event.span, &d->batch->arena);
    batch_make(d->batch, waiting, &e);
}

void decode_waiting(struct decoder *d, struct batch_event *waiting)
{
    if (waiting->event.span.item->role == ROLE_CLOUD_LOG) {
        decode_waiting_cloud(d, waiting);
        return;
    }
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

static struct fault decode_falco(struct decoder *d, const struct piece *p)
{
    struct falco_alert *a = &d->readers->alert;
    struct coverage_part *coverage = &d->batch->coverage;
    struct fault f = falco_read(d->readers->falco, p->text, p->readable, a);
    if (f.code)
        return f;
    coverage_record(coverage, a->time, p->offset, p->length);
    if (a->drop_notice) {
        coverage_dropped(coverage, a->time, a->dropped);
        coverage_place(&coverage->drops, p->offset, p->length, (struct fault){0});
    }
    if (clocks_differ(a))
        coverage_place(&coverage->clocks, p->offset, p->length, (struct fault){0});
    keep_falco(d, a, span_of(d, p));
    return f;
}

/* -- container logs ------------------------------------------------------------------ */

static void keep_line(struct decoder *d, const struct piece *p,
                      struct container_line *line)
{
    line->offset = p->offset;
    line->length = p->length;
    coverage_record(&d->batch->coverage, line->time, p->offset, p->length);
    batch_add_line(d->batch, line);
}

static struct fault decode_line(struct decoder *d, const struct piece *p)
{
    struct container_line line;
    struct fault f = container_line_read(d->readers->lines, p->text, p->readable, &line);
    if (f.code)
        return f;
    keep_line(d, p, &line);
    return f;
}

/* A line as a collector handed it on. */
static struct fault decode_exported(struct decoder *d, const struct piece *p)
{
    struct container_line line;
    struct jsonl_value v;
    struct readers *r = d->readers;
    struct fault f = jsonl_parse(r->lines, p->text, p->readable, &v);
    if (!f.code)
        f = container_export_read(v, r->within, &r->line, &line);
    if (!f.code)
        keep_line(d, p, &line);
    return f;
}

/* -- runtime ------------------------------------------------------------------------- */

static struct event make_runtime(struct matching *m)
{
    return event_from_runtime(m->record, m->span, &m->batch->arena);
}

static enum log_source source_of(enum runtime_tool tool)
{
    return tool == TOOL_TETRAGON    ? LOG_SOURCE_TETRAGON
           : tool == TOOL_TRACEE    ? LOG_SOURCE_TRACEE
           : tool == TOOL_KUBEARMOR ? LOG_SOURCE_KUBEARMOR
           : tool == TOOL_GUARDDUTY ? LOG_SOURCE_GUARDDUTY
                                    : LOG_SOURCE_JOURNAL;
}

/* A connection concerns both its ends: the pod in question first. */
static void choose_end(const struct decoder *d, struct runtime_event *r)
{
    const struct kube_place peer = {.namespace = r->peer_namespace, .pod = r->peer_pod};
    if (!r->peer_pod.n || !kube_in_scope(d->analysis->scope, &peer))
        return;
    r->namespace = r->peer_namespace;
    r->pod = r->peer_pod;
    r->flow.of_destination = true;
}

static void match_start(const struct decoder *d, const struct runtime_event *r,
                        struct matching *m)
{
    struct started started;
    if (!rules_ask(d->analysis->rules, LOG_SOURCE_STARTED))
        return;
    if (started_read(r->raw, &started)) {
        struct record record = record_of_started(&started);
        match_record(d, &record, m);
    }
    started_release(&started);
}

static struct fault decode_runtime(struct decoder *d, const struct piece *p)
{
    struct runtime_event r;
    struct coverage_part *coverage = &d->batch->coverage;
    struct fault f = runtime_read(&d->readers->runtime, p->text, p->readable, &r);
    if (f.code || r.tool == TOOL_UNKNOWN || r.time == INSTANT_NONE)
        return f;
    coverage_record(coverage, r.time, p->offset, p->length);
    choose_end(d, &r);
    struct matching m = {d->batch, NULL, make_runtime, &r, span_of(d, p)};
    /* Whose it is may follow from records before it: the commit decides. */
    struct event e = make_runtime(&m);
    m.event = batch_add(d->batch, &e);
    struct record record = record_of_lines(source_of(r.tool), r.raw);
    match_record(d, &record, &m);
    match_start(d, &r, &m);
    return f;
}

/* -- the cloud ----------------------------------------------------------------------- */

static struct event make_cloud(struct matching *m)
{
    return event_from_cloudtrail(m->record, m->span, &m->batch->arena);
}

/* Accounts that are changed, roles that are taken on, and what hands out secrets and
 * files: whose work it was is known at the end (kube/cloud.h). */
static bool may_be_of_incident(const struct cloudtrail_event *c)
{
    return (bytes_starts(c->source, BYTES("iam.")) && !c->reads) || c->discloses ||
           bytes_is(c->name, "AssumeRole") ||
           bytes_is(c->name, "AssumeRoleWithWebIdentity");
}

/* What changes a cluster is of the incident, whatever it was done with: an account has
 * few such requests. Of all others a rule must find something. */
static struct fault decode_cloud(struct decoder *d, const struct piece *p)
{
    struct cloudtrail_event c;
    struct coverage_part *coverage = &d->batch->coverage;
    struct fault f = cloudtrail_read(&d->readers->cloudtrail, p->text, p->readable, &c);
    if (f.code)
        return f;
    coverage_record(coverage, c.time, p->offset, p->length);
    struct matching m = {d->batch, NULL, make_cloud, &c, span_of(d, p)};
    bool changes = c.cluster.n && !c.reads;
    if (changes || may_be_of_incident(&c)) {
        struct event e = make_cloud(&m);
        e.in_scope = changes;
        m.event = batch_add(d->batch, &e);
    }
    struct record record = record_of_lines(LOG_SOURCE_CLOUDTRAIL, c.raw);
    match_record(d, &record, &m);
    return f;
}

/* -- records and lines --------------------------------------------------------------- */

/* One export may hold what the API server, the containers and the nodes wrote, entry by
 * entry: what is not of the kind that it begins with. */
static struct fault decode_entry(struct decoder *d, const struct piece *p,
                                 struct fault first)
{
    if (first.code != FAULT_UNKNOWN_TYPE || !bytes_starts(p->text, BYTES("{")) ||
        !(bytes_contains(p->text, BYTES("Payload\"")) || container_export_probe(p->text)))
        return first;
    struct fault f =
        d->item->role == ROLE_AUDIT_LOG ? decode_exported(d, p) : decode_audit(d, p);
    return f.code == FAULT_UNKNOWN_TYPE ? decode_runtime(d, p) : f;
}

/* FAULT_NONE when the record was read, whole or in part; else why it was not. */
static struct fault decode_one(struct decoder *d, const struct piece *p)
{
    switch (d->item->role) {
    case ROLE_AUDIT_LOG:
        return decode_entry(d, p, decode_audit(d, p));
    case ROLE_FALCO_ALERTS:
        return decode_falco(d, p);
    case ROLE_CONTAINER_LOG:
        return d->exported ? decode_entry(d, p, decode_exported(d, p))
                           : decode_line(d, p);
    case ROLE_CLOUD_LOG:
        return decode_cloud(d, p);
    default:
        return decode_runtime(d, p);
    }
}

struct taking_apart {
    struct decoder *decoder;
    const struct piece *whole;
    size_t records;
};

/* A record of a list that stands as such in the item has a place of its own. */
static struct piece piece_in(const struct taking_apart *t,
                             const struct json_split_record *part)
{
    struct piece p = piece_of(part->text, part->text.n, t->whole->offset + part->offset);
    if (t->whole->length != t->whole->text.n) {
        p.offset = t->whole->offset;
        p.length = t->whole->length;
    }
    return p;
}

static void on_part(void *context, const struct json_split_record *part)
{
    struct taking_apart *t = context;
    /* The whole text comes back when it is no list. */
    if (part->offset == 0 && part->text.n == t->whole->text.n)
        return;
    /* The record may wait until the commit; the text of a part lives during the call. */
    struct batch *b = t->decoder->batch;
    struct piece p = piece_in(t, part);
    p.text = arena_copy(&b->arena, part->text);
    struct fault f = decode_one(t->decoder, &p);
    if (!f.code)
        t->records++;
    else if (f.code != FAULT_UNKNOWN_TYPE)
        coverage_fault(&b->coverage, f, p.offset, p.length);
}

static bool decode_list(struct decoder *d, const struct piece *whole)
{
    struct taking_apart t = {.decoder = d, .whole = whole};
    struct json_split split;
    json_split_begin(&split, on_part, &t);
    json_split_feed(&split, whole->text);
    json_split_end(&split);
    return t.records > 0;
}

static uint64_t faults_told(const struct decoder *d)
{
    const struct coverage_part *c = &d->batch->coverage;
    return c->malformed.n + c->malformed.more + c->partial.n + c->partial.more;
}

void decode_record(struct decoder *d, const struct piece *p)
{
    uint64_t told = faults_told(d);
    struct fault f = decode_one(d, p);
    bool json = p->text.n && (p->text.p[0] == '{' || p->text.p[0] == '[');
    if (f.code && json && decode_list(d, p))
        f.code = FAULT_NONE;
    bool unknown = f.code == FAULT_NONE || f.code == FAULT_UNKNOWN_TYPE;
    if (p->fault && unknown && faults_told(d) == told)
        f.code = p->fault;
    if (f.code)
        coverage_fault(&d->batch->coverage, f, p->offset, p->length);
}

/* Whether the line was taken as a part of one that the runtime cut. */
static bool take_part(struct decoder *d, const struct piece *p)
{
    struct container_line line;
    if (d->item->role == ROLE_CONTAINER_LOG ||
        !parts_line(d->readers->lines, p->text, p->readable, &line))
        return false;
    bool is_part = line.partial || d->open[line.stream];
    d->open[line.stream] = line.partial;
    line.offset = p->offset;
    line.length = p->length;
    if (is_part)
        batch_add_line(d->batch, &line);
    return is_part;
}

/* Where a file had grown and the power went, zeros stand before the next record. */
static size_t leading_zeros(struct bytes line)
{
    size_t n = 0;
    while (n < line.n && line.p[n] == 0)
        n++;
    return n == line.n || line.p[n] >= ' ' ? n : 0;
}

void decode_lines(struct decoder *d, struct bytes text, uint64_t offset)
{
    struct bytes rest = text, line;
    const uint8_t *end = text.p + text.n;
    memset(d->open, offset > 0, sizeof d->open);
    while (bytes_split(&rest, '\n', &line)) {
        uint64_t at = offset + (uint64_t)(line.p - text.p);
        size_t zeros = leading_zeros(line);
        if (zeros)
            coverage_fault(&d->batch->coverage, (struct fault){.code = FAULT_SYNTAX}, at,
                           zeros);
        line = bytes_from(line, zeros);
        at += zeros;
        line = bytes_without_cr(line);
        struct piece p = piece_of(line, (size_t)(end - line.p), at);
        if (line.n >= LIMIT_LINE && line.p + line.n == end)
            p.fault = FAULT_TRUNCATED; /* what goes on behind it was not read with it */
        bool wanted =
            bytes_trim(line).n || (line.n && d->item->role == ROLE_CONTAINER_LOG);
        if (wanted && !take_part(d, &p))
            decode_record(d, &p);
    }
}
