/* Clocks that share no act: what cannot have come before what.
 *
 * A pod is made before anything runs in it, and asks the API only once a container of it
 * was made. The audit log tells of the first two, the node of the last two; so the one
 * clock can be ahead of the other by so much at most, and by so much at least.
 */
#include "analyze/events/clocks_private.h"

#include <stdlib.h>

/* Bounds that are wider tell nothing of an order. */
#define BOUNDS_WIDE (60 * NANOSECONDS)
/* An event is written so long after what it tells. */
#define BOUNDS_SLACK (NANOSECONDS / 10)
/* A copy of a log whose times are of another zone is that far off at most. */
#define ZONE_EXACT (2 * NANOSECONDS)

static void keep_earliest(struct clock_moment *m, const struct event *e)
{
    if (m->time == INSTANT_NONE || e->time < m->time)
        *m = (struct clock_moment){e->kind, e->time, e->precision, e->span};
}

/* The scheduler and the kubelets of nodes have clocks of their own. */
static bool is_of_pod(const struct event *e)
{
    return e->kind == EVENT_KUBERNETES_EVENT && bytes_starts(e->object, BYTES("Pod "));
}

void clocks_lived(struct clock_source *s, const struct event *e)
{
    if (!e->in_scope)
        return;
    if (e->kind == EVENT_PROCESS_START ||
        (is_of_pod(e) && bytes_is(e->action, "Created")))
        keep_earliest(&s->begun, e);
    if (e->kind == EVENT_PROCESS_START || e->kind == EVENT_LOG_LINE ||
        e->kind == EVENT_RUNTIME_ALERT || is_of_pod(e))
        keep_earliest(&s->lived, e);
}

bool clocks_follow(const struct clocks *c, const struct comparison *x)
{
    const struct clock_source *a = &c->sources[x->a], *b = &c->sources[x->b];
    const int64_t quarter = 15 * 60 * NANOSECONDS, past = llabs(x->fit.offset) % quarter;
    bool logs = a->kind == EVENT_LOG_LINE && b->kind == EVENT_LOG_LINE;
    bool zones = past <= ZONE_EXACT || past >= quarter - ZONE_EXACT;
    return logs && !zones && (a->last < b->first || b->last < a->first);
}

void clocks_bound(struct clocks *c, const struct clock_moment *made,
                  const struct clock_moment *acted)
{
    if (!c)
        return;
    c->made = *made;
    c->acted = acted ? *acted : (struct clock_moment){.time = INSTANT_NONE};
}

bool clock_bounds_contradict(const struct clock_bounds *b)
{
    return (b->at_least && b->least > BOUNDS_SLACK) ||
           (b->at_most && b->most < -BOUNDS_SLACK);
}

/* `later` by one clock less `earlier` by the other, at the most that is stated. */
static bool room(const struct clock_moment *earlier, const struct clock_moment *later,
                 int64_t *out)
{
    return later->time != INSTANT_NONE && earlier->time != INSTANT_NONE &&
           !__builtin_sub_overflow(later->time, earlier->time, out) &&
           !__builtin_add_overflow(*out, precision_width(later->precision), out) &&
           llabs(*out) < INT64_MAX / 4;
}

/* How far the source of containers is ahead of the one that tells of the pod. */
static struct clock_bounds bounds_of(const struct clocks *c, const struct clock_source *s)
{
    struct clock_bounds b = {0};
    int64_t after;
    if (room(&c->made, &s->lived, &after)) {
        b.at_most = true;
        b.most = after;
    }
    if (room(&s->begun, &c->acted, &after)) {
        b.at_least = true;
        b.least = -after;
    }
    return b;
}

static struct clock_bounds turned(struct clock_bounds b)
{
    return (struct clock_bounds){b.at_most, b.at_least, -b.most, -b.least};
}

/* Both bounds, near enough to each other, are as good as an offset. */
static void fit(struct comparison *x, instant at)
{
    const struct clock_bounds *b = &x->bounds;
    x->fit.at = at;
    if (!b->at_least || !b->at_most || b->least > b->most ||
        b->most - b->least > 2 * BOUNDS_WIDE)
        return;
    x->fit.bounded = true;
    if (clock_bounds_contradict(b)) {
        x->fit.offset = b->least + (b->most - b->least) / 2;
        x->fit.uncertainty = (b->most - b->least) / 2;
    } else {
        x->fit.uncertainty =
            llabs(b->least) > llabs(b->most) ? llabs(b->least) : llabs(b->most);
    }
}

static const struct comparison *comparison_of(const struct clocks *c, uint32_t a,
                                              uint32_t b)
{
    for (size_t i = 0; i < c->comparison_count; i++)
        if (c->comparisons[i].a == a && c->comparisons[i].b == b)
            return &c->comparisons[i];
    return NULL;
}

static void compare_bounds(struct clocks *c, uint32_t pod, uint32_t of)
{
    const struct clock_moment lived = c->sources[of].lived, begun = c->sources[of].begun;
    struct clock_bounds b = bounds_of(c, &c->sources[of]);
    struct comparison x = {.a = pod < of ? pod : of, .b = pod < of ? of : pod};
    const struct comparison *known = comparison_of(c, x.a, x.b);
    x.bounds = pod < of ? b : turned(b);
    if ((!b.at_least && !b.at_most) || (known && clock_fit_is_known(&known->fit)))
        return;
    fit(&x, pod < of ? c->made.time : lived.time);
    if (b.at_most)
        clocks_add_example(c, &x, CLUE_MADE, (struct clock_moment[]){c->made, lived});
    if (b.at_least)
        clocks_add_example(c, &x, CLUE_ACTED, (struct clock_moment[]){c->acted, begun});
    clocks_add_comparison(c, &x);
}

void clocks_compare_bounds(struct clocks *c)
{
    uint32_t pod, count = (uint32_t)c->source_count;
    if (!c->made.span.item || !clocks_source_of(c, &c->made, &pod))
        return;
    for (uint32_t i = 0; i < count; i++)
        if (i != pod)
            compare_bounds(c, pod, i);
}
