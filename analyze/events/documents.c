/* Documents as sources of events: Kubernetes objects and events, written timelines. */
#include "analyze/events/batch.h"
#include "analyze/events/from.h"
#include "analyze/events/logs.h"
#include "analyze/kube/observe.h"
#include "analyze/zones.h"
#include "formats/events_table.h"

struct documents_run {
    struct analysis *analysis;
    struct coverage *coverage;
    const struct item *item;
    struct coverage_part *part;
    struct arena arena; /* of the item */
    instant since;      /* when the pod was made, or INSTANT_NONE */
    instant printed;    /* when the table of events was, or INSTANT_NONE */
    int error;
};

static void store(struct documents_run *r, const struct event *e)
{
    struct analysis *a = r->analysis;
    coverage_record(r->part, e->time, e->span.offset, e->span.length);
    if (e->in_scope)
        kube_observe_event(a->scope, e, false);
    if (!r->error && analysis_wants_time(a, e))
        r->error = case_event(a->casefile, e);
}

static void note_faults(struct documents_run *r, const struct faults *faults)
{
    for (size_t i = 0; i < faults->n; i++)
        coverage_fault(r->part, faults->v[i], faults->v[i].offset, 1);
}

/* -- Kubernetes ---------------------------------------------------------------------- */

static void on_object_time(void *context, const struct event *e)
{
    struct documents_run *r = context;
    struct event event = *e;
    struct kube_place place = {.namespace = event_get(e, "namespace"),
                               .kind = event_get(e, "kind"),
                               .name = event_get(e, "name")};
    event.in_scope = kube_in_scope(r->analysis->scope, &place);
    /* What other objects tell about the time before the pod is the cluster's history. */
    if (event.in_scope || event.time >= r->since)
        store(r, &event);
}

static void apply_rules(struct documents_run *r, const json_t *object, unsigned missing,
                        const struct event *e)
{
    struct record record = record_of_json(LOG_SOURCE_EVENTS, object);
    record.missing |= missing;
    if (r->analysis->rules_run)
        rules_apply(r->analysis->rules_run, &record, e);
}

static struct event event_of(struct documents_run *r, const struct kevent *k,
                             uint64_t offset, uint64_t length)
{
    struct event e =
        event_from_kevent(k, (struct span){r->item, offset, length}, &r->arena);
    struct kube_place place = {
        .namespace = k->about.namespace, .kind = k->about.kind, .name = k->about.name};
    if (bytes_is(k->about.kind, "Pod")) {
        place.pod = k->about.name;
        place.pod_uid = k->about.uid;
    }
    e.in_scope = kube_in_scope(r->analysis->scope, &place);
    return e;
}

static void read_object(struct documents_run *r, const struct kobject *o)
{
    struct kevent k;
    if (o->partial)
        coverage_place(&r->part->partial, o->offset, o->length,
                       (struct fault){.code = FAULT_TRUNCATED});
    if (!kevent_read(o, &k)) {
        events_from_object(o, r->item, &r->arena, on_object_time, r);
        return;
    }
    struct event e = event_of(r, &k, o->offset, o->length);
    apply_rules(r, o->object, RECORD_WHOLE, &e);
    if (e.time != INSTANT_NONE)
        store(r, &e);
}

static void read_objects(struct documents_run *r)
{
    struct kobjects objects = {0};
    kobjects_read(item_more(r->item)->content, &objects);
    for (size_t i = 0; i < objects.n; i++)
        read_object(r, &objects.v[i]);
    note_faults(r, &objects.faults);
    kobjects_release(&objects);
}

/* -- tables of events ---------------------------------------------------------------- */

/* `kubectl get events` names no namespace unless it is asked for all of them. */
static void fill_namespace(const struct documents_run *r, struct kevent *k)
{
    const struct scope *s = r->analysis->scope;
    if (s && !k->about.namespace.n && bytes_is(k->about.kind, "Pod") &&
        bytes_eq(k->about.name, scope_pod(s)->name))
        k->about.namespace = scope_pod(s)->namespace;
}

/* The scheduler acts when the pod is made. */
static void on_scheduled(void *context, const struct event_row *row)
{
    struct documents_run *r = context;
    struct kevent k = row->event;
    fill_namespace(r, &k);
    bool is_pod = r->analysis->scope && bytes_is(k.about.kind, "Pod") &&
                  scope_is_pod(r->analysis->scope, k.about.namespace, k.about.name);
    if (is_pod && bytes_is(k.reason, "Scheduled") && row->last.told &&
        r->since != INSTANT_NONE && r->printed == INSTANT_NONE)
        r->printed = instant_after(r->since, row->last.age);
}

static enum precision precision_of(const struct event_age *age)
{
    return age->unit <= NANOSECONDS        ? PRECISION_SECOND
           : age->unit <= 60 * NANOSECONDS ? PRECISION_MINUTE
                                           : PRECISION_DAY;
}

static void set(json_t *o, const char *key, struct bytes value)
{
    if (value.n)
        json_object_set_new(o, key, json_stringn_nocheck((const char *)value.p, value.n));
}

