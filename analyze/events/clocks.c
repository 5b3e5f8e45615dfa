#include "analyze/events/clocks_private.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

/* A word that occurs so often tells nothing: its pairs would be its occurrences squared.
 */
#define CLUE_OCCURRENCES 64
/* Lines of one log that are looked for in others: copies are long, and alike from the
 * start. */
#define CLUE_LINES 256
/* Pairs of two sources that are looked at. */
#define COMPARISON_PAIRS 4000

struct clocks *clocks_new(void)
{
    struct clocks *c = memory_new(1, sizeof *c);
    c->words = intern_new();
    intern_put(c->words, BYTES_NONE); /* 0: not told */
    return c;
}

void clocks_free(struct clocks *c)
{
    if (!c)
        return;
    intern_free(c->words);
    free(c->sources);
    free(c->clues);
    free(c->given);
    free(c->comparisons);
    free(c);
}

/* -- sources --------------------------------------------------------------------------
 */

/* What is in a checkpoint or a layer was written by one clock. */
static const struct item *source_item(enum event_kind kind, const struct item *item)
{
    const struct item *outer = item;
    if (kind == EVENT_OBJECT_TIME)
        return NULL;
    for (const struct item *up = item; up && up->parent; up = up->parent)
        if (up->role == ROLE_CRIU_CHECKPOINT || up->role == ROLE_WRITABLE_LAYER)
            outer = up;
    return outer;
}

static bool find_source(const struct clocks *c, const struct item *item, uint32_t *out)
{
    for (uint32_t i = 0; i < c->source_count; i++)
        if (c->sources[i].item == item) {
            *out = i;
            return true;
        }
    return false;
}

static bool source_of(struct clocks *c, enum event_kind kind, const struct item *item,
                      uint32_t *out)
{
    const struct item *of = source_item(kind, item);
    if (find_source(c, of, out))
        return true;
    if (c->source_count == LIMIT_CLOCKS)
        return false;
    c->sources = memory_grow(c->sources, &c->source_capacity, c->source_count + 1,
                             sizeof *c->sources);
    c->sources[c->source_count] = (struct clock_source){.item = of,
                                                        .kind = kind,
                                                        .lived = {.time = INSTANT_NONE},
                                                        .begun = {.time = INSTANT_NONE}};
    *out = (uint32_t)c->source_count++;
    return true;
}

/* -- taking ---------------------------------------------------------------------------
 */

static struct taken_clue *add_clue(struct clocks *c)
{
    if (c->clue_count == LIMIT_CLUES) {
        c->not_taken++;
        return NULL;
    }
    c->clues =
        memory_grow(c->clues, &c->clue_capacity, c->clue_count + 1, sizeof *c->clues);
    return &c->clues[c->clue_count++];
}

struct taking {
    struct clocks *clocks;
    uint32_t source, event;
    struct clock_moment moment;
};

static void take(void *context, const struct clue *clue)
{
    struct taking *t = context;
    struct clocks *c = t->clocks;
    struct text key = {0};
    if (clue->kind == CLUE_LINE && c->sources[t->source].lines++ >= CLUE_LINES)
        return;
    struct taken_clue *k = add_clue(c);
    if (!k)
        return;
    text_byte(&key, (char)('A' + clue->kind));
    text_add(&key, clue->what);
    *k = (struct taken_clue){.key = intern_put(c->words, text_bytes(&key)),
                             .where = intern_put(c->words, clue->where),
                             .source = t->source,
                             .event = t->event,
                             .moment = t->moment};
    text_release(&key);
}

enum clue_kind clue_kind_of(const struct clocks *c, const struct taken_clue *k)
{
    return (enum clue_kind)(intern_get(c->words, k->key).p[0] - 'A');
}

void clocks_observe(struct clocks *c, const struct event *e)
{
    struct taking t = {c, 0, c->events++, {e->kind, e->time, e->precision, e->span}};
    if (e->time == INSTANT_NONE || !source_of(c, e->kind, e->span.item, &t.source))
        return;
    struct clock_source *source = &c->sources[t.source];
    source->first = source->events && source->first < e->time ? source->first : e->time;
    source->last = source->events && source->last > e->time ? source->last : e->time;
    source->events++;
    clocks_lived(&c->sources[t.source], e);
    clues_of(e, take, &t);
}

