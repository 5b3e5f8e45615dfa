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

static const char *why_not(const struct clock_fit *f)
{
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
    json_object_set_new(o, "difference", seconds(b->moment.time - a->moment.time));
    json_object_set_new(o, "spans", spans);
    return o;
}

static json_t *comparison(const struct clocks *c, const struct casefile *casefile,
                          const struct comparison *x)
{
    json_t *o = json_object(), *examples = json_array();
    const char *why = why_not(&x->fit);
    put_source(o, "first", &c->sources[x->a]);
    put_source(o, "second", &c->sources[x->b]);
    json_object_set_new(o, "pairs", json_integer((json_int_t)x->fit.pairs));
    json_object_set_new(o, "offset_seconds", seconds(x->fit.offset));
    json_object_set_new(o, "uncertainty_seconds", seconds(x->fit.uncertainty));
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

static const char *standing(const struct clock_source *s)
{
    if (s->reference)
        return "reference of those that are compared with it";
    if (!s->via)
        return "not compared: too few acts that it and another source both recorded";
    return s->applied ? "differs: its events are ordered by the reference"
                      : "agrees with the reference";
}

/* The end of the way that clocks_place goes. */
static const struct clock_source *reference_of(const struct clocks *c,
                                               const struct clock_source *s)
{
    while (s->via)
        s = &c->sources[s == &c->sources[s->via->a] ? s->via->b : s->via->a];
    return s;
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
    json_object_set_new(o, "uncertainty_seconds", seconds(f->uncertainty));
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
        json_object_set_new(one, "clock", json_string(standing(s)));
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
