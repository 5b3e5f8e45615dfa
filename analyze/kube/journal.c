/* The journal: notes taken in, counted, kept, and put in order at the end. */
#include "analyze/kube/journal.h"

#include <stdlib.h>

#include "analyze/kube/crowd.h"
#include "analyze/kube/keyed.h"
#include "analyze/kube/note.h"
#include "analyze/kube/patterns.h"
#include "analyze/kube/rates.h"
#include "analyze/kube/room.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

void list_add(struct list *l, void *element)
{
    l->v = memory_grow(l->v, &l->capacity, l->n + 1, sizeof *l->v);
    l->v[l->n++] = element;
}

/* The journal's own copy; equal values share it. */
static void settle(struct scope *s, struct bytes *b)
{
    *b = b->n ? intern_get(s->words, intern_put(s->words, *b)) : BYTES_NONE;
}

/* -- taking in ---------------------------------------------------------------------- */

/* `p`: the pattern that it belongs to, or NULL: what that has in words is not looked up
 * again. */
static void settle_request(struct scope *s, struct request *r, const struct pattern *p)
{
    static const struct pattern none;
    const struct pattern *w = p ? p : &none;
    const struct {
        struct bytes *view;
        uint32_t word;
    } patterned[] = {{r->as.n ? &r->as : &r->user, w->user},
                     {&r->verb, w->verb},
                     {&r->namespace, w->namespace},
                     {&r->agent, w->agent},
                     {&r->source, w->source},
                     {&r->reason, w->reason}};
    struct bytes *const views[] = {&r->group,
                                   &r->resource,
                                   &r->subresource,
                                   &r->name,
                                   &r->uri,
                                   &r->decision,
                                   &r->message,
                                   &r->credential,
                                   &r->issued,
                                   &r->from_pod,
                                   &r->owner_kind,
                                   &r->owner_name,
                                   &r->order.namespace,
                                   &r->order.name,
                                   &r->groups,
                                   &r->node,
                                   &r->command,
                                   &r->hooks,
                                   &r->via,
                                   &r->known_as,
                                   &r->login,
                                   r->as.n ? &r->user : &r->as};
    for (size_t i = 0; i < sizeof patterned / sizeof *patterned; i++) {
        if (p && patterned[i].view->n)
            *patterned[i].view = intern_get(s->words, patterned[i].word);
        else
            settle(s, patterned[i].view);
    }
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        settle(s, views[i]);
    r->audit_id = arena_copy(&s->arena, r->audit_id); /* hardly two are equal */
}

/* The same answer again takes no room. */
static void settle_handed(struct scope *s, struct request *r)
{
    uint32_t number;
    bool known = intern_find(s->words, r->handed, &number);
    if (!known && s->handed + r->handed.n > LIMIT_HANDED) {
        r->handed = BYTES_NONE;
        r->handed_whole = false;
        return;
    }
    s->handed += known ? 0 : r->handed.n;
    settle(s, &r->handed);
}

/* Only the record that tells the outcome counts; the other stages are the same request.
 * Shapes without stages have one record for each. */
static bool is_outcome(const struct request *r)
{
    return r->stage == AUDIT_STAGE_RESPONSE_COMPLETE || r->stage == AUDIT_STAGE_UNKNOWN ||
           r->stage == AUDIT_STAGE_PANIC;
}

static void see_time(struct scope *s, const struct request *r)
{
    if (r->time == INSTANT_NONE || r->baseline)
        return;
    if (s->audit_first == INSTANT_NONE || r->time < s->audit_first)
        s->audit_first = r->time;
    if (s->audit_last == INSTANT_NONE || r->end > s->audit_last)
        s->audit_last = r->end;
}

/* -- the same record again: rotated and copied logs overlap -------------------------- */

static bool same_record(const struct request *a, const struct request *b)
{
    return a->time == b->time && a->end == b->end && a->stage == b->stage &&
           bytes_eq(a->audit_id, b->audit_id) && bytes_eq(a->user, b->user) &&
           bytes_eq(a->verb, b->verb) && bytes_eq(a->uri, b->uri);
}

