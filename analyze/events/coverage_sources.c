#include "analyze/events/coverage_sources.h"

#include <stdlib.h>

#include "analyze/evidence_json.h"
#include "analyze/kube/audit_policy.h"
#include "analyze/kube/scope.h"
#include "formats/base/memory.h"

struct coverage *coverage_new(void)
{
    return memory_new(1, sizeof(struct coverage));
}

void coverage_free(struct coverage *c)
{
    for (size_t i = 0; c && i < c->n; i++)
        free(c->v[i]);
    if (c)
        free(c->v);
    free(c);
}

struct coverage_part *coverage_of(struct coverage *c, const struct item *item)
{
    /* Items come one after the other. */
    for (size_t i = c->n; i-- > 0;) {
        if (c->v[i]->item == item)
            return &c->v[i]->part;
    }
    c->v = memory_grow(c->v, &c->capacity, c->n + 1, sizeof(struct coverage_source *));
    struct coverage_source *s = memory_new(1, sizeof *s);
    s->item = item;
    coverage_part_init(&s->part);
    c->v[c->n++] = s;
    return &s->part;
}

/* -- coverage.json ------------------------------------------------------------------- */

static json_t *text_json(struct text *t)
{
    json_t *j = json_evidence(text_bytes(t));
    text_release(t);
    return j;
}

static json_t *time_json(instant t)
{
    char buffer[INSTANT_TEXT];
    if (t == INSTANT_NONE)
        return json_null();
    return json_string(instant_format(t, PRECISION_NANOSECOND, buffer));
}

