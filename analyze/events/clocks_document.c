/* The document "clocks". Durations are seconds with nine digits; an offset is how far the
 * second clock is ahead of the first. */
#include "analyze/casefile/casefile.h"
#include "analyze/events/clocks_private.h"
#include "analyze/evidence_json.h"

#include <math.h>
#include <stdlib.h>

static json_t *seconds(int64_t nanoseconds)
{
    uint64_t n = nanoseconds < 0 ? 0 - (uint64_t)nanoseconds : (uint64_t)nanoseconds;
    char text[40];
    snprintf(text, sizeof text, "%s%llu.%09llu", nanoseconds < 0 ? "-" : "",
             (unsigned long long)(n / NANOSECONDS),
             (unsigned long long)(n % NANOSECONDS));
    return json_string(text);
}

static json_t *millionths(double drift)
{
    char text[40];
    snprintf(text, sizeof text, "%.1f", drift * 1e6);
    return json_string(text);
}

static void put_source(json_t *o, const char *key, const struct clock_source *s)
{
    struct text path = {0};
    if (s->item)
        item_path(s->item, &path);
    else
        text_str(&path, "times in Kubernetes objects");
    json_object_set_new(o, key, json_evidence(text_bytes(&path)));
    text_release(&path);
}

static const char *why_not_bounded(const struct comparison *x)
{
    if (!x->fit.bounded)
        return clock_bounds_contradict(&x->bounds)
                   ? "what must have come first stands later: the clocks contradict each "
                     "other, by how much is not known"
                   : "nothing contradicts, and no act that both recorded shows more";
    if (clock_bounds_contradict(&x->bounds))
        return NULL;
    return "nothing contradicts that the clocks agree";
}

static const char *why_not(const struct comparison *x)
{
    const struct clock_fit *f = &x->fit;
    if (x->bounds.at_least || x->bounds.at_most)
        return why_not_bounded(x);
    if (f->pairs < 3)
        return "too few pairs to move anything by";
    if (!clock_fit_is_known(f))
        return "other pairs speak as clearly for another offset";
    if (!clock_fit_differs(f))
        return "the clocks agree: what is left is uncertainty, and the time that "
               "recording takes";
    return NULL;
}

static json_t *example(const struct clocks *c, const struct casefile *casefile,
                       const struct match *m)
{
    const struct taken_clue *a = &c->clues[m->a], *b = &c->clues[m->b];
    const struct clock_moment *moments[] = {&a->moment, &b->moment};
    json_t *o = json_object(), *spans = json_array();
    char when[INSTANT_TEXT];
    json_object_set_new(o, "by", json_string(clue_name(clue_kind_of(c, a))));
    for (size_t i = 0; i < 2; i++) {
        json_object_set_new(
            o, i ? "second_time" : "first_time",
            json_string(instant_format(moments[i]->time, moments[i]->precision, when)));
        json_array_append_new(spans, case_span(casefile, moments[i]->span));
    }
    json_object_set_new(o, "difference",
                        seconds(instant_apart(b->moment.time, a->moment.time)));
    json_object_set_new(o, "spans", spans);
    return o;
}

static json_t *comparison(const struct clocks *c, const struct casefile *casefile,
                          const struct comparison *x)
{
    json_t *o = json_object(), *examples = json_array();
    const char *why = why_not(x);
    put_source(o, "first", &c->sources[x->a]);
    put_source(o, "second", &c->sources[x->b]);
    json_object_set_new(o, "pairs", json_integer((json_int_t)x->fit.pairs));
    if (x->fit.pairs || x->fit.bounded) {
        json_object_set_new(o, "offset_seconds", seconds(x->fit.offset));
        json_object_set_new(o, "uncertainty_seconds", seconds(x->fit.uncertainty));
    }
    if (x->bounds.at_least)
        json_object_set_new(o, "at_least_seconds", seconds(x->bounds.least));
    if (x->bounds.at_most)
        json_object_set_new(o, "at_most_seconds", seconds(x->bounds.most));
    if (x->fit.drift != 0) {
        char at[INSTANT_TEXT];
        json_object_set_new(o, "drift_ppm", millionths(x->fit.drift));
        json_object_set_new(o, "drift_uncertainty_ppm",
                            millionths(x->fit.drift_uncertainty));
        json_object_set_new(
            o, "offset_at",
            json_string(instant_format(x->fit.at, PRECISION_MICROSECOND, at)));
    }
    json_object_set_new(o, "differs", json_boolean(!why));
    if (why)
        json_object_set_new(o, "why", json_string(why));
    for (size_t i = 0; i < x->example_count; i++)
        json_array_append_new(examples, example(c, casefile, &x->examples[i]));
    json_object_set_new(o, "examples", examples);
    return o;
}

