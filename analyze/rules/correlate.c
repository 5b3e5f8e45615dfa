/* Windows over the matches of rules.
 * Source: Sigma correlation rules specification 2.1, "Correlation Types".
 *
 * A window of `timespan` includes both ends: events that are exactly that far apart are
 * in one. Windows slide, they do not begin at round times. A condition that more events
 * cannot undo (gt, gte, all rules present) is looked for in every window that ends with
 * an event, and what follows while it keeps holding belongs to the same burst. The other
 * conditions (lt, lte, eq, neq, averages, percentages) would hold in some part of any
 * burst; they are asked of whole windows, each beginning with the first event behind the
 * one before.
 */
#include "analyze/rules/correlate.h"

#include <stdlib.h>

#include "formats/base/memory.h"

/* -- encoded groups (match.c writes them) -------------------------------------------- */

void group_readable(struct bytes group, struct text *out)
{
    uint64_t n;
    while (group.n) {
        if (group.p[0] == ';') {
            group = bytes_from(group, 1);
            continue;
        }
        size_t colon = bytes_find_byte(group, ':');
        if (!bytes_to_u64(bytes_sub(group, 0, colon), &n))
            return;
        text_str(out, out->n ? ", " : "");
        text_add(out, bytes_sub(group, colon + 1, (size_t)n));
        group = bytes_from(bytes_from(group, colon + 1), (size_t)n);
    }
}

struct bytes group_part(struct bytes group, size_t which)
{
    for (size_t at = 0, start = 0; at < group.n;) {
        uint64_t n;
        if (group.p[at] == ';') {
            at++;
            if (which-- == 0)
                return bytes_sub(group, start, at - start);
            start = at;
            continue;
        }
        size_t colon = bytes_find_byte(bytes_from(group, at), ':');
        if (!bytes_to_u64(bytes_sub(group, at, colon), &n))
            break;
        at += colon + 1;
        at += n < group.n - at ? (size_t)n : group.n - at;
    }
    return BYTES_NONE;
}

/* -- order -------------------------------------------------------------------------- */

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Of one record, what the last rules of a sequence found comes first: it carries on what
 * stood before it and begins anew only then, since a record does not follow itself. */
static int by_group_and_time(const void *a, const void *b)
{
    const struct occurrence *x = a, *y = b;
    int order = compare_u64(x->group, y->group);
    if (!order)
        order = (x->time > y->time) - (x->time < y->time);
    if (!order && x->span.item && y->span.item)
        order = compare_u64(x->span.item->id, y->span.item->id);
    if (!order)
        order = compare_u64(x->span.offset, y->span.offset);
    return order ? order : compare_u64(y->position, x->position);
}

/* -- one group ---------------------------------------------------------------------- */

struct group {
    const struct correlation *c;
    const struct occurrence **v; /* of one group, in order of time */
    size_t n;
    const struct intern *texts;
    void (*each)(void *context, const struct burst *b);
    void *context;
};

static void emit(const struct group *g, const struct occurrence *const *v, size_t n)
{
    struct burst b = {v, n, v[0]->group, v[0], v[n - 1]};
    g->each(g->context, &b);
}

/* Where values are counted, what came before the one too many was as it should be. */
static void emit_since(const struct group *g, const struct occurrence *const *v, size_t n,
                       const struct occurrence *held)
{
    struct burst b = {v, n, v[0]->group,
                      g->c->type == CORRELATION_VALUE_COUNT ? held : v[0], held};
    g->each(g->context, &b);
}

static bool in_range(const struct range *r, double x)
{
    bool low = !r->has_low || (r->low_open ? x > r->low : x >= r->low);
    bool high = !r->has_high || (r->high_open ? x < r->high : x <= r->high);
    return r->unlike ? !(low && high) : low && high;
}

static bool within(const struct group *g, size_t first, size_t last)
{
    return instant_apart(g->v[last]->time, g->v[first]->time) <= g->c->timespan;
}

/* -- counting over a window that slides ---------------------------------------------- */

/* How often each value (or rule) stands in the window. */
struct tally {
    uint32_t *counts;
    size_t distinct;
};

static uint32_t key_of(const struct group *g, const struct occurrence *o)
{
    return g->c->type == CORRELATION_VALUE_COUNT ? o->value : o->position;
}

