/* Pods that a kubelet took in, of which the API server's log does not show who made them:
 * they came in a gap of that log, or past it. */
#include "analyze/kube/incident/incident.h"

/* The first sign is seldom the first act. */
#define BEFORE (5 * 60 * NANOSECONDS)
/* From the request to the node, with the image of a slow registry. */
#define UNTIL_NODE (10 * 60 * NANOSECONDS)

/* "ns/name" of: "SyncLoop ADD" source="api" pods=["ns/name"]. A kubelet that was started
 * again names all its pods in one line: those are no news. */
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

/* Does that request tell of the pod? A controller's has no name where bodies are not
 * recorded. */
static bool tells_of(const struct request *r, const struct arrival *a)
{
    if (r->folded || !bytes_is(r->resource, "pods") ||
        !bytes_eq(r->namespace, a->namespace) || r->time > a->time + UNTIL_NODE)
        return false;
    bool nameless = !r->name.n && bytes_is(r->verb, "create") && !r->subresource.n &&
                    r->time >= a->time - UNTIL_NODE;
    return nameless || bytes_eq(r->name, a->pod);
}

static bool is_told(const struct scope *s, const struct arrival *a)
{
    bool told = false;
    for (size_t i = 0; i < s->requests.n && !told; i++)
        told = tells_of(s->requests.v[i], a);
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
    for (size_t i = 0; i < s->arrivals.n; i++) {
        const struct arrival *a = s->arrivals.v[i];
        instant placed = incident_place(in, EVENT_RUNTIME_EVENT, &a->span, a->time);
        if (placed < in->first_placed - BEFORE || placed < s->audit_first ||
            placed > s->audit_last || is_told(s, a))
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
}