/* The event as the API would give it, as far as the row tells it. */
static json_t *object_of(const struct kevent *k)
{
    json_t *o = json_object(), *about = json_object(), *source = json_object();
    set(about, "kind", k->about.kind);
    set(about, "namespace", k->about.namespace);
    set(about, "name", k->about.name);
    set(about, "fieldPath", k->about.field_path);
    set(source, "component", k->component);
    set(source, "host", k->host);
    json_object_set_new(o, "kind", json_string("Event"));
    json_object_set_new(o, "involvedObject", about);
    json_object_set_new(o, "source", source);
    /* A row without a count is not of one event only. */
    if (k->count > 1)
        json_object_set_new(o, "count", json_integer((json_int_t)k->count));
    set(o, "type", k->type);
    set(o, "reason", k->reason);
    set(o, "message", k->message);
    return o;
}

/* What the table does not show is not decidable. */
static void apply_rules_to_row(struct documents_run *r, const struct kevent *k,
                               const struct event *e)
{
    json_t *o = object_of(k);
    apply_rules(r, o, RECORD_TABLE, e);
    json_decref(o);
}

/* What took place lies within a unit of the age before; the later end of it is told. */
static void on_row(void *context, const struct event_row *row)
{
    struct documents_run *r = context;
    struct kevent k = row->event;
    fill_namespace(r, &k);
    k.precision = precision_of(&row->first);
    bool timed = r->printed != INSTANT_NONE && row->last.told;
    k.first =
        timed ? instant_after(r->printed, NANOSECONDS - row->first.age - row->first.unit)
              : INSTANT_NONE;
    k.last = timed ? instant_after(r->printed, -row->last.age) : INSTANT_NONE;
    struct event e = event_of(r, &k, row->offset, row->length);
    apply_rules_to_row(r, &k, &e);
    if (!timed) {
        coverage_record(r->part, INSTANT_NONE, row->offset, row->length);
        return;
    }
    event_field(&e, "age", number_text(&r->arena, row->last.age / NANOSECONDS));
    store(r, &e);
}

static void read_table(struct documents_run *r)
{
    struct bytes text = item_more(r->item)->content;
    r->printed = events_table_printed(text);
    if (r->printed == INSTANT_NONE)
        events_table_read(text, on_scheduled, r);
    events_table_read(text, on_row, r);
}

/* The events at its end: the times of a description are of the object, not of when it was
 * printed. */
static void read_described_events(struct documents_run *r)
{
    struct bytes text = item_more(r->item)->content;
    r->printed = INSTANT_NONE;
    events_table_read(text, on_scheduled, r);
    events_table_read(text, on_row, r);
}

/* -- written timelines --------------------------------------------------------------- */

static void read_timeline(struct documents_run *r)
{
    struct zones zones = {0};
    struct timeline timeline = {0};
    struct timeline_given given = {.near = r->since, .zones = {zones_find, &zones}};
    if (r->analysis->options->zone)
        zones_given(&zones, r->analysis->options->zone, &given.zone);
    timeline_read(item_more(r->item)->content, &given, &timeline);
    for (size_t i = 0; i < timeline.n; i++) {
        const struct timeline_statement *s = &timeline.v[i];
        struct event e =
            event_from_statement(s, (struct span){r->item, s->offset, s->length});
        if (s->time != INSTANT_NONE)
            store(r, &e);
        else /* it has no place on the timeline, and is told with the claims */
            kube_observe_event(r->analysis->scope, &e, false);
    }
    note_faults(r, &timeline.faults);
    timeline_release(&timeline);
    zones_release(&zones);
}

/* -- kubectl describe ---------------------------------------------------------------- */

static void on_described(void *context, const struct describe_time *d)
{
    struct documents_run *r = context;
    struct event e =
        event_from_describe(d, (struct span){r->item, d->offset, d->length}, &r->arena);
    struct kube_place place = {.namespace = d->namespace, .pod = d->name};
    e.in_scope = kube_in_scope(r->analysis->scope, &place);
    store(r, &e);
}

static void read_description(struct documents_run *r)
{
    describe_read(item_more(r->item)->content, on_described, r);
    read_described_events(r);
}

/* -- items --------------------------------------------------------------------------- */

static void read_item(struct documents_run *r, const struct item *item)
{
    switch (item->role) {
    case ROLE_POD_MANIFEST:
    case ROLE_NETWORK_POLICY:
    case ROLE_KUBERNETES_OBJECTS:
    case ROLE_KUBERNETES_EVENTS:
    case ROLE_POD_DESCRIBE:
    case ROLE_WRITTEN_TIMELINE:
        break;
    default:
        return;
    }
    r->item = item;
    r->part = coverage_of(r->coverage, item);
    if (item->role == ROLE_WRITTEN_TIMELINE)
        read_timeline(r);
    else if (item->role == ROLE_POD_DESCRIBE)
        read_description(r);
    else if (item->role == ROLE_KUBERNETES_EVENTS &&
             events_table_probe(item_more(item)->content))
        read_table(r);
    else
        read_objects(r);
    arena_release(&r->arena);
}

int documents_analyze(struct analysis *a, struct coverage *coverage)
{
    struct documents_run r = {
        .analysis = a, .coverage = coverage, .since = scope_pod_made(a->scope)};
    struct item *root = package_root(a->package);
    for (struct item *i = root; i && !r.error; i = item_next(i, root)) {
        if (i->kept && i->entry.type == ENTRY_FILE)
            read_item(&r, i);
    }
    return r.error;
}
