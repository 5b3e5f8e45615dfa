#include "analyze/kube/group.h"

#include <stdlib.h>

#include "analyze/kube/incident/address.h"
#include "analyze/kube/incident/node.h"
#include "analyze/kube/keyed.h"
#include "analyze/kube/orders.h"
#include "analyze/kube/patterns.h"
#include "formats/base/bisect.h"
#include "formats/base/memory.h"

/* kubectl falls back from WebSocket to SPDY within one round trip or two. */
#define RETRY_WINDOW (5 * NANOSECONDS)
/* The reads that lead up to kubectl's write come just before it. */
#define LEAD_WINDOW (1 * NANOSECONDS)

/* -- folding ------------------------------------------------------------------------ */

static void fold(struct request *into, struct request *part)
{
    part->folded = true;
    into->parts += part->parts;
    for (size_t i = 0; i < part->span_count && into->span_count < REQUEST_SPANS; i++)
        into->spans[into->span_count++] = part->spans[i];
    if (part->time < into->time)
        into->time = part->time;
    if (part->end > into->end)
        into->end = part->end;
}

/* A stage hands over what only it holds. */
static void fold_stage(struct request *into, struct request *part)
{
    struct request *earlier = part;
    fold(into, part);
    if (!into->request) {
        into->request = earlier->request;
        earlier->request = NULL;
    }
    if (!into->response) {
        into->response = earlier->response;
        earlier->response = NULL;
    }
    if (into->name.n == 0)
        into->name = earlier->name;
    if (into->code == 0)
        into->code = earlier->code;
    if (into->command.n == 0)
        into->command = earlier->command;
    into->in_scope |= earlier->in_scope;
    /* The peer of the second server is the first; the client stands in the first's. */
    if (earlier->hops && earlier->hops < into->hops) {
        into->source = earlier->source;
        into->hops = earlier->hops;
    }
}

static int by_audit_id(const struct request *x, const struct request *y)
{
    int order = bytes_compare(x->audit_id, y->audit_id);
    if (order)
        return order;
    if (x->stage != y->stage)
        return x->stage < y->stage ? -1 : 1;
    return moment_compare(x->time, &x->spans[0], y->time, &y->spans[0]);
}

/* The API server hands a request on to the server of that group (OpenShift's, metrics,
 * whatever an APIService names), with its id, and both have it in their logs. */
static bool is_handed_on(const struct request *a, const struct request *b)
{
    int64_t apart = instant_apart(a->time, b->time);
    return bytes_find_byte(a->group, '.') < a->group.n && a->hops != b->hops &&
           apart < RETRY_WINDOW && apart > -RETRY_WINDOW;
}

/* A client may send an audit id of its choice: only the same request is a stage. */
static bool same_request(const struct request *a, const struct request *b)
{
    return a->audit_id.n && bytes_eq(a->audit_id, b->audit_id) &&
           bytes_eq(a->user, b->user) && bytes_eq(a->verb, b->verb) &&
           bytes_eq(a->uri, b->uri) && (a->stage != b->stage || is_handed_on(a, b));
}

/* How the id begins. */
static uint64_t key_of_id(const struct request *r)
{
    uint64_t key = 0;
    for (size_t i = 0; i < sizeof key; i++)
        key = key << 8 | (i < r->audit_id.n ? r->audit_id.p[i] : 0);
    return key;
}

static void fold_stages(struct scope *s)
{
    size_t n = s->requests.n;
    struct keyed *order = memory_new(n + 1, sizeof *order);
    for (size_t i = 0; i < n; i++)
        order[i] = (struct keyed){key_of_id(s->requests.v[i]), s->requests.v[i]};
    keyed_sort(order, n, by_audit_id);
    for (size_t i = 0; i + 1 < n; i++)
        if (same_request(order[i].r, order[i + 1].r))
            fold_stage(order[i + 1].r, order[i].r);
    free(order);
}

