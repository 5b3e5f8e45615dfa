/* Which images the pod's containers ran, as the API server's log says: the kubelet
 * reports it in the pod's status, and every answer with the pod repeats it. */
#include "analyze/kube/journal.h"
#include "analyze/kube/note.h"

/* -- in the decoder -------------------------------------------------------------------
 */

static void add_image(struct kube_note *n, struct bytes id, struct arena *arena)
{
    bool named = bytes_contains(id, BYTES("sha256:"));
    for (size_t i = 0; i < n->image_count; i++)
        named = named && !bytes_eq(n->images[i], id);
    if (!named || n->image_count == NOTE_IMAGES)
        return;
    n->images[n->image_count++] = arena_copy(arena, id);
}

static void look_in(struct jsonl_value body, struct kube_note *n, struct arena *arena)
{
    struct bytes key;
    struct jsonl_value status;
    struct jsonl_walk w =
        jsonl_members(jsonl_get(jsonl_get(body, "status"), "containerStatuses"));
    while (jsonl_next(&w, &key, &status))
        add_image(n, jsonl_string(jsonl_get(status, "imageID")), arena);
}

void note_images(const struct scope *s, const struct audit_event *e, struct arena *arena,
                 struct kube_note *n)
{
    const struct audit_object *o = &e->object;
    if (!bytes_is(o->resource, "pods") || !scope_is_pod(s, o->namespace, o->name))
        return;
    look_in(e->request_object, n, arena);
    look_in(e->response_object, n, arena);
}

/* -- at the commit --------------------------------------------------------------------
 */

void see_images(struct scope *s, const struct kube_note *n)
{
    for (size_t i = 0; i < n->image_count && !n->request.baseline; i++) {
        size_t known = 0;
        while (known < s->image_count && !bytes_eq(s->images[known].id, n->images[i]))
            known++;
        if (known < s->image_count || s->image_count == SCOPE_IMAGES)
            continue;
        s->images[s->image_count++] = (struct scope_image){
            arena_copy(&s->arena, n->images[i]), n->request.spans[0]};
    }
}

size_t scope_images(const struct scope *s, const struct scope_image **out)
{
    *out = s ? s->images : NULL;
    return s ? s->image_count : 0;
}
