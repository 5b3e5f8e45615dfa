#include "analyze/events/logs.h"

#include "analyze/events/decode.h"
#include "analyze/events/from.h"
#include "analyze/events/layout.h"
#include "analyze/events/parts.h"
#include "analyze/kube/observe.h"
#include "formats/base/limits.h"
#include "formats/container_join.h"
#include "formats/foreign.h"

struct logs {
    struct analysis *analysis;
    struct coverage *coverage;
    struct reader_pool *pool;
    instant made; /* the pod: tells the year where a journal does not */
    int error;    /* the first one of the case file */

    /* The log that is being committed. */
    const struct item *item;
    struct text path;
    struct container_log_place place;
    bool of_node; /* by its name the node's, and no pod's */
    struct layout_reader layout;
    struct container_join join;
    struct text joined;    /* a record of which the runtime had cut the line */
    struct decoder serial; /* for what is decoded at the commit */
};

bool analysis_wants_time(const struct analysis *a, const struct event *e)
{
    const struct analyze_options *o = a->options;
    return (o->since == INSTANT_NONE || e->end >= o->since) &&
           (o->until == INSTANT_NONE || e->time <= o->until);
}

/* -- decoding ------------------------------------------------------------------------ */

static void decode_chunk(void *context, struct log_chunk *chunk)
{
    struct logs *l = context;
    struct batch *b = batch_new();
    chunk->batch = b;
    if (chunk->item->role == ROLE_FOREIGN_LOG)
        return;
    b->not_lines = layout_of(chunk) != LAYOUT_LINES;
    if (b->not_lines)
        return;
    struct text path = {0};
    item_path(chunk->item, &path);
    struct decoder d = {
        .analysis = l->analysis, .readers = readers_take(l->pool), .batch = b};
    d.readers->runtime.near = l->made;
    decoder_set_item(&d, chunk->item, text_bytes(&path));
    decode_lines(&d, chunk->text, chunk->offset);
    readers_give(l->pool, d.readers);
    text_release(&path);
}

/* -- committing ---------------------------------------------------------------------- */

static void store(struct logs *l, const struct event *e)
{
    if (l->error || !analysis_wants_time(l->analysis, e))
        return;
    l->error = case_event(l->analysis->casefile, e);
}

/* Without a pod nothing can be told to be beside the point: everything but the flood of
 * API requests is kept, and of those what a rule matched. */
static bool is_wanted(const struct logs *l, const struct batch_event *b)
{
    const struct scope *s = l->analysis->scope;
    if (b->event.in_scope)
        return true;
    bool no_pod = !s || !scope_pod(s)->how;
    return no_pod && (b->matches || b->event.kind != EVENT_API_REQUEST);
}

/* Whether a rule that tells of attacks finds it. */
static bool is_grave(const struct batch_event *b)
{
    bool grave = false;
    for (struct batch_match *m = b->matches; m && !grave; m = m->next)
        grave = m->match.outcome == OUTCOME_HIT &&
                m->match.rule->kind.severity >= SEVERITY_HIGH;
    return grave;
}

/* What the network plugin said of a connection of the pod's. */
static void observe_flow(struct scope *s, const struct event *e)
{
    struct bytes plugin = event_get(e, "plugin");
    uint64_t port;
    struct kube_connection c = {
        .time = e->time,
        .precision = e->precision,
        .span = e->span,
        .peer = event_get(e, "peer"),
        .protocol = event_get(e, "protocol"),
        .port = -1,
        .accepted = bytes_is(event_get(e, "direction"), "ingress"),
        .seen = bytes_is(plugin, "held back") ? CONNECTION_HELD_BACK
                                              : CONNECTION_LET_THROUGH};
    if (bytes_to_u64(event_get(e, "port"), &port))
        c.port = (int64_t)port;
    if (plugin.n)
        kube_observe_connection(s, &c);
}

static void observe_runtime(struct scope *s, struct batch_event *b)
{
    struct event *e = &b->event;
    const struct kube_place place = {.namespace = event_get(e, "namespace"),
                                     .pod = event_get(e, "pod"),
                                     .pod_uid = event_get(e, "pod_uid"),
                                     .container = event_get(e, "container"),
                                     .container_id = event_get(e, "container_id"),
                                     .sandbox_id = event_get(e, "sandbox_id")};
    kube_observe_arrival(s, e);
    e->in_scope = kube_observe_place(s, &place);
    if (e->in_scope) {
        kube_observe_event(s, e, is_grave(b));
        observe_flow(s, e);
    }
}

