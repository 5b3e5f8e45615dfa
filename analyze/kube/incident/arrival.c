/* Pods that a kubelet took in, of which the API server's log does not show who made them:
 * they came in a gap of that log, or past it. */
#include <stdlib.h>

#include "analyze/kube/incident/incident.h"

/* The first sign is seldom the first act. */
#define BEFORE (5 * 60 * NANOSECONDS)
/* From the request to the node, with the image of a slow registry. */
#define UNTIL_NODE (10 * 60 * NANOSECONDS)

/* "ns/name" of: "SyncLoop ADD" source="api" pods=["ns/name"]. A kubelet that was
 * started again names all its pods in one line: those are no news. */
static struct bytes arrived(struct bytes message)
{
    struct bytes mark = BYTES("\"SyncLoop ADD\" source=\"api\" pods=[\"");
    size_t at = bytes_find(message, mark);
    struct bytes rest = at < message.n ? bytes_from(message, at + mark.n) : BYTES_NONE;
    size_t n = bytes_find_byte(rest, '"');
    return bytes_starts(bytes_from(rest, n), BYTES("\"]")) ? bytes_sub(rest, 0, n)
                                                           : BYTES_NONE;
}

void kube_observe_arrival(struct scope *s, const struct event *e)
{
    struct bytes pod = arrived(e->message), namespace;
    if (!s || !pod.n || s->arrivals.n >= LIMIT_KUBE_ARRIVALS || e->time == INSTANT_NONE)
        return;
    struct arrival *a = arena_new(&s->arena, struct arrival);
    pod = arena_copy(&s->arena, pod);
    bytes_split(&pod, '/', &namespace);
    *a = (struct arrival){
        .time = e->time, .span = e->span, .namespace = namespace, .pod = pod};
    list_add(&s->arrivals, a);
}

/* What the log's requests tell of pods: their names, and the makings without one, as of
 * controllers where bodies are not recorded. */
struct told {
    struct intern *names;
    struct list nameless; /* const struct request * */
};

static struct bytes key_of(struct text *key, struct bytes namespace, struct bytes pod)
{
    text_clear(key);
    name_object(key, namespace, pod);
    return text_bytes(key);
}

static struct told told_of(const struct scope *s)
{
    struct told t = {.names = intern_new()};
    struct text key = {0};
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !bytes_is(r->resource, "pods"))
            continue;
        if (r->name.n)
            intern_put(t.names, key_of(&key, r->namespace, r->name));
        else if (bytes_is(r->verb, "create") && !r->subresource.n)
            list_add(&t.nameless, s->requests.v[i]);
    }
    text_release(&key);
    return t;
}

static bool is_told(const struct told *t, const struct arrival *a)
{
    struct text key = {0};
    uint32_t number;
    bool told = intern_find(t->names, key_of(&key, a->namespace, a->pod), &number);
    for (size_t i = 0; i < t->nameless.n && !told; i++) {
        const struct request *r = t->nameless.v[i];
        told = bytes_eq(r->namespace, a->namespace) && r->time >= a->time - UNTIL_NODE &&
               r->time <= a->time + UNTIL_NODE;
    }
    text_release(&key);
    return told;
}

/* An audit policy may leave the making of pods out: then the log tells of none. */
static bool makings_are_logged(const struct scope *s)
{
    bool logged = false;
    for (size_t i = 0; i < s->requests.n && !logged; i++) {
        const struct request *r = s->requests.v[i];
        logged = request_is(r, "pods", "") && bytes_is(r->verb, "create") &&
                 request_succeeded(r);
    }
    return logged;
}

void incident_arrivals(struct incident *in)
{
    struct scope *s = in->scope;
    if (in->first_sign == INSTANT_NONE || !s->arrivals.n || !makings_are_logged(s))
        return;
    struct told told = told_of(s);
    for (size_t i = 0; i < s->arrivals.n; i++) {
        const struct arrival *a = s->arrivals.v[i];
        instant placed = incident_place(in, EVENT_RUNTIME_EVENT, &a->span, a->time);
        if (placed < in->first_placed - BEFORE || placed < s->audit_first ||
            placed > s->audit_last || is_told(&told, a))
            continue;
        struct text name = {0};
        name_object(&name, a->namespace, a->pod);
        struct finding f =
            kube_finding(KUBE_ARRIVED, arena_copy(&s->arena, text_bytes(&name)), a->span);
        text_release(&name);
        f.time = a->time;
        f.confidence = CONFIDENCE_MEDIUM;
        kube_found(s, &f);
    }
    intern_free(told.names);
    free(told.nameless.v);
}