uint64_t journal_hash(const struct request *r)
{
    uint64_t h = (uint64_t)r->time * 1099511628211u ^ (uint64_t)r->end;
    h = bytes_hash(h, r->audit_id);
    return h ^ h >> 29;
}

/* The slot of a kept record that is the same, or the free one where it belongs. */
static struct request_slot *record_slot(struct scope *s, const struct request *r)
{
    size_t mask = s->request_slot_count - 1, at = (size_t)r->hash & mask;
    for (; s->request_slots[at].number; at = (at + 1) & mask) {
        const struct request_slot *slot = &s->request_slots[at];
        if (slot->hash == (uint32_t)(r->hash >> 32) &&
            same_record(s->requests.v[slot->number - 1], r))
            break;
    }
    return &s->request_slots[at];
}

static void enter_record(struct scope *s, const struct request *r, size_t number)
{
    *record_slot(s, r) =
        (struct request_slot){(uint32_t)number, (uint32_t)(r->hash >> 32)};
}

static void grow_record_slots(struct scope *s)
{
    if (s->request_slot_count >= 2 * (s->requests.n + 1))
        return;
    free(s->request_slots);
    s->request_slot_count = s->request_slot_count ? 2 * s->request_slot_count : 1024;
    s->request_slots = memory_new(s->request_slot_count, sizeof *s->request_slots);
    for (size_t i = 0; i < s->requests.n; i++)
        enter_record(s, s->requests.v[i], i + 1);
}

/* Keeps a copy of the request. */
static struct request *keep_request(struct scope *s, struct request *r,
                                    const struct pattern *p)
{
    settle_request(s, r, p);
    settle_handed(s, r);
    struct request *kept = arena_new(&s->arena, struct request);
    *kept = *r;
    list_add(&s->requests, kept);
    enter_record(s, kept, s->requests.n);
    return kept;
}

/* Nodes, people and components have no baseline (baseline.c). */
static void count_rate(struct scope *s, const struct request *r)
{
    struct bytes namespace, name;
    if (service_account_of(request_as(r), &namespace, &name))
        rates_count(&s->rates, intern_put(s->words, request_as(r)), r->time, r->baseline);
}

static bool observe_request(struct scope *s, struct request *r)
{
    if (r->only_counted) {
        patterns_count(s, r);
        request_release_bodies(r);
        return false;
    }
    grow_record_slots(s);
    size_t known = r->audit_id.n ? record_slot(s, r)->number : 0;
    if (known) {
        struct request *kept = s->requests.v[known - 1];
        s->repeated++;
        if (kept->span_count < REQUEST_SPANS)
            kept->spans[kept->span_count++] = r->spans[0];
        request_release_bodies(r);
        return kept->in_scope && kept->copies++ < LIMIT_KUBE_COPIES;
    }
    see_time(s, r);
    struct pattern *pattern = NULL;
    if (is_outcome(r) && r->time != INSTANT_NONE) {
        pattern = patterns_count(s, r);
        count_rate(s, r);
    }
    r->in_scope = !r->baseline && scope_concerns(s, r);
    enum worth worth = room_worth(s, r, pattern);
    if (r->baseline || !room_has(s, worth)) {
        if (!r->baseline)
            room_leave(s, r, pattern);
        request_release_bodies(r);
        return r->in_scope;
    }
    room_take(s, r, worth);
    struct request *kept = keep_request(s, r, pattern);
    kept->stored = kept->in_scope;
    if (kept->in_scope)
        scope_grow(s, kept);
    return kept->in_scope;
}

