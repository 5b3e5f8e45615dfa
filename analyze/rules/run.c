/* A run: matches become findings; what belongs together becomes one. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/rules/correlate.h"
#include "formats/base/memory.h"

/* What matches of one rule have in common that become one finding. `agent` and `source`
 * belong to it because what a stolen account does stands beside what its owner does. */
struct doing {
    struct bytes actor, action, object, agent, source;
};

struct aggregate {
    const struct rule *rule;
    enum outcome outcome;
    const char *why;
    struct doing what; /* masked */
    instant first, last;
    uint64_t count;
    uint64_t requests[8]; /* the latest, so that stages of one request count once */
    struct span spans[FINDING_SPANS];
    size_t span_count;
    uint64_t more_spans;
};

/* What differs in some name every time would make a finding each time. From here on the
 * matches of a rule, or of all but for the first of each, are only counted together. */
#define LIMIT_RULE_AGGREGATES  10000
#define LIMIT_AGGREGATES       50000
#define LIMIT_FIRST_AGGREGATES 100

/* Of one source: the first gap that was said is told, the others are counted. */
struct gaps {
    struct rules_gap first;
    uint64_t count;
};

struct rules_run {
    const struct rules *rules;
    const struct mask *mask;
    struct arena arena;
    struct aggregate **aggregates; /* in order of first sight */
    size_t count, capacity;
    size_t *rule_counts; /* of aggregates, by the rule's number */
    uint32_t *table;     /* hash table of index + 1 into aggregates */
    size_t table_size;
    struct intern *texts;            /* groups and values of correlations */
    struct occurrences *occurrences; /* of each rule that is a correlation */
    struct gaps gaps[LOG_SOURCE_COUNT];
};

struct rules_run *rules_run_new(const struct rules *r, const struct mask *mask)
{
    struct rules_run *run = memory_new(1, sizeof *run);
    run->rules = r;
    run->mask = mask;
    run->texts = intern_new();
    run->occurrences = memory_new(r->rule_count + 1, sizeof *run->occurrences);
    for (size_t i = 0; i < r->rule_count; i++)
        run->occurrences[i].texts = run->texts;
    run->rule_counts = memory_new(r->rule_count + 1, sizeof *run->rule_counts);
    run->table_size = 1024;
    run->table = memory_new(run->table_size, sizeof *run->table);
    return run;
}

void rules_run_free(struct rules_run *run)
{
    if (!run)
        return;
    for (size_t i = 0; i < run->rules->rule_count; i++)
        free(run->occurrences[i].v);
    free(run->occurrences);
    free(run->aggregates);
    free(run->rule_counts);
    free(run->table);
    intern_free(run->texts);
    arena_release(&run->arena);
    free(run);
}

/* -- what belongs together ----------------------------------------------------------- */

struct key {
    const struct rule *rule;
    enum outcome outcome;
    struct doing what;
};

static uint64_t mix(uint64_t h, struct bytes b)
{
    return bytes_hash(bytes_hash(h, b), BYTES("\xff")); /* "a","bc" is not "ab","c" */
}

static uint64_t key_hash(const struct key *k)
{
    uint64_t h = BYTES_HASH + 2 * k->rule->number + k->outcome;
    const struct doing *w = &k->what;
    h = mix(mix(mix(mix(mix(h, w->actor), w->action), w->object), w->agent), w->source);
    return h ^ h >> 29;
}

static bool same_doing(const struct doing *a, const struct doing *b)
{
    return bytes_eq(a->actor, b->actor) && bytes_eq(a->action, b->action) &&
           bytes_eq(a->object, b->object) && bytes_eq(a->agent, b->agent) &&
           bytes_eq(a->source, b->source);
}

static bool key_is(const struct key *k, const struct aggregate *a)
{
    return a->rule == k->rule && a->outcome == k->outcome &&
           same_doing(&a->what, &k->what);
}

static uint32_t *slot_of(struct rules_run *run, const struct key *k)
{
    size_t at = key_hash(k) & (run->table_size - 1);
    while (run->table[at] && !key_is(k, run->aggregates[run->table[at] - 1]))
        at = (at + 1) & (run->table_size - 1);
    return &run->table[at];
}

static void grow_table(struct rules_run *run)
{
    free(run->table);
    run->table_size *= 2;
    run->table = memory_new(run->table_size, sizeof *run->table);
    for (size_t i = 0; i < run->count; i++) {
        const struct aggregate *a = run->aggregates[i];
        struct key k = {a->rule, a->outcome, a->what};
        *slot_of(run, &k) = (uint32_t)i + 1;
    }
}

