/* The part of the scope that does not change, and the tests over it. */
#include "analyze/kube/journal.h"
#include "formats/base/limits.h"

instant scope_pod_made(const struct scope *s)
{
    return s && s->manifest_object.k ? s->manifest_object.k->created : INSTANT_NONE;
}

const struct scope_pod *scope_pod(const struct scope *s)
{
    return &s->pod;
}

uint64_t scope_repeated(const struct scope *s)
{
    return s ? s->repeated : 0;
}

bool scope_is_pod(const struct scope *s, struct bytes namespace, struct bytes pod)
{
    return pod.n && bytes_eq(pod, s->pod.name) &&
           (namespace.n == 0 || s->pod.namespace.n == 0 ||
            bytes_eq(namespace, s->pod.namespace));
}

bool scope_is_pod_uid(const struct scope *s, struct bytes uid)
{
    return uid.n && bytes_eq(uid, s->pod.uid);
}

/* "containerd://820eca…" without the runtime. */
static struct bytes bare_id(struct bytes id)
{
    size_t at = bytes_find(id, BYTES("://"));
    return at < id.n ? bytes_from(id, at + 3) : id;
}

/* Docker, containerd and Falco cut ids to 12 digits; a shorter one proves nothing. */
#define SHORT_ID 12

static bool same_id(struct bytes a, struct bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    return n >= SHORT_ID && bytes_eq(bytes_sub(a, 0, n), bytes_sub(b, 0, n));
}

bool scope_is_container(const struct scope *s, struct bytes id)
{
    id = bare_id(id);
    for (size_t i = 0; i < s->pod.container_count; i++) {
        if (same_id(s->pod.containers[i].id, id))
            return true;
    }
    return false;
}

static bool is_learnt(const struct scope *s, struct bytes id)
{
    for (size_t i = 0; i < s->learnt.n; i++) {
        const struct scope_container *c = s->learnt.v[i];
        if (same_id(c->id, id))
            return true;
    }
    return false;
}

static void learn(struct scope *s, struct bytes id, struct bytes name)
{
    if (id.n < SHORT_ID || s->learnt.n == LIMIT_KUBE_LEARNT || is_learnt(s, id) ||
        scope_is_container(s, id))
        return;
    struct scope_container *c = arena_new(&s->arena, struct scope_container);
    c->id = arena_copy(&s->arena, id);
    c->name = arena_copy(&s->arena, name);
    list_add(&s->learnt, c);
}

bool kube_in_scope(const struct scope *s, const struct kube_place *place)
{
    if (!s)
        return false;
    if (scope_is_pod(s, place->namespace, place->pod) ||
        scope_is_pod_uid(s, place->pod_uid) || scope_is_container(s, place->container_id))
        return true;
    if (bytes_is(place->kind, "Node"))
        return place->name.n && bytes_eq(place->name, s->pod.node);
    if (bytes_is(place->kind, "Pod"))
        return scope_is_pod(s, place->namespace, place->name);
    bool owner = place->name.n && bytes_eq(place->kind, s->pod.owner_kind) &&
                 bytes_eq(place->name, s->pod.owner_name);
    return owner && bytes_eq(place->namespace, s->pod.namespace);
}

bool kube_observe_place(struct scope *s, const struct kube_place *place)
{
    if (!s)
        return false;
    struct bytes container = bare_id(place->container_id);
    struct bytes sandbox = bare_id(place->sandbox_id);
    if (!kube_in_scope(s, place) && !is_learnt(s, container) && !is_learnt(s, sandbox))
        return false;
    learn(s, container, place->container);
    learn(s, sandbox, BYTES_NONE);
    return true;
}
