/* The start: objects, the pod, what it refers to; then the scope is ready for logs. */
#include <stdlib.h>

#include "analyze/kube/clusters.h"
#include "analyze/kube/crowd.h"
#include "analyze/kube/group.h"
#include "analyze/kube/objects/objects.h"
#include "analyze/kube/objects/podspec.h"
#include "analyze/kube/objects/shown.h"
#include "analyze/kube/rates.h"
#include "formats/base/memory.h"

static void refer(void *context, const struct reference *r)
{
    struct scope *s = context;
    if (r->kind != REFERENCE_SECRET && r->kind != REFERENCE_CONFIGMAP)
        return;
    struct bytes *name = arena_new(&s->arena, struct bytes);
    *name = r->name;
    list_add(&s->references, name);
}

void scope_refer(struct scope *s)
{
    if (s->manifest)
        podspec_references(s->manifest, refer, s);
    else
        description_references(s, refer, s);
}

int kube_begin(struct analysis *a)
{
    struct scope *s = memory_new(1, sizeof *s);
    a->scope = s;
    s->analysis = a;
    s->words = intern_new();
    s->audit_first = s->audit_last = INSTANT_NONE;
    objects_read(s);
    pod_find(s);
    scope_refer(s);
    struct reached pod = {.what = s->pod.username,
                          .identity = true,
                          .since = INT64_MIN,
                          .how = "is the account of",
                          .by = s->pod.name,
                          .span = s->pod.span};
    scope_reach(s, &pod);
    return 0;
}

void scope_free(struct scope *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->requests.n; i++)
        request_release_bodies(s->requests.v[i]);
    for (size_t i = 0; i < s->left_out.n; i++)
        request_release_bodies(s->left_out.v[i]);
    for (size_t i = 0; i < s->kobjects.n; i++) {
        kobjects_release(s->kobjects.v[i]);
        free(s->kobjects.v[i]);
    }
    struct list *const lists[] = {&s->kobjects, &s->objects,  &s->references,
                                  &s->requests, &s->alerts,   &s->marks,
                                  &s->reached,  &s->learnt,   &s->connections,
                                  &s->shown,    &s->arrivals, &s->left_out};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        free(lists[i]->v);
    for (size_t i = 0; i < s->written_count; i++)
        free(s->written[i].requests.v);
    free(s->written);
    free(s->patterns);
    free(s->pattern_slots);
    free(s->chains.by);
    free(s->chains.from);
    intern_free(s->shared_addresses);
    free(s->request_slots);
    rates_free(s->rates);
    crowd_free(s->alerts_seen);
    crowd_free(s->marks_seen);
    crowd_free(s->requests_seen);
    shown_free(s->shown_states);
    clusters_free(s->clusters);
    intern_free(s->kept_writes);
    reached_index_release(&s->reached_by);
    intern_free(s->words);
    json_decref(s->described_labels);
    arena_release(&s->arena);
    free(s);
}