static struct aggregate *aggregate_new(struct rules_run *run, const struct key *k)
{
    struct aggregate *a = arena_new(&run->arena, struct aggregate);
    *a = (struct aggregate){.rule = k->rule,
                            .outcome = k->outcome,
                            .what = {arena_copy(&run->arena, k->what.actor),
                                     arena_copy(&run->arena, k->what.action),
                                     arena_copy(&run->arena, k->what.object),
                                     arena_copy(&run->arena, k->what.agent),
                                     arena_copy(&run->arena, k->what.source)},
                            .first = INSTANT_NONE,
                            .last = INSTANT_NONE};
    run->aggregates = memory_grow(run->aggregates, &run->capacity, run->count + 1,
                                  sizeof(struct aggregate *));
    run->aggregates[run->count++] = a;
    run->rule_counts[k->rule->number]++;
    return a;
}

/* May the next match of the rule be told by itself? */
static bool has_room(const struct rules_run *run, const struct rule *rule)
{
    size_t of_rule = run->rule_counts[rule->number];
    return of_rule < LIMIT_FIRST_AGGREGATES ||
           (of_rule < LIMIT_RULE_AGGREGATES && run->count < LIMIT_AGGREGATES);
}

static struct aggregate *aggregate_of(struct rules_run *run, struct key k)
{
    if (k.outcome == OUTCOME_NOT_DECIDABLE)
        k.what = (struct doing){0};
    if (2 * run->count >= run->table_size)
        grow_table(run);
    uint32_t *slot = slot_of(run, &k);
    if (!*slot && !has_room(run, k.rule)) {
        k.what = (struct doing){0};
        slot = slot_of(run, &k);
    }
    if (*slot)
        return run->aggregates[*slot - 1];
    *slot = (uint32_t)run->count + 1;
    return aggregate_new(run, &k);
}

static bool new_request(struct aggregate *a, uint64_t request)
{
    size_t n = sizeof a->requests / sizeof *a->requests;
    for (size_t i = 0; request && i < n; i++)
        if (a->requests[i] == request)
            return false;
    a->requests[a->count % n] = request;
    return true;
}

static void aggregate_add(struct aggregate *a, instant time, struct span span)
{
    if (a->span_count < FINDING_SPANS)
        a->spans[a->span_count++] = span;
    else
        a->more_spans++;
    if (time == INSTANT_NONE)
        return;
    if (a->first == INSTANT_NONE || time < a->first)
        a->first = time;
    if (a->last == INSTANT_NONE || time > a->last)
        a->last = time;
}

/* -- commit ------------------------------------------------------------------------- */

/* The parts of match.keys, one for each feed (match.c wrote them). */
static bool next_keys(struct bytes *keys, bool *member, struct bytes *group,
                      struct bytes *value)
{
    uint64_t group_n, value_n;
    size_t comma = bytes_find_byte(*keys, ','), colon = bytes_find_byte(*keys, ':');
    if (keys->n == 0 || colon == keys->n ||
        !bytes_to_u64(bytes_sub(*keys, 1, comma - 1), &group_n) ||
        !bytes_to_u64(bytes_sub(*keys, comma + 1, colon - comma - 1), &value_n))
        return false;
    *member = keys->p[0] == '+';
    *group = bytes_sub(*keys, colon + 1, (size_t)group_n);
    *value = bytes_sub(*keys, colon + 1 + (size_t)group_n, (size_t)value_n);
    *keys = bytes_from(*keys, colon + 1 + (size_t)group_n + (size_t)value_n);
    return true;
}

static void occurrence_add(struct rules_run *run, const struct compiled *correlation,
                           struct occurrence o)
{
    struct occurrences *to = &run->occurrences[correlation->rule.number];
    if (to->n == LIMIT_OCCURRENCES) {
        to->lost++;
        return;
    }
    to->v = memory_grow(to->v, &to->capacity, to->n + 1, sizeof *to->v);
    to->v[to->n++] = o;
}

static void feed(struct rules_run *run, const struct match *match, instant time,
                 struct span span)
{
    const struct compiled *c = compiled_of(match->rule);
    struct bytes keys = match->keys, group, value;
    bool member;
    for (size_t i = 0; i < c->feed_count; i++) {
        if (!next_keys(&keys, &member, &group, &value))
            return;
        if (!member || time == INSTANT_NONE)
            continue;
        struct occurrence o = {time,
                               match->request,
                               span,
                               intern_put(run->texts, group),
                               intern_put(run->texts, value),
                               (uint32_t)c->feeds[i].position};
        occurrence_add(run, c->feeds[i].correlation, o);
    }
}