static bool add_moment(struct clocks *c, const struct clock_moment *m, uint32_t key,
                       uint32_t *out)
{
    uint32_t source;
    struct taken_clue *k =
        source_of(c, m->kind, m->span.item, &source) ? add_clue(c) : NULL;
    if (!k)
        return false;
    *k = (struct taken_clue){
        .key = key, .source = source, .event = c->events++, .moment = *m};
    *out = (uint32_t)(k - c->clues);
    return true;
}

void clocks_pair(struct clocks *c, const struct clock_moment *a,
                 const struct clock_moment *b)
{
    struct match m;
    struct text name = {0};
    if (!c)
        return;
    /* A key of its own, so that it meets nothing else. */
    text_printf(&name, "%c%zu", 'A' + CLUE_STATED, c->given_count);
    uint32_t key = intern_put(c->words, text_bytes(&name));
    text_release(&name);
    if (!add_moment(c, a, key, &m.a) || !add_moment(c, b, key, &m.b) ||
        c->clues[m.a].source == c->clues[m.b].source)
        return;
    if (c->clues[m.a].source > c->clues[m.b].source)
        m = (struct match){m.b, m.a};
    c->given =
        memory_grow(c->given, &c->given_capacity, c->given_count + 1, sizeof *c->given);
    c->given[c->given_count++] = m;
}

bool clocks_add_example(struct clocks *c, struct comparison *x, enum clue_kind kind,
                        const struct clock_moment moments[2])
{
    const char key[] = {(char)('A' + kind), 0};
    uint32_t word = intern_put(c->words, bytes_str(key)), a, b;
    if (x->example_count == COMPARISON_EXAMPLES ||
        !add_moment(c, &moments[0], word, &a) || !add_moment(c, &moments[1], word, &b))
        return false;
    bool turn = c->clues[a].source > c->clues[b].source;
    x->examples[x->example_count++] = (struct match){turn ? b : a, turn ? a : b};
    return true;
}

/* -- pairs ----------------------------------------------------------------------------
 */

struct matches {
    const struct clocks *c;
    struct match *v;
    size_t n, capacity;
};

static void add_match(struct matches *m, uint32_t a, uint32_t b)
{
    m->v = memory_grow(m->v, &m->capacity, m->n + 1, sizeof *m->v);
    m->v[m->n++] = (struct match){a, b};
}

/* Of two logs of one kind each act stands in one alone: what is alike in both was done
 * again, and logs that were rotated are the same clock's. Only what names the act itself
 * counts there, and a line, for logs are copied. */
static bool may_be_one_act(const struct taken_clue *a, const struct taken_clue *b,
                           enum clue_kind by)
{
    return a->moment.kind != b->moment.kind || by == CLUE_REQUEST ||
           by == CLUE_CONTAINER || by == CLUE_LINE;
}

static void match_two(struct matches *m, uint32_t x, uint32_t y)
{
    const struct taken_clue *a = &m->c->clues[x], *b = &m->c->clues[y];
    if (a->source == b->source || (a->where && b->where && a->where != b->where) ||
        !may_be_one_act(a, b, clue_kind_of(m->c, a)))
        return;
    if (a->source < b->source)
        add_match(m, x, y);
    else
        add_match(m, y, x);
}

static int by_key(const void *a, const void *b, void *context)
{
    const struct taken_clue *clues = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    if (clues[x].key != clues[y].key)
        return clues[x].key < clues[y].key ? -1 : 1;
    return x < y ? -1 : 1;
}

/* Every two clues of one key, unless it is a word that stands everywhere. */
static void match_clues(struct matches *m)
{
    const struct clocks *c = m->c;
    uint32_t *order = memory_new(c->clue_count + 1, sizeof *order);
    for (uint32_t i = 0; i < c->clue_count; i++)
        order[i] = i;
    qsort_r(order, c->clue_count, sizeof *order, by_key, c->clues);
    for (size_t from = 0, to; from < c->clue_count; from = to) {
        for (to = from + 1;
             to < c->clue_count && c->clues[order[to]].key == c->clues[order[from]].key;)
            to++;
        bool given = clue_kind_of(c, &c->clues[order[from]]) >= CLUE_STATED;
        if (given || to - from > CLUE_OCCURRENCES)
            continue;
        for (size_t i = from; i < to; i++)
            for (size_t j = i + 1; j < to; j++)
                match_two(m, order[i], order[j]);
    }
    free(order);
}

