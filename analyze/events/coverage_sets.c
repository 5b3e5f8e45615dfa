/* Logs that were written as one: rotated files, and the logs of several API servers. What
 * one file is silent about another one may tell, and between two files something may
 * lack.
 */
#include <stdlib.h>

#include "analyze/events/coverage_sources.h"
#include "formats/base/memory.h"

/* How far the other log goes on from `t` without a silence of its own, which is one that
 * is longer than `gap_after`; `t` when it does not reach it. */
static instant speaks_until(const struct coverage_part *p, int64_t gap_after, instant t)
{
    struct coverage_gap before = {.from = t, .to = p->first};
    if (p->first == INSTANT_NONE || p->last <= t ||
        (p->first > t && coverage_silence(&before) > gap_after))
        return t;
    instant until = p->last;
    for (size_t i = 0; gap_after && i < p->gap_count; i++) {
        const struct coverage_gap *own = &p->gaps[i];
        if (coverage_silence(own) > gap_after && own->to > t && own->from < until)
            until = own->from;
    }
    return until > t ? until : t;
}

/* Do other files of the role, one after the other, tell of the whole time? `gaps_after`:
 * of each, by its rhythm. */
static bool is_told_elsewhere(const struct coverage *c, const int64_t *gaps_after,
                              const struct coverage_source *s,
                              const struct coverage_gap *g)
{
    instant t = g->from, before;
    do {
        before = t;
        for (size_t i = 0; i < c->n; i++) {
            const struct coverage_source *other = c->v[i];
            if (other != s && other->item->role == s->item->role)
                t = speaks_until(&other->part, gaps_after[i], t);
        }
    } while (t > before && t < g->to);
    return t >= g->to;
}

static void drop_told(const struct coverage *c, const int64_t *gaps_after,
                      struct coverage_source *s)
{
    struct coverage_part *p = &s->part;
    size_t kept = 0;
    for (size_t i = 0; i < p->gap_count; i++)
        if (!is_told_elsewhere(c, gaps_after, s, &p->gaps[i]))
            p->gaps[kept++] = p->gaps[i];
    p->gap_count = kept;
}

static int by_first(const void *a, const void *b)
{
    const struct coverage_source *x = *(void *const *)a, *y = *(void *const *)b;
    if (x->part.first != y->part.first)
        return x->part.first < y->part.first ? -1 : 1;
    return x->item->id < y->item->id ? -1 : x->item->id > y->item->id;
}

/* The silence before a file belongs to the record that ends it. */
static void between(struct coverage_source **v, size_t n)
{
    instant until = INSTANT_NONE;
    for (size_t i = 0; i < n; i++) {
        struct coverage_part *p = &v[i]->part;
        if (until != INSTANT_NONE && p->first > until)
            coverage_add_gap(p, (struct coverage_gap){until, p->first, p->opening_offset,
                                                      p->opening_length});
        until = p->last > until ? p->last : until;
    }
}

static void join(struct coverage *c, enum role role)
{
    struct coverage_source **v = memory_new(c->n + 1, sizeof *v);
    int64_t *gaps_after = memory_new(c->n + 1, sizeof *gaps_after);
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        gaps_after[i] = rhythm_of(&c->v[i]->part.intervals).gap_after;
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i]->item->role == role)
            drop_told(c, gaps_after, c->v[i]);
    free(gaps_after);
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i]->item->role == role && c->v[i]->part.first != INSTANT_NONE)
            v[n++] = c->v[i];
    qsort(v, n, sizeof *v, by_first);
    between(v, n);
    free(v);
}

#define DAY (INT64_C(86400) * NANOSECONDS)

/* Is `other` as long, by half at least, and at the same hours of another day? */
static bool is_of_same_hours(const struct coverage_gap *g,
                             const struct coverage_gap *other)
{
    int64_t silence = coverage_silence(g);
    struct coverage_gap apart = {.from = g->from / 2 + g->to / 2,
                                 .to = other->from / 2 + other->to / 2};
    int64_t distance = coverage_silence(&apart);
    distance = distance < 0 ? -(distance + 1) : distance;
    int64_t off = distance % DAY < DAY / 2 ? distance % DAY : DAY - distance % DAY;
    return silence < DAY && coverage_silence(other) >= silence / 2 &&
           distance > DAY / 2 && off < silence / 4;
}

static bool is_set(enum role role)
{
    return role == ROLE_AUDIT_LOG || role == ROLE_FALCO_ALERTS;
}

static bool vouches(const struct coverage_part *p, const struct coverage_gap *g)
{
    for (size_t i = 0; i < p->gap_count; i++)
        if (is_of_same_hours(g, &p->gaps[i]))
            return true;
    return false;
}

static bool is_daily(const struct coverage *c, const struct coverage_source *s,
                     const struct coverage_gap *g)
{
    if (!is_set(s->item->role))
        return vouches(&s->part, g);
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i]->item->role == s->item->role && vouches(&c->v[i]->part, g))
            return true;
    return false;
}

static void find_daily(const struct coverage *c, const struct coverage_source *s,
                       bool *daily)
{
    int64_t gap_after = rhythm_of(&s->part.intervals).gap_after;
    for (size_t i = 0; gap_after && i < s->part.gap_count; i++) {
        const struct coverage_gap *g = &s->part.gaps[i];
        daily[i] = coverage_silence(g) > gap_after && is_daily(c, s, g);
    }
}

/* Nights, also where each file of a set holds only one of them. All are looked at before
 * one is taken away: they vouch for each other. */
static void drop_daily(struct coverage *c)
{
    bool(*daily)[COVERAGE_GAPS] = memory_new(c->n + 1, sizeof *daily);
    for (size_t i = 0; i < c->n; i++)
        find_daily(c, c->v[i], daily[i]);
    for (size_t i = 0; i < c->n; i++) {
        struct coverage_part *p = &c->v[i]->part;
        size_t kept = 0;
        for (size_t k = 0; k < p->gap_count; k++)
            if (!daily[i][k])
                p->gaps[kept++] = p->gaps[k];
        p->gap_count = kept;
    }
    free(daily);
}

void coverage_join(struct coverage *c)
{
    join(c, ROLE_AUDIT_LOG);
    join(c, ROLE_FALCO_ALERTS);
    drop_daily(c);
}