/* What a rule says of a program in a pod, over and over. */
static bool has_room(struct scope *s, const struct alert *a)
{
    const struct bytes who[] = {a->rule, a->process, a->parent, a->image, a->pod},
                       how[] = {a->command, a->file, a->user, a->peer, a->container_id};
    struct text kind = {0};
    crowd_kind(&kind, who, sizeof who / sizeof *who);
    struct likeness of = {text_bytes(&kind), keyed_names(how, sizeof how / sizeof *how),
                          a->time, a->in_scope};
    bool room =
        crowd_has_room(crowd_count(&s->alerts_seen, &of), s->alerts.n, LIMIT_KUBE_ALERTS);
    text_release(&kind);
    return room;
}

static bool observe_alert(struct scope *s, struct alert *a)
{
    a->in_scope =
        kube_observe_place(s, &(struct kube_place){.namespace = a->namespace,
                                                   .pod = a->pod,
                                                   .container = a->container,
                                                   .container_id = a->container_id});
    if (!has_room(s, a)) {
        s->alerts_left++;
        return a->in_scope;
    }
    struct bytes *const views[] = {
        &a->rule,      &a->container_id, &a->container, &a->image,  &a->namespace,
        &a->pod,       &a->node,         &a->process,   &a->parent, &a->command,
        &a->file,      &a->user,         &a->output,    &a->tags,   &a->peer,
        &a->peer_port, &a->peer_protocol};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        settle(s, views[i]);
    struct alert *kept = arena_new(&s->arena, struct alert);
    *kept = *a;
    list_add(&s->alerts, kept);
    return kept->in_scope;
}

bool kube_observe(struct scope *s, struct kube_note *note)
{
    if (!note)
        return false;
    if (s)
        shown_keep(s, &note->shown);
    if (s && note->type != NOTE_ALERT)
        clusters_see(s, &note->request, &note->cluster);
    if (note->type == NOTE_SHOWN)
        return false;
    if (s && note->type == NOTE_ALERT)
        return observe_alert(s, &note->alert);
    if (s) {
        see_images(s, note);
        return observe_request(s, &note->request);
    }
    if (note->type == NOTE_REQUEST)
        request_release_bodies(&note->request);
    return false;
}

void kube_observe_baseline(struct scope *s, struct kube_note *note)
{
    if (!note)
        return;
    if (s)
        s->baseline_given = true;
    if (note->type != NOTE_REQUEST)
        return;
    note->request.baseline = true;
    kube_observe(s, note);
}

/* -- order -------------------------------------------------------------------------- */

int moment_compare(instant a, const struct span *as, instant b, const struct span *bs)
{
    if (a != b)
        return a < b ? -1 : 1;
    uint32_t ai = as->item ? as->item->id : 0, bi = bs->item ? bs->item->id : 0;
    if (ai != bi)
        return ai < bi ? -1 : 1;
    return as->offset < bs->offset ? -1 : as->offset > bs->offset;
}

static int by_request(const void *a, const void *b)
{
    const struct request *x = *(void *const *)a, *y = *(void *const *)b;
    return moment_compare(x->time, &x->spans[0], y->time, &y->spans[0]);
}

static int by_alert(const void *a, const void *b)
{
    const struct alert *x = *(void *const *)a, *y = *(void *const *)b;
    return moment_compare(x->time, &x->span, y->time, &y->span);
}

static int by_mark(const void *a, const void *b)
{
    const struct mark *x = *(void *const *)a, *y = *(void *const *)b;
    return moment_compare(x->time, &x->span, y->time, &y->span);
}

/* Most logs are in order. */
static bool is_sorted(const struct list *l, int (*compare)(const void *, const void *))
{
    for (size_t i = 1; i < l->n; i++)
        if (compare(&l->v[i - 1], &l->v[i]) > 0)
            return false;
    return true;
}

static void sort(struct list *l, int (*compare)(const void *, const void *))
{
    if (!is_sorted(l, compare))
        qsort(l->v, l->n, sizeof *l->v, compare);
}

void journal_sort(struct scope *s)
{
    sort(&s->requests, by_request);
    sort(&s->alerts, by_alert);
    sort(&s->marks, by_mark);
}
