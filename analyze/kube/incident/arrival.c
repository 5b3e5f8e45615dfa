/* Pods that a kubelet took in, of which the API server's log does not show who made them:
 * they came in a gap of that log, or past it. */
#include <stdlib.h>

#include "analyze/kube/incident/incident.h"
#include "formats/base/bisect.h"
#include "formats/base/limits.h"

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

/* What the runtimes say of a pod's sandbox when it is there. A later attempt is of a pod
 * that was there before. */
static bool has_sandbox(struct bytes message, bool *perhaps_again)
{
    *perhaps_again = bytes_contains(message, BYTES("Ran pod sandbox "));
    return *perhaps_again ||
           (bytes_contains(message, BYTES("RunPodSandbox for &PodSandboxMetadata{")) &&
            bytes_contains(message, BYTES("Attempt:0,")) &&
            bytes_contains(message, BYTES("returns sandbox id")));
}

void kube_observe_arrival(struct scope *s, const struct event *e)
{
    struct bytes named = arrived(e->message), namespace;
    struct arrival a = {.time = e->time, .span = e->span};
    if (bytes_split(&named, '/', &namespace)) {
        a.namespace = namespace;
        a.pod = named;
    } else if (has_sandbox(e->message, &a.perhaps_again)) {
        a.namespace = event_get(e, "namespace");
        a.pod = event_get(e, "pod");
    }
    if (!s || !a.pod.n || s->arrivals.n >= LIMIT_KUBE_ARRIVALS || e->time == INSTANT_NONE)
        return;
    a.namespace = arena_copy(&s->arena, a.namespace);
    a.pod = arena_copy(&s->arena, a.pod);
    struct arrival *kept = arena_new(&s->arena, struct arrival);
    *kept = a;
    list_add(&s->arrivals, kept);
}

/* What the log's requests tell of pods: their names, and the makings without one, as of
 * controllers where bodies are not recorded. */
struct told {
    struct intern *names;
    struct list makers;   /* const struct request *: by number of the name, or NULL */
    struct list nameless; /* const struct request *, in order of time */
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
        struct request *r = s->requests.v[i];
        if (r->folded || !bytes_is(r->resource, "pods"))
            continue;
        bool makes =
            bytes_is(r->verb, "create") && !r->subresource.n && request_succeeded(r);
        uint32_t number =
            r->name.n ? intern_put(t.names, key_of(&key, r->namespace, r->name)) : 0;
        if (!r->name.n && makes)
            list_add(&t.nameless, r);
        else if (r->name.n && number == t.makers.n)
            list_add(&t.makers, makes ? r : NULL);
        else if (r->name.n && makes)
            t.makers.v[number] = r;
    }
    text_release(&key);
    return t;
}

/* The making without a name that is the nearest before the node had the pod, else the
 * next. */
static const struct request *nameless_maker(const struct told *t, const struct arrival *a)
{
    const struct request *maker = NULL;
    size_t low;
    BISECT(low, 0, t->nameless.n,
           ((const struct request *)t->nameless.v[low])->time <
               instant_after(a->time, -UNTIL_NODE));
    for (size_t i = low; i < t->nameless.n; i++) {
        const struct request *r = t->nameless.v[i];
        if (r->time > instant_after(a->time, UNTIL_NODE) || (maker && r->time > a->time))
            break;
        if (bytes_eq(r->namespace, a->namespace))
            maker = r;
    }
    return maker;
}

static void find_maker(const struct told *t, struct arrival *a)
{
    struct text key = {0};
    uint32_t number;
    a->told = intern_find(t->names, key_of(&key, a->namespace, a->pod), &number);
    a->maker = a->told ? t->makers.v[number] : nameless_maker(t, a);
    a->told |= a->maker != NULL;
    text_release(&key);
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

static void tell_arrival(struct scope *s, const struct arrival *a)
{
    struct text name = {0};
    name_object(&name, a->namespace, a->pod);
    struct finding f =
        kube_finding(KUBE_ARRIVED, arena_copy(&s->arena, text_bytes(&name)), a->span);
    text_release(&name);
    f.time = a->time;
    f.confidence = CONFIDENCE_MEDIUM;
    kube_found(s, &f);
}

void incident_arrivals(struct incident *in)
{
    struct scope *s = in->scope;
    struct told told = told_of(s);
    struct intern *seen = intern_new(); /* kubelet and runtime speak of one pod */
    struct text key = {0};
    bool logged = in->first_sign != INSTANT_NONE && makings_are_logged(s);
    for (size_t i = 0; i < s->arrivals.n; i++) {
        struct arrival *a = s->arrivals.v[i];
        instant placed = incident_place(in, EVENT_RUNTIME_EVENT, &a->span, a->time);
        size_t known = intern_count(seen);
        find_maker(&told, a);
        if (!logged || placed < instant_after(in->first_placed, -BEFORE) ||
            placed < s->audit_first || placed > s->audit_last || a->told ||
            a->perhaps_again ||
            intern_put(seen, key_of(&key, a->namespace, a->pod)) < known)
            continue;
        tell_arrival(s, a);
    }
    text_release(&key);
    intern_free(seen);
    intern_free(told.names);
    free(told.makers.v);
    free(told.nameless.v);
}