static bool same_target(const struct request *a, const struct request *b)
{
    return bytes_eq(a->user, b->user) && bytes_eq(a->resource, b->resource) &&
           bytes_eq(a->namespace, b->namespace) && bytes_eq(a->name, b->name) &&
           bytes_eq(a->subresource, b->subresource);
}

/* The failed attempt before this one, over the other transport. */
static void fold_retry(struct scope *s, size_t at)
{
    struct request *r = s->requests.v[at];
    for (size_t i = at; i > 0; i--) {
        struct request *before = s->requests.v[i - 1];
        if (before->end < instant_after(r->time, -RETRY_WINDOW))
            return;
        if (!before->folded && before->code >= 400 && !request_denied(before) &&
            same_target(before, r) && !bytes_eq(before->verb, r->verb)) {
            fold(r, before);
            return;
        }
    }
}

static bool leads_to(const struct request *read, const struct request *write)
{
    if (!bytes_is(read->verb, "get") || read->subresource.n ||
        !bytes_eq(read->user, write->user) || !bytes_eq(read->agent, write->agent) ||
        bytes_is(read->resource, "secrets") || request_denied(read))
        return false;
    if (bytes_is(read->resource, "namespaces"))
        return write->namespace.n && bytes_eq(read->name, write->namespace);
    return bytes_eq(read->resource, write->resource) &&
           bytes_eq(read->namespace, write->namespace) &&
           bytes_eq(read->name, write->name);
}

static void fold_leads(struct scope *s, size_t at)
{
    struct request *r = s->requests.v[at];
    for (size_t i = at; i > 0; i--) {
        struct request *before = s->requests.v[i - 1];
        if (before->end < instant_after(r->time, -LEAD_WINDOW))
            return;
        if (!before->folded && leads_to(before, r)) {
            instant time = r->time;
            fold(r, before);
            r->time = time; /* the write is when it happened */
        }
    }
}

/* -- causes ------------------------------------------------------------------------- */

/* Created objects in order of kind, namespace, name, time. */
int group_by_object(const struct request *x, const struct request *y)
{
    int order = bytes_compare(x->resource, y->resource);
    if (!order)
        order = bytes_compare(x->namespace, y->namespace);
    if (!order)
        order = bytes_compare(x->name, y->name);
    return order ? order : moment_compare(x->time, &x->spans[0], y->time, &y->spans[0]);
}

/* The same for the same object. */
uint64_t group_key(const struct request *r)
{
    const struct bytes parts[] = {r->resource, r->namespace, r->name};
    return keyed_names(parts, sizeof parts / sizeof *parts);
}

/* "ReplicaSet" owns, "replicasets" is asked for. */
static bool kind_is(struct bytes kind, struct bytes resource)
{
    return resource.n == kind.n + 1 && resource.p[kind.n] == 's' &&
           bytes_eq_nocase(kind, bytes_sub(resource, 0, kind.n));
}

static bool made_owner(const struct request *made, const struct request *r)
{
    return made != r && made->time <= r->time && kind_is(r->owner_kind, made->resource) &&
           bytes_eq(made->name, r->owner_name) && bytes_eq(made->namespace, r->namespace);
}

static const struct request *find_owner(const struct keyed *created, size_t n,
                                        const struct request *r)
{
    const struct request *best = NULL;
    size_t low;
    struct text resource = {0};
    request_owner_resource(r, &resource);
    struct request first = {.resource = text_bytes(&resource),
                            .namespace = r->namespace,
                            .name = r->owner_name,
                            .time = INT64_MIN};
    struct keyed wanted = {group_key(&first), &first};
    BISECT(low, 0, n, keyed_compare(&created[low], &wanted, group_by_object) < 0);
    for (; low < n && made_owner(created[low].r, r); low++)
        best = created[low].r;
    text_release(&resource);
    return best;
}

static bool makes_object(const struct request *r)
{
    return !r->folded && r->name.n && request_writes(r) && request_succeeded(r) &&
           r->subresource.n == 0 && !bytes_starts(r->verb, BYTES("delete"));
}