static void tally_add(const struct group *g, struct tally *t, const struct occurrence *o)
{
    t->distinct += t->counts[key_of(g, o)]++ == 0;
}
static void tally_take(const struct group *g, struct tally *t, const struct occurrence *o)
{
    t->distinct -= --t->counts[key_of(g, o)] == 0;
}

static double measure(const struct group *g, const struct tally *t, size_t first,
                      size_t last)
{
    return g->c->type == CORRELATION_EVENT_COUNT ? (double)(last - first + 1)
                                                 : (double)t->distinct;
}

static bool tally_holds(const struct group *g, const struct tally *t, size_t first,
                        size_t last)
{
    return g->c->seen ? seen_holds(g->c->seen, t->counts)
                      : in_range(&g->c->range, measure(g, t, first, last));
}

/* From the first event of the first window that holds to the last event of the last
 * window of an unbroken run of them. */
static void sliding(const struct group *g, struct tally *t)
{
    size_t first = 0, start = 0, end = 0;
    bool open = false;
    const struct occurrence *held = NULL;
    for (size_t last = 0; last < g->n; last++) {
        tally_add(g, t, g->v[last]);
        for (; !within(g, first, last); first++)
            tally_take(g, t, g->v[first]);
        bool holds = tally_holds(g, t, first, last);
        if (open && (!holds || first >= end)) {
            emit_since(g, g->v + start, end - start, held);
            open = false;
        }
        if (!holds)
            continue;
        start = open ? start : first;
        held = open ? held : g->v[last];
        end = last + 1;
        open = true;
    }
    if (open)
        emit_since(g, g->v + start, end - start, held);
    for (; first < g->n; first++)
        tally_take(g, t, g->v[first]);
}

/* -- whole windows ------------------------------------------------------------------ */

/* A field that holds one number, as put_field wrote it: "3:412;". */
static bool number_of(const struct group *g, const struct occurrence *o, double *out)
{
    struct bytes text = intern_get(g->texts, o->value);
    size_t colon = bytes_find_byte(text, ':');
    struct value v = {.type = VALUE_TEXT, .text = bytes_from(text, colon + 1)};
    if (v.text.n)
        v.text.n--;
    return value_number(&v, out);
}

static double sum_of(const struct group *g, size_t from, size_t to, size_t *numbers)
{
    double sum = 0, one;
    *numbers = 0;
    for (size_t i = from; i < to; i++)
        if (number_of(g, g->v[i], &one)) {
            sum += one;
            (*numbers)++;
        }
    return sum;
}

static int by_number(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The smallest number that so many per cent of the window's numbers do not exceed (the
 * nearest rank). False when there is no number. */
static bool percentile_of(const struct group *g, size_t from, size_t to, double *out)
{
    double *v = memory_new(to - from, sizeof *v);
    size_t n = 0;
    for (size_t i = from; i < to; i++)
        n += number_of(g, g->v[i], &v[n]);
    if (n) {
        qsort(v, n, sizeof *v, by_number);
        double rank = g->c->percentile / 100 * (double)n;
        size_t below = (size_t)rank;
        below -= below > 0 && (double)below == rank; /* a whole rank is that one */
        *out = v[below < n ? below : n - 1];
    }
    free(v);
    return n > 0;
}

static bool window_holds(const struct group *g, struct tally *t, size_t from, size_t to)
{
    size_t numbers;
    double x;
    if (g->c->type == CORRELATION_VALUE_PERCENTILE)
        return percentile_of(g, from, to, &x) && in_range(&g->c->range, x);
    if (g->c->type == CORRELATION_VALUE_SUM || g->c->type == CORRELATION_VALUE_AVERAGE) {
        x = sum_of(g, from, to, &numbers);
        if (numbers == 0)
            return false;
        if (g->c->type == CORRELATION_VALUE_AVERAGE)
            x /= (double)numbers;
        return in_range(&g->c->range, x);
    }
    for (size_t i = from; i < to; i++)
        tally_add(g, t, g->v[i]);
    bool holds = tally_holds(g, t, from, to - 1);
    for (size_t i = from; i < to; i++)
        tally_take(g, t, g->v[i]);
    return holds;
}

static int by_value(const void *a, const void *b)
{
    const struct occurrence *x = *(void *const *)a, *y = *(void *const *)b;
    int order = compare_u64(x->value, y->value);
    return order ? order : compare_u64((uintptr_t)x, (uintptr_t)y); /* order of time */
}