static struct bytes masked(const struct rules_run *run, struct bytes b, struct text *room)
{
    mask_text(run->mask, bytes_sub(b, 0, 4096), room);
    return text_bytes(room);
}

void rules_commit(struct rules_run *run, const struct match *match,
                  const struct event *event)
{
    struct text actor = {0}, action = {0}, object = {0}, agent = {0};
    if (match->outcome == OUTCOME_HIT)
        feed(run, match, event->time, event->span);
    if (!match->rule->reported)
        return;
    /* A line of a log is about itself. */
    bool bare = event->actor.n == 0 && event->object.n == 0;
    struct bytes about = bare ? bytes_sub(event->message, 0, 200) : event->object;
    struct key k = {match->rule,
                    match->outcome,
                    {masked(run, event->actor, &actor),
                     masked(run, event->action, &action), masked(run, about, &object),
                     masked(run, event_get(event, "user_agent"), &agent),
                     event_get(event, "source_ip")}};
    struct aggregate *a = aggregate_of(run, k);
    a->why = match->why;
    if (new_request(a, match->request))
        a->count++;
    aggregate_add(a, event->time, event->span);
    text_release(&actor);
    text_release(&action);
    text_release(&object);
    text_release(&agent);
}

struct applying {
    struct rules_run *run;
    const struct event *event;
};

static void apply_match(void *context, const struct match *match)
{
    struct applying *a = context;
    rules_commit(a->run, match, a->event);
}

void rules_apply(struct rules_run *run, const struct record *record,
                 const struct event *event)
{
    struct applying a = {run, event};
    rules_match(run->rules, record, apply_match, &a);
}

void rules_gap(struct rules_run *run, const struct rules_gap *gap)
{
    struct gaps *g = &run->gaps[gap->source];
    if (g->count++ == 0)
        g->first = *gap;
}

/* -- findings ----------------------------------------------------------------------- */

static void add_time(struct finding *f, const char *name, instant t, char *room)
{
    if (t != INSTANT_NONE)
        finding_argument(f, name,
                         bytes_str(instant_format(t, PRECISION_NANOSECOND, room)));
}

static void add_text(struct finding *f, const char *name, struct bytes text)
{
    if (text.n)
        finding_argument(f, name, text);
}

static void tell_aggregate(const struct aggregate *a, struct findings *all)
{
    char count[24], last[INSTANT_TEXT];
    const struct doing *what = &a->what;
    struct bytes subject = what->object.n ? what->object : what->actor;
    struct finding f = finding_of(&a->rule->kind, subject, a->spans[0]);
    for (size_t i = 1; i < a->span_count; i++)
        finding_span(&f, a->spans[i]);
    f.more_spans = a->more_spans;
    f.time = a->first;
    f.confidence = CONFIDENCE_MEDIUM;
    f.not_decidable = a->outcome == OUTCOME_NOT_DECIDABLE;
    if (f.not_decidable) {
        f.confidence = CONFIDENCE_LOW;
        add_text(&f, "why", bytes_str(a->why));
    }
    add_text(&f, "actor", what->actor);
    add_text(&f, "action", what->action);
    add_text(&f, "object", what->object);
    add_text(&f, "agent", what->agent);
    add_text(&f, "source", what->source);
    snprintf(count, sizeof count, "%" PRIu64, a->count);
    add_text(&f, "count", bytes_str(count));
    if (a->last != a->first)
        add_time(&f, "last", a->last, last);
    findings_add(all, &f);
}

struct finishing {
    struct rules_run *run;
    const struct compiled *c;
    struct findings *all;
};

static uint32_t chained_text(struct rules_run *run, struct bytes group,
                             const size_t *parts, size_t n)
{
    struct text t = {0};
    for (size_t i = 0; i < n; i++)
        text_add(&t, group_part(group, parts[i]));
    uint32_t number = intern_put(run->texts, text_bytes(&t));
    text_release(&t);
    return number;
}

static bool asks_presence(const struct correlation *c)
{
    return c->type == CORRELATION_TEMPORAL || c->type == CORRELATION_ORDERED;
}

/* A correlation that holds is an event for the correlations above it: where they count,
 * one at its end; where they ask what was there, also when it began to hold, since what
 * they wait for may happen before it ends. */