static void observe_note(struct logs *l, struct batch_event *b)
{
    bool in_scope = kube_observe(l->analysis->scope, b->note);
    if (in_scope && b->record.n)
        decode_waiting(&l->serial, b);
    b->event.in_scope = in_scope;
}

static void commit_event(struct logs *l, struct batch_event *b)
{
    struct analysis *a = l->analysis;
    if (b->note)
        observe_note(l, b);
    else if (b->event.kind == EVENT_RUNTIME_EVENT)
        observe_runtime(a->scope, b);
    else if (b->event.kind == EVENT_CLOUD_REQUEST)
        kube_observe_event(a->scope, &b->event, false);
    for (struct batch_match *m = b->matches; m && a->rules_run; m = m->next)
        rules_commit(a->rules_run, &m->match, &b->event);
    /* An alert that tells the time of day alone is in no timeline; its rules are found.
     */
    if (b->event.time != INSTANT_NONE && is_wanted(l, b))
        store(l, &b->event);
}

static bool line_in_scope(const struct logs *l, const struct container_line *line)
{
    const struct container_log_place own = container_line_place(line, &l->place);
    const struct kube_place place = {.namespace = own.namespace,
                                     .pod = own.pod,
                                     .pod_uid = own.pod_uid,
                                     .container = own.container,
                                     .container_id = own.container_id};
    /* A log that was put into the package without saying whose it is belongs to the pod
     * that the package is about. */
    const struct scope *s = l->analysis->scope;
    if (!place.pod.n && !place.pod_uid.n && !place.container_id.n)
        return (!place.namespace.n && !l->of_node) || !s || !scope_pod(s)->namespace.n ||
               bytes_eq(place.namespace, scope_pod(s)->namespace);
    return !l->analysis->scope || kube_observe_place(l->analysis->scope, &place);
}

struct line_match {
    struct rules_run *run;
    const struct event *event;
    bool grave; /* a rule that tells of attacks finds it */
};

static void on_line_match(void *context, const struct match *match)
{
    struct line_match *m = context;
    m->grave |=
        match->outcome == OUTCOME_HIT && match->rule->kind.severity >= SEVERITY_HIGH;
    rules_commit(m->run, match, m->event);
}

static bool apply_line_rules(struct logs *l, const struct event *e)
{
    struct analysis *a = l->analysis;
    struct line_match m = {a->rules_run, e, false};
    struct fact facts[] = {
        {"message", e->message},
        {"log", e->message},
        {"stream", event_get(e, "stream")},
        {"namespace", event_get(e, "namespace")},
        {"pod", event_get(e, "pod")},
        {"container", event_get(e, "container")},
    };
    struct record record =
        record_of_facts(LOG_SOURCE_CONTAINER, facts, sizeof facts / sizeof *facts);
    if (a->rules_run)
        rules_match(a->rules, &record, on_line_match, &m);
    return m.grave;
}

static void commit_whole_line(struct logs *l, const struct container_line *line,
                              struct arena *arena)
{
    struct span span = {l->item, line->offset, line->length};
    struct event e = event_from_line(line, span, &l->place, arena);
    e.in_scope = line_in_scope(l, line);
    bool grave = apply_line_rules(l, &e);
    if (!e.in_scope || e.time == INSTANT_NONE)
        return; /* taken without time stamps: what rules find in it has a place */
    kube_observe_event(l->analysis->scope, &e, grave);
    store(l, &e);
}

static void commit_batch(struct logs *l, struct batch *b);

static void commit_record(void *context, const struct piece *p)
{
    struct logs *l = context;
    struct batch *b = batch_new();
    l->serial.batch = b;
    decode_record(&l->serial, p);
    commit_batch(l, b);
    batch_free(b);
}

/* A line of a container is an event; of another log it is a record. */
static void commit_joined(struct logs *l, const struct container_line *whole,
                          struct arena *arena)
{
    if (l->item->role == ROLE_CONTAINER_LOG || whole->exported) {
        commit_whole_line(l, whole, arena);
        return;
    }
    text_clear(&l->joined);
    parts_text(whole, &l->joined);
    struct piece p = piece_of(text_bytes(&l->joined), l->joined.n, whole->offset);
    p.length = whole->length;
    p.fault = whole->partial ? FAULT_TRUNCATED : FAULT_NONE;
    commit_record(l, &p);
}