/* Which part of the window's events has one value, in per cent: each value by itself
 * ("a process that is less than 1 % of all", as the specification has it). */
static void shares(const struct group *g, size_t from, size_t to)
{
    size_t n = to - from, same;
    const struct occurrence **v = memory_new(n, sizeof *v);
    memcpy(v, g->v + from, n * sizeof *v);
    qsort(v, n, sizeof *v, by_value);
    for (size_t i = 0; i < n; i += same) {
        for (same = 1; i + same < n && v[i + same]->value == v[i]->value;)
            same++;
        if (in_range(&g->c->range, 100 * (double)same / (double)n))
            emit(g, v + i, same);
    }
    free(v);
}

static void whole_windows(const struct group *g, struct tally *t)
{
    for (size_t from = 0, to; from < g->n; from = to) {
        for (to = from + 1; to < g->n && within(g, from, to);)
            to++;
        if (g->c->type == CORRELATION_VALUE_PERCENTILE && !g->c->has_percentile)
            shares(g, from, to);
        else if (window_holds(g, t, from, to))
            emit(g, g->v + from, to - from);
    }
}

/* -- order of rules ----------------------------------------------------------------- */

/* For each rule of the sequence: the latest start of a chain that has come so far. A
 * chain that started later can only end sooner. */
struct chain {
    size_t start;
    bool alive;
};

/* The chain for rule `p` is one event longer than the best one for rule p - 1. */
static void lengthen(const struct group *g, struct chain *chains, size_t i)
{
    size_t p = g->v[i]->position;
    if (p == 0) {
        chains[0] = (struct chain){i, true};
        return;
    }
    const struct chain *before = &chains[p - 1];
    if (!before->alive || !within(g, before->start, i))
        return;
    chains[p] = (struct chain){before->start, true};
}

static void ordered(const struct group *g)
{
    size_t rules = g->c->rule_count;
    struct chain *chains = memory_new(rules, sizeof *chains);
    for (size_t i = 0; i < g->n; i++) {
        lengthen(g, chains, i);
        struct chain *last = &chains[rules - 1];
        if (!last->alive)
            continue;
        emit(g, g->v + last->start, i + 1 - last->start);
        memset(chains, 0, rules * sizeof *chains);
    }
    free(chains);
}

/* ----------------------------------------------------------------------------------- */

static bool slides(const struct correlation *c)
{
    if (c->seen)
        return !seen_has(c->seen, SEEN_WORD_NOT);
    return c->range.has_low && !c->range.has_high && !c->range.unlike &&
           c->type != CORRELATION_VALUE_SUM && c->type != CORRELATION_VALUE_AVERAGE &&
           c->type != CORRELATION_VALUE_PERCENTILE;
}

/* Stages of one request are one event: the first one stays. Requests repeat close to each
 * other, so looking back a little is enough. */
#define STAGES_BACK 16

static bool seen_before(const struct group *g, const struct occurrence *o)
{
    for (size_t i = g->n; o->request && i > 0 && g->n - i < STAGES_BACK; i--)
        if (g->v[i - 1]->request == o->request && g->v[i - 1]->position == o->position)
            return true;
    return false;
}

static void one_group(struct group *g, struct tally *t)
{
    if (g->c->type == CORRELATION_ORDERED)
        ordered(g);
    else if (slides(g->c))
        sliding(g, t);
    else
        whole_windows(g, t);
}

void correlate(const struct correlation *c, struct occurrences *all,
               void (*each)(void *context, const struct burst *b), void *context)
{
    struct group g = {.c = c, .texts = all->texts, .each = each, .context = context};
    size_t keys = (size_t)intern_count(all->texts) + c->rule_count + 1;
    struct tally t = {memory_new(keys, sizeof *t.counts), 0};
    g.v = memory_new(all->n + 1, sizeof *g.v);
    if (all->n)
        qsort(all->v, all->n, sizeof *all->v, by_group_and_time);
    for (size_t i = 0; i < all->n; i++) {
        if (!seen_before(&g, &all->v[i]))
            g.v[g.n++] = &all->v[i];
        bool last = i + 1 == all->n || all->v[i + 1].group != all->v[i].group;
        if (!last)
            continue;
        one_group(&g, &t);
        g.n = 0;
    }
    free(g.v);
    free(t.counts);
}