static void feed_chain(const struct finishing *f, const struct burst *b)
{
    const struct occurrence *last = b->v[b->n - 1];
    struct text group = {0}; /* a copy: intern_put may move what intern_get gave */
    text_add(&group, intern_get(f->run->texts, b->group));
    for (size_t i = 0; i < f->c->feed_count; i++) {
        const struct compiled *outer = f->c->feeds[i].correlation;
        const struct correlation *c = outer->correlation;
        const struct correlated *how = &c->rules[f->c->feeds[i].position];
        struct occurrence o = {
            last->time,
            0,
            last->span,
            chained_text(f->run, text_bytes(&group), how->group, c->group_count),
            chained_text(f->run, text_bytes(&group), how->values, c->value_count),
            (uint32_t)f->c->feeds[i].position};
        occurrence_add(f->run, outer, o);
        if (b->held == last || !asks_presence(c))
            continue;
        o.time = b->held->time;
        o.span = b->held->span;
        occurrence_add(f->run, outer, o);
    }
    text_release(&group);
}

static void tell_burst(void *context, const struct burst *b)
{
    const struct finishing *of = context;
    char count[24], last[INSTANT_TEXT];
    struct text group = {0}, safe = {0};
    group_readable(intern_get(of->run->texts, b->group), &group);
    struct finding f = finding_of(
        &of->c->rule.kind, masked(of->run, text_bytes(&group), &safe), b->v[0]->span);
    for (size_t i = 1; i < b->n; i++)
        finding_span(&f, b->v[i]->span);
    f.time = b->since->time;
    f.confidence = CONFIDENCE_MEDIUM;
    snprintf(count, sizeof count, "%zu", b->n);
    add_text(&f, "count", bytes_str(count));
    add_time(&f, "last", b->v[b->n - 1]->time, last);
    if (of->c->rule.reported)
        findings_add(of->all, &f);
    feed_chain(of, b);
    text_release(&group);
    text_release(&safe);
}

static void tell_lost(const struct finishing *of, const struct occurrences *o)
{
    char lost[24];
    struct finding f = finding_of(&of->c->rule.kind, BYTES_NONE, o->v[0].span);
    snprintf(lost, sizeof lost, "%" PRIu64, o->lost);
    f.not_decidable = true;
    f.confidence = CONFIDENCE_LOW;
    f.time = o->v[0].time;
    add_text(&f, "why", BYTES("more matches than a correlation can hold"));
    add_text(&f, "not counted", bytes_str(lost));
    findings_add(of->all, &f);
}

static void finish_correlations(struct rules_run *run, struct findings *all, size_t depth,
                                size_t *deepest)
{
    for (size_t i = 0; i < run->rules->rule_count; i++) {
        const struct compiled *c = run->rules->rules[i];
        struct finishing of = {run, c, all};
        if (!c->correlation)
            continue;
        if (c->correlation->depth > *deepest)
            *deepest = c->correlation->depth;
        if (c->correlation->depth != depth)
            continue;
        correlate(c->correlation, &run->occurrences[i], tell_burst, &of);
        if (run->occurrences[i].lost)
            tell_lost(&of, &run->occurrences[i]);
    }
}

static void tell_gaps(const struct gaps *gaps, struct findings *all)
{
    static const struct finding_kind kind = {
        "rules.gap",
        SEVERITY_LOW,
        "The rules saw only a part of this source",
        "",
        "What happened while records are missing was seen by no rule: no finding there "
        "does not mean that nothing happened.",
        "Another copy of the log that covers the time."};
    const struct rules_gap *g = &gaps->first;
    char from[INSTANT_TEXT], to[INSTANT_TEXT], more[24];
    struct finding f = finding_of(&kind, bytes_str(log_source_name(g->source)), g->span);
    f.not_decidable = true;
    f.confidence = CONFIDENCE_HIGH;
    f.time = g->from;
    add_text(&f, "why", bytes_str(g->why));
    add_time(&f, "from", g->from, from);
    add_time(&f, "to", g->to, to);
    snprintf(more, sizeof more, "%" PRIu64, gaps->count - 1);
    if (gaps->count > 1)
        add_text(&f, "more gaps", bytes_str(more));
    findings_add(all, &f);
}

void rules_finish(struct rules_run *run, struct findings *all)
{
    size_t deepest = 1;
    for (size_t i = 0; i < run->count; i++)
        tell_aggregate(run->aggregates[i], all);
    for (size_t depth = 1; depth <= deepest; depth++)
        finish_correlations(run, all, depth, &deepest);
    for (size_t s = 0; s < LOG_SOURCE_COUNT; s++)
        if (run->gaps[s].count)
            tell_gaps(&run->gaps[s], all);
}