static int by_sources(const void *a, const void *b, void *context)
{
    const struct taken_clue *clues = context;
    const struct match *x = a, *y = b;
    uint32_t xs[] = {clues[x->a].source, clues[x->b].source, x->a, x->b};
    uint32_t ys[] = {clues[y->a].source, clues[y->b].source, y->a, y->b};
    for (size_t i = 0; i < 4; i++)
        if (xs[i] != ys[i])
            return xs[i] < ys[i] ? -1 : 1;
    return 0;
}

static bool pair_of(const struct clocks *c, const struct match *m, struct clock_pair *out)
{
    const struct clock_moment *a = &c->clues[m->a].moment, *b = &c->clues[m->b].moment;
    int64_t wide_a = precision_width(a->precision),
            wide_b = precision_width(b->precision);
    int64_t difference;
    if (__builtin_sub_overflow(b->time, a->time, &difference) ||
        llabs(difference) > INT64_MAX / 4)
        return false;
    *out = (struct clock_pair){.at = a->time,
                               .difference = difference + (wide_b - wide_a) / 2,
                               .width = (wide_a + wide_b) / 2,
                               .first = c->clues[m->a].event};
    return true;
}

static void add_example(struct comparison *x, const struct match *m)
{
    if (x->example_count < COMPARISON_EXAMPLES)
        x->examples[x->example_count++] = *m;
}

struct comparison *clocks_add_comparison(struct clocks *c, const struct comparison *x)
{
    c->comparisons = memory_grow(c->comparisons, &c->comparison_capacity,
                                 c->comparison_count + 1, sizeof *c->comparisons);
    c->comparisons[c->comparison_count] = *x;
    return &c->comparisons[c->comparison_count++];
}

/* All matches are of the same two sources. */
static void compare(struct clocks *c, const struct match *v, size_t n)
{
    size_t count = 0;
    struct clock_pair *pairs = memory_new(n, sizeof *pairs);
    const struct match **of = memory_new(n, sizeof *of);
    struct comparison x = {.a = c->clues[v->a].source, .b = c->clues[v->b].source};
    for (size_t i = 0; i < n && count < COMPARISON_PAIRS; i++)
        if (pair_of(c, &v[i], &pairs[count]))
            of[count++] = &v[i];
    if (clock_fit(pairs, count, &x.fit) && !clocks_follow(c, &x)) {
        for (size_t i = 0; i < count; i++)
            if (pairs[i].agrees)
                add_example(&x, of[i]);
        clocks_add_comparison(c, &x);
    }
    free(pairs);
    free(of);
}

static void compare_all(struct clocks *c)
{
    struct matches m = {.c = c};
    match_clues(&m);
    for (size_t i = 0; i < c->given_count; i++)
        add_match(&m, c->given[i].a, c->given[i].b);
    if (m.n > 1)
        qsort_r(m.v, m.n, sizeof *m.v, by_sources, c->clues);
    for (size_t from = 0, to; from < m.n; from = to) {
        uint32_t a = c->clues[m.v[from].a].source, b = c->clues[m.v[from].b].source;
        for (to = from; to < m.n && c->clues[m.v[to].a].source == a &&
                        c->clues[m.v[to].b].source == b;)
            to++;
        compare(c, m.v + from, to - from);
    }
    free(m.v);
}

/* -- the way to the reference ---------------------------------------------------------
 */

/* How many others agree with the source about the time. */
static size_t agreeing_with(const struct clocks *c, uint32_t source)
{
    size_t count = 0;
    for (size_t i = 0; i < c->comparison_count; i++) {
        const struct comparison *x = &c->comparisons[i];
        count += (x->a == source || x->b == source) && clock_fit_is_known(&x->fit) &&
                 !clock_fit_differs(&x->fit);
    }
    return count;
}

static bool is_better_reference(const struct clocks *c, uint32_t x, uint32_t y)
{
    const struct clock_source *a = &c->sources[x], *b = &c->sources[y];
    bool audit = a->kind == EVENT_API_REQUEST, other = b->kind == EVENT_API_REQUEST;
    size_t agree_a = agreeing_with(c, x), agree_b = agreeing_with(c, y);
    if (audit != other)
        return audit;
    return agree_a != agree_b ? agree_a > agree_b : a->events > b->events;
}