static json_t *count_json(uint64_t n)
{
    return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

static json_t *places_json(const struct coverage_source *s,
                           const struct coverage_places *p, const struct analysis *a)
{
    json_t *array = json_array();
    for (size_t i = 0; i < p->n; i++) {
        struct span span = {s->item, p->v[i].offset, p->v[i].length};
        json_t *one = json_object();
        if (p->v[i].fault.code)
            json_object_set_new(one, "fault",
                                json_string(fault_name(p->v[i].fault.code)));
        json_object_set_new(one, "span", case_span(a->casefile, span));
        json_array_append_new(array, one);
    }
    return array;
}

static json_t *counted_json(const struct coverage_source *s,
                            const struct coverage_places *p, const struct analysis *a)
{
    json_t *o = json_object();
    json_object_set_new(o, "count", count_json(p->n + p->more));
    json_object_set_new(o, "places", places_json(s, p, a));
    return o;
}

static json_t *seconds_json(int64_t span)
{
    return json_real((double)span / NANOSECONDS);
}

static json_t *gap_json(const struct coverage_source *s, const struct coverage_gap *g,
                        const struct analysis *a)
{
    int64_t usual = rhythm_of(&s->part.intervals).usual;
    json_t *o = json_object();
    json_object_set_new(o, "from", time_json(g->from));
    json_object_set_new(o, "to", time_json(g->to));
    json_object_set_new(o, "seconds", json_integer(coverage_silence(g) / NANOSECONDS));
    if (usual > 0)
        json_object_set_new(o, "times_usual", json_integer(coverage_silence(g) / usual));
    json_object_set_new(
        o, "span", case_span(a->casefile, (struct span){s->item, g->offset, g->length}));
    return o;
}

static json_t *gaps_json(const struct coverage_source *s, const struct analysis *a)
{
    int64_t gap_after = rhythm_of(&s->part.intervals).gap_after;
    json_t *array = json_array();
    for (size_t i = 0; gap_after && i < s->part.gap_count; i++) {
        if (coverage_silence(&s->part.gaps[i]) <= gap_after)
            break;
        json_array_append_new(array, gap_json(s, &s->part.gaps[i], a));
    }
    return array;
}

/* null where too few records follow each other. */
static json_t *rhythm_json(const struct coverage_part *p)
{
    struct rhythm r = rhythm_of(&p->intervals);
    if (!r.gap_after)
        return json_null();
    json_t *o = json_object();
    json_object_set_new(o, "intervals", count_json(r.count));
    json_object_set_new(o, "middle_seconds", seconds_json(r.middle));
    json_object_set_new(o, "usual_seconds", seconds_json(r.usual));
    json_object_set_new(o, "repeated_seconds", seconds_json(r.repeated));
    return o;
}

static json_t *levels_json(const struct coverage_part *p)
{
    json_t *o = json_object();
    for (int i = 0; i < COVERAGE_LEVELS; i++) {
        if (p->levels[i])
            json_object_set_new(o, audit_level_name((enum audit_level)i),
                                count_json(p->levels[i]));
    }
    return o;
}

static json_t *stages_json(const struct coverage_part *p)
{
    json_t *o = json_object();
    for (int i = 0; i < COVERAGE_STAGES; i++) {
        if (p->stages[i])
            json_object_set_new(o, audit_stage_name((enum audit_stage)i),
                                count_json(p->stages[i]));
    }
    return o;
}

static json_t *source_json(const struct coverage_source *s, const struct analysis *a)
{
    const struct coverage_part *p = &s->part;
    struct text path = {0};
    item_path(s->item, &path);
    json_t *o = json_object();
    json_object_set_new(o, "item", text_json(&path));
    json_object_set_new(o, "item_id", json_integer(s->item->id));
    json_object_set_new(o, "role", json_string(role_name(s->item->role)));
    if (p->looks_like)
        json_object_set_new(o, "looks_like", json_string(p->looks_like));
    json_object_set_new(o, "records", count_json(p->records));
    json_object_set_new(o, "first", time_json(p->first));
    json_object_set_new(o, "last", time_json(p->last));
    int64_t gap_after = rhythm_of(&p->intervals).gap_after;
    json_object_set_new(o, "rhythm", rhythm_json(p));
    json_object_set_new(o, "silence_is_a_gap_after_seconds",
                        gap_after ? json_integer(gap_after / NANOSECONDS) : json_null());
    json_object_set_new(o, "gaps", gaps_json(s, a));
    json_object_set_new(o, "malformed", counted_json(s, &p->malformed, a));
    json_object_set_new(o, "cut_off", counted_json(s, &p->partial, a));
    json_object_set_new(o, "contradictory", counted_json(s, &p->twice, a));
    json_object_set_new(o, "clock_mismatches", counted_json(s, &p->clocks, a));
    json_object_set_new(o, "drop_notices", counted_json(s, &p->drops, a));
    json_object_set_new(o, "dropped_events", count_json(p->dropped));
    json_object_set_new(o, "other_lines", count_json(p->other));
    json_object_set_new(o, "without_time", count_json(p->undated));
    json_object_set_new(o, "out_of_order", count_json(p->backwards));
    if (s->item->role == ROLE_AUDIT_LOG) {
        json_object_set_new(o, "levels", levels_json(p));
        json_object_set_new(o, "stages", stages_json(p));
        json_object_set_new(o, "with_bodies", count_json(p->bodies));
        json_object_set_new(o, "bodies_removed", count_json(p->bodies_removed));
    }
    return o;
}

json_t *coverage_to_json(const struct coverage *c, const struct analysis *a)
{
    json_t *sources = json_array();
    for (size_t i = 0; i < c->n; i++)
        json_array_append_new(sources, source_json(c->v[i], a));
    json_t *o = json_object();
    json_object_set_new(o, "schema", json_string("exhibit/coverage/1"));
    json_object_set_new(o, "sources", sources);
    json_object_set_new(o, "repeated_audit_records",
                        count_json(scope_repeated(a->scope)));
    json_object_set_new(o, "audit_policy", kube_audit_policy(a->scope));
    json_object_set_new(o, "cannot_answer", coverage_questions(c, a));
    return o;
}