/* Is there any act that it and another source both recorded? */
static bool shares_acts(const struct clocks *c, const struct clock_source *s)
{
    bool shares = false;
    for (size_t i = 0; i < c->comparison_count && !shares; i++) {
        const struct comparison *x = &c->comparisons[i];
        shares = x->fit.pairs && (s == &c->sources[x->a] || s == &c->sources[x->b]);
    }
    return shares;
}

static const char *standing(const struct clocks *c, const struct clock_source *s)
{
    if (s->reference)
        return s->compared ? "reference of those that are compared with it"
                           : "reference of a group that was not compared with the "
                             "first reference";
    if (!s->via)
        return shares_acts(c, s)
                   ? "clock not compared: too few acts that it and another source both "
                     "recorded, or they speak for several offsets"
                   : "clock not compared: no act of it is known to stand in another "
                     "source: no request id, command, object, container or file";
    return s->applied ? "differs: its events are ordered by the reference"
                      : "agrees with the reference";
}

static const struct clock_source *next_on_way(const struct clocks *c,
                                              const struct clock_source *s)
{
    return &c->sources[s == &c->sources[s->via->a] ? s->via->b : s->via->a];
}

/* The end of the way that clocks_place goes. */
static const struct clock_source *reference_of(const struct clocks *c,
                                               const struct clock_source *s)
{
    while (s->via)
        s = next_on_way(c, s);
    return s;
}

/* Of all steps on the way to the reference. */
static int64_t uncertainty_of(const struct clocks *c, const struct clock_source *s)
{
    int64_t all = 0;
    for (; s->via; s = next_on_way(c, s))
        if (__builtin_add_overflow(all, s->via->fit.uncertainty, &all))
            return INT64_MAX;
    return all;
}

/* How far a source is ahead of the reference at the middle of what was compared. */
static void put_offset(json_t *o, const struct clocks *c, const struct clock_source *s)
{
    if (!s->via)
        return;
    const struct clock_fit *f = &s->via->fit;
    enum event_kind kind = s->item ? s->kind : EVENT_OBJECT_TIME;
    instant own = f->at + (s == &c->sources[s->via->b] ? f->offset : 0);
    instant placed = clocks_place(c, kind, s->item, own);
    put_source(o, "reference", reference_of(c, s));
    json_object_set_new(o, "ahead_seconds", seconds(own - placed));
    json_object_set_new(o, "uncertainty_seconds", seconds(uncertainty_of(c, s)));
}

/* -- doubts ---------------------------------------------------------------------------
 */

static void add_name(struct text *t, const struct clock_source *s)
{
    if (s->item)
        item_path(s->item, t);
    else
        text_str(t, "the Kubernetes objects");
}

static const struct clock_source *first_reference(const struct clocks *c)
{
    for (size_t i = 0; i < c->source_count; i++)
        if (c->sources[i].compared && !c->sources[i].via)
            return &c->sources[i];
    return NULL;
}

/* More are not named one by one. */
#define DOUBTS_NAMED 8

/* Whether those that were not compared with the first reference agree with it. */
static bool ask_uncompared(const struct clocks *c, struct text *t)
{
    size_t n = 0;
    text_str(t, "Do the clocks agree? ");
    for (size_t i = 0; i < c->source_count; i++) {
        if (c->sources[i].compared || n++ >= DOUBTS_NAMED)
            continue;
        text_str(t, n > 1 ? ", " : "");
        add_name(t, &c->sources[i]);
    }
    if (n > DOUBTS_NAMED)
        text_printf(t, " and %zu more", n - DOUBTS_NAMED);
    text_str(t, " could not be compared with ");
    if (n)
        add_name(t, first_reference(c));
    text_str(t, ": too few acts show in both, and the order between them rests on what "
                "each states.");
    return n > 0;
}