/* The audit log, else the source with which most agree; of those not reached yet. */
static bool choose_reference(const struct clocks *c, uint32_t *out)
{
    bool found = false;
    for (uint32_t i = 0; i < c->source_count; i++) {
        if (c->sources[i].reached || (found && !is_better_reference(c, i, *out)))
            continue;
        *out = i;
        found = true;
    }
    return found;
}

/* The least uncertain comparison that leads from what is reached to what is not. */
static const struct comparison *next_step(const struct clocks *c)
{
    const struct comparison *best = NULL;
    for (size_t i = 0; i < c->comparison_count; i++) {
        const struct comparison *x = &c->comparisons[i];
        if (c->sources[x->a].reached == c->sources[x->b].reached ||
            !clock_fit_is_known(&x->fit))
            continue;
        if (!best || x->fit.uncertainty < best->fit.uncertainty)
            best = x;
    }
    return best;
}

/* The time that the other source would have stated. */
static instant step(const struct comparison *x, bool to_a, instant time)
{
    instant placed, first = time;
    /* The fit is a function of a's time, which is not known when coming from b. */
    if (to_a && __builtin_sub_overflow(time, x->fit.offset, &first))
        return time;
    int64_t difference = clock_difference(&x->fit, first);
    bool over = to_a ? __builtin_sub_overflow(time, difference, &placed)
                     : __builtin_add_overflow(time, difference, &placed);
    return over ? time : placed;
}

/* Along the comparisons, from a source's time to its reference's. */
static instant go_to_reference(const struct clocks *c, uint32_t at, instant time)
{
    for (const struct comparison *x; (x = c->sources[at].via);) {
        bool to_a = x->b == at;
        time = step(x, to_a, time);
        at = to_a ? x->a : x->b;
    }
    return time;
}

/* What two comparisons on the way take from each other moves nothing. */
static bool is_moved(const struct clocks *c, uint32_t at)
{
    struct clock_fit all = {0};
    const struct comparison *first = c->sources[at].via;
    for (uint32_t i = at; c->sources[i].via;) {
        const struct comparison *x = c->sources[i].via;
        all.uncertainty += x->fit.uncertainty;
        all.drift += x->fit.drift * (x->b == i ? 1 : -1);
        i = x->b == i ? x->a : x->b;
    }
    if (!first)
        return false;
    all.offset = first->fit.at - go_to_reference(c, at, first->fit.at);
    return clock_fit_differs(&all);
}

static void reach_from(struct clocks *c, uint32_t reference)
{
    c->sources[reference].reached = true;
    for (const struct comparison *x; (x = next_step(c));) {
        bool from_a = c->sources[x->a].reached;
        struct clock_source *far = &c->sources[from_a ? x->b : x->a];
        c->sources[reference].reference = true;
        far->via = x;
        far->reached = true;
    }
}

/* Sources that share no act stay apart: each group has a reference of its own. */
void clocks_estimate(struct clocks *c)
{
    uint32_t reference = 0;
    c->comparison_count = 0;
    compare_all(c);
    clocks_compare_bounds(c);
    for (size_t i = 0; i < c->source_count; i++) {
        struct clock_source *s = &c->sources[i];
        s->via = NULL;
        s->reached = s->reference = s->applied = s->compared = false;
    }
    for (bool first = true; choose_reference(c, &reference); first = false) {
        reach_from(c, reference);
        for (size_t i = 0; first && i < c->source_count; i++)
            c->sources[i].compared = c->sources[i].reached;
    }
    for (uint32_t i = 0; i < c->source_count; i++)
        c->sources[i].applied = is_moved(c, i);
}

bool clocks_source_of(struct clocks *c, const struct clock_moment *m, uint32_t *out)
{
    return source_of(c, m->kind, m->span.item, out);
}

bool clocks_move(const struct clocks *c)
{
    for (size_t i = 0; i < c->source_count; i++)
        if (c->sources[i].applied)
            return true;
    return false;
}

instant clocks_place(const struct clocks *c, enum event_kind kind,
                     const struct item *item, instant time)
{
    uint32_t at;
    if (!c || time == INSTANT_NONE || !find_source(c, source_item(kind, item), &at))
        return time;
    return c->sources[at].applied ? go_to_reference(c, at, time) : time;
}