static void commit_batch(struct logs *l, struct batch *b)
{
    struct container_line whole;
    l->serial.batch = b;
    for (struct batch_event *e = b->first; e; e = e->next)
        commit_event(l, e);
    for (struct batch_line *line = b->first_line; line; line = line->next) {
        if (container_join_next(&l->join, &line->line, &whole))
            commit_joined(l, &whole, &b->arena);
    }
    coverage_append(coverage_of(l->coverage, l->item), &b->coverage);
}

/* -- items --------------------------------------------------------------------------- */

/* A log that was put into the package without saying whose it is belongs to the pod that
 * the package is about. */
static struct container_log_place place_of_log(const struct logs *l)
{
    struct container_log_place place = l->serial.place;
    const struct scope *s = l->analysis->scope;
    if (s && scope_pod(s)->how && !l->of_node && !place.pod.n && !place.pod_uid.n &&
        !place.container_id.n && !place.namespace.n) {
        place.namespace = scope_pod(s)->namespace;
        place.pod = scope_pod(s)->name;
    }
    if (s && place.pod.n && !place.namespace.n &&
        bytes_eq(place.pod, scope_pod(s)->name)) /* the folder told no more */
        place.namespace = scope_pod(s)->namespace;
    return place;
}

static void begin_item(struct logs *l, const struct log_chunk *chunk)
{
    l->item = chunk->item;
    text_clear(&l->path);
    item_path(l->item, &l->path);
    decoder_set_item(&l->serial, l->item, text_bytes(&l->path));
    l->of_node = container_log_is_nodes(text_bytes(&l->path));
    l->place = place_of_log(l);
    bool of_container = l->item->role == ROLE_CONTAINER_LOG;
    l->join = (struct container_join){.limit = of_container ? 0 : LIMIT_LINE};
    l->layout = (struct layout_reader){.each = commit_record, .context = l};
    layout_begin(&l->layout, chunk);
    /* Entries of Loki are handed out as the lines that they hold. */
    l->serial.exported =
        of_container && l->layout.layout != LAYOUT_LINES && !l->layout.json.streams;
}

static void end_item(struct logs *l)
{
    struct container_line whole;
    struct arena arena = ARENA_INIT;
    while (container_join_end(&l->join, &whole))
        commit_joined(l, &whole, &arena);
    container_join_release(&l->join);
    arena_release(&arena);
    layout_end(&l->layout);
}

/* What another tool wrote is told by its beginning, and not read. */
static void tell_foreign(struct logs *l, const struct log_chunk *chunk)
{
    if (chunk->first)
        coverage_of(l->coverage, chunk->item)->looks_like = foreign_log(chunk->text);
    batch_free(chunk->batch);
}

static void commit_chunk(void *context, struct log_chunk *chunk)
{
    struct logs *l = context;
    struct batch *b = chunk->batch;
    if (chunk->item->role == ROLE_FOREIGN_LOG) {
        tell_foreign(l, chunk);
        return;
    }
    if (chunk->first)
        begin_item(l, chunk);
    if (l->layout.layout != LAYOUT_LINES) {
        layout_feed(&l->layout, chunk->text);
    } else {
        /* What only looked like the inside of a value is decoded here. */
        l->serial.batch = b;
        if (b->not_lines)
            decode_lines(&l->serial, chunk->text, chunk->offset);
        commit_batch(l, b);
    }
    if (chunk->last)
        end_item(l);
    batch_free(b);
}

int logs_analyze(struct analysis *a, struct coverage *coverage)
{
    struct logs l = {.analysis = a,
                     .coverage = coverage,
                     .pool = reader_pool_new(),
                     .made = scope_pod_made(a->scope)};
    l.serial.analysis = a;
    l.serial.readers = readers_take(l.pool);
    l.serial.readers->runtime.near = l.made;
    struct log_visitor visitor = {&l, decode_chunk, commit_chunk};
    int r = logs_stream(a->package, a->walk, &visitor);
    readers_give(l.pool, l.serial.readers);
    reader_pool_free(l.pool);
    text_release(&l.path);
    text_release(&l.joined);
    return r ? r : l.error;
}