static void find_causes(struct scope *s)
{
    struct keyed *created = memory_new(s->requests.n + 1, sizeof *created);
    size_t n = 0;
    for (size_t i = 0; i < s->requests.n; i++) {
        struct request *r = s->requests.v[i];
        if (makes_object(r))
            created[n++] = (struct keyed){group_key(r), r};
    }
    keyed_sort(created, n, group_by_object);
    for (size_t i = 0; i < s->requests.n; i++) {
        struct request *r = s->requests.v[i];
        if (r->owner_name.n && !r->folded && is_control_plane(r->user))
            r->caused = find_owner(created, n, r);
    }
    orders_find(s, created, n);
    free(created);
}

/* CronJob, Job, Pod; Deployment, ReplicaSet, Pod: an owner's owner is at most a few steps
 * away, and a loop cannot arise because causes come earlier. */
const struct request *request_cause(const struct request *r)
{
    for (int i = 0; i < 8 && r->caused; i++)
        r = r->caused;
    return r;
}

/* -- by resource --------------------------------------------------------------------- */

static struct list *written_of(struct scope *s, struct bytes resource)
{
    for (size_t i = 0; i < s->written_count; i++)
        if (bytes_eq(s->written[i].resource, resource))
            return &s->written[i].requests;
    s->written = memory_grow(s->written, &s->written_capacity, s->written_count + 1,
                             sizeof *s->written);
    s->written[s->written_count] = (struct written){.resource = resource};
    return &s->written[s->written_count++].requests;
}

static void sort_by_resource(struct scope *s)
{
    for (size_t i = 0; i < s->requests.n; i++) {
        struct request *r = s->requests.v[i];
        if (!r->folded && r->resource.n && r->subresource.n == 0 && request_writes(r) &&
            request_succeeded(r))
            list_add(written_of(s, r->resource), r);
    }
}

const struct list *scope_written(const struct scope *s, const char *resource)
{
    for (size_t i = 0; i < s->written_count; i++)
        if (bytes_is(s->written[i].resource, resource))
            return &s->written[i].requests;
    return NULL;
}

/* -- all ---------------------------------------------------------------------------- */

void group_requests(struct scope *s)
{
    fold_stages(s);
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || r->time == INSTANT_NONE)
            continue;
        if (request_enters(r))
            fold_retry(s, i);
        else if (request_writes(r))
            fold_leads(s, i);
    }
    find_causes(s);
    sort_by_resource(s);
}

static void replay(struct scope *s)
{
    s->secrets_listed = false;
    for (size_t i = 0; i < s->requests.n; i++) {
        struct request *r = s->requests.v[i];
        if (r->folded)
            continue;
        const struct request *cause = request_cause(r);
        r->in_scope = scope_concerns(s, r) || (cause != r && cause->in_scope);
        if (r->in_scope)
            scope_grow(s, r);
    }
}

/* The pod's own account, and then the accounts that came from the attacker's addresses:
 * what they did counts from their first request on. */
void group_replay(struct scope *s)
{
    size_t own = s->reached.n ? 1 : 0;
    patterns_chain(s);
    addresses_count(s);
    scope_reached_keep(s, own, s->reached.n);
    replay(s);
    size_t before = s->reached.n;
    strangers_find(s);
    addresses_find(s);
    insiders_find(s);
    issuers_find(s);
    nodes_find(s);
    size_t found = s->reached.n - before;
    if (!found)
        return;
    scope_reached_keep(s, own, before);
    replay(s);
}

static int by_place(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    if (x->item->id != y->item->id)
        return x->item->id < y->item->id ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

const struct span *scope_found_late(struct scope *s, size_t *count)
{
    *count = 0;
    if (!s)
        return NULL;
    struct span *spans =
        arena_array(&s->arena, struct span, s->requests.n + s->marks.n + 1);
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->in_scope && !r->stored && !r->folded && r->spans[0].item)
            spans[(*count)++] = r->spans[0];
    }
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (m->kind == EVENT_CLOUD_REQUEST && m->in_scope && !m->stored && m->span.item)
            spans[(*count)++] = m->span;
    }
    qsort(spans, *count, sizeof *spans, by_place);
    return spans;
}
