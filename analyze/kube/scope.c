/* The part of the scope that does not change, and the tests over it. */
#include "analyze/kube/journal.h"

const struct scope_pod *scope_pod(const struct scope *s)
{
    return &s->pod;
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

bool scope_is_container(const struct scope *s, struct bytes id)
{
    id = bare_id(id);
    for (size_t i = 0; id.n >= SHORT_ID && i < s->pod.container_count; i++) {
        struct bytes own = s->pod.containers[i].id;
        size_t n = own.n < id.n ? own.n : id.n;
        if (n >= SHORT_ID && bytes_eq(bytes_sub(own, 0, n), bytes_sub(id, 0, n)))
            return true;
    }
    return false;
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