static void name_both(const struct clocks *c, const struct comparison *x, struct text *t)
{
    add_name(t, &c->sources[x->a]);
    text_str(t, " and ");
    add_name(t, &c->sources[x->b]);
}

/* What must have come first stands later, and nothing shows by how much the clocks
 * differ. */
static void ask_contradiction(const struct clocks *c, const struct comparison *x,
                              struct text *t)
{
    const struct clock_bounds *b = &x->bounds;
    int64_t least = b->at_least && b->least > 0 ? b->least : -b->most;
    text_str(t, "Which clock is right? By what must have come first, ");
    name_both(c, x, t);
    text_printf(t,
                " differ by at least %lld seconds; the order between them rests on what "
                "each states.",
                (long long)(least / NANOSECONDS));
}

/* It is known by how much, but only so far. */
static void ask_order(const struct clocks *c, const struct comparison *x, struct text *t)
{
    text_str(t, "What came first where acts lie close together? The clocks of ");
    name_both(c, x, t);
    text_printf(t,
                " differ, by what must have come first by %lld seconds, give or take "
                "%lld.%lld: their order is known no better.",
                (long long)(llabs(x->fit.offset) / NANOSECONDS),
                (long long)(x->fit.uncertainty / NANOSECONDS),
                (long long)(x->fit.uncertainty % NANOSECONDS / (NANOSECONDS / 10)));
}

static bool ask_bounds(const struct clocks *c, const struct comparison *x, struct text *t)
{
    bool known = c->sources[x->a].compared && c->sources[x->b].compared;
    bool used = c->sources[x->a].via == x || c->sources[x->b].via == x;
    if (!clock_bounds_contradict(&x->bounds) || (known && !used))
        return false;
    if (x->fit.bounded)
        ask_order(c, x, t);
    else
        ask_contradiction(c, x, t);
    return true;
}

void clocks_doubts(const struct clocks *c, clock_doubt_fn *each, void *context)
{
    struct text t = {0};
    if (!c)
        return;
    if (ask_uncompared(c, &t))
        each(context, text_bytes(&t), (struct span){0});
    for (size_t i = 0; i < c->comparison_count; i++) {
        const struct comparison *x = &c->comparisons[i];
        text_clear(&t);
        if (ask_bounds(c, x, &t))
            each(context, text_bytes(&t),
                 x->example_count ? c->clues[x->examples[0].a].moment.span
                                  : (struct span){0});
    }
    text_release(&t);
}

json_t *clocks_document(const struct clocks *c, const struct casefile *casefile)
{
    json_t *o = json_object(), *sources = json_array(), *list = json_array();
    json_object_set_new(o, "schema", json_string("exhibit/clocks/1"));
    for (size_t i = 0; i < c->source_count; i++) {
        const struct clock_source *s = &c->sources[i];
        json_t *one = json_object();
        put_source(one, "source", s);
        json_object_set_new(one, "kind", json_string(event_kind_source(s->kind)));
        json_object_set_new(one, "events", json_integer((json_int_t)s->events));
        json_object_set_new(one, "clock", json_string(standing(c, s)));
        json_object_set_new(one, "compared", json_boolean(s->compared));
        json_object_set_new(one, "applied_to_order", json_boolean(s->applied));
        put_offset(one, c, s);
        json_array_append_new(sources, one);
    }
    for (size_t i = 0; i < c->comparison_count; i++)
        json_array_append_new(list, comparison(c, casefile, &c->comparisons[i]));
    json_object_set_new(o, "sources", sources);
    json_object_set_new(o, "comparisons", list);
    if (c->not_taken)
        json_object_set_new(o, "clues_not_looked_at",
                            json_integer((json_int_t)c->not_taken));
    return o;
}
