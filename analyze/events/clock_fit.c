#include "analyze/events/clock_fit.h"

#include <math.h>
#include <stdlib.h>

#include "formats/base/memory.h"

/* An act is recorded by two sources within this time: a shell starts after its request
 * was let through, a log line is written when its request ends. */
#define LATENCY (1 * NANOSECONDS)
/* Clocks that are not set drift by some 50 millionths; a virtual machine that was
 * stopped, or a test, by more. Beyond this, lines join what does not belong together. */
#define DRIFT_LIMIT 0.02
/* Lines are laid through pairs that lie so far apart. */
#define DRIFT_SPAN (30 * NANOSECONDS)
/* Pairs through which lines are tried: their number squared, times the pairs. */
#define DRIFT_TRIED  96
#define OFFSET_TRIED 600
/* So long a source may take to record what it saw: no clock is wrong by less. */
#define RECORDING (NANOSECONDS / 10)
/* Pairs that must agree before an event is moved by it. */
#define PAIRS_ENOUGH 3

struct line {
    instant at;
    double offset, drift;
};

static double off_line(const struct line *l, const struct clock_pair *p)
{
    return (double)p->difference - l->offset -
           l->drift * (double)instant_apart(p->at, l->at);
}

static bool lies_near(const struct line *l, const struct clock_pair *p)
{
    return fabs(off_line(l, p)) <= (double)(p->width + LATENCY);
}

/* How many of the first clock's events have a partner near the line. */
static size_t votes(const struct line *l, const struct clock_pair *v, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!lies_near(l, &v[i]))
            continue;
        count++;
        while (i + 1 < n && v[i + 1].first == v[i].first)
            i++;
    }
    return count;
}

struct vote {
    struct line line;
    size_t count;
};

/* More votes win; among equals the line that asks for less. */
static void keep_better(struct vote *best, struct line line, size_t count)
{
    bool less =
        fabs(line.drift) < fabs(best->line.drift) ||
        (line.drift == best->line.drift && fabs(line.offset) < fabs(best->line.offset));
    if (count > best->count || (count == best->count && less))
        *best = (struct vote){line, count};
}

static size_t stride(size_t n, size_t tried)
{
    return n <= tried ? 1 : (n + tried - 1) / tried;
}

static struct vote best_offset(const struct clock_pair *v, size_t n)
{
    struct vote best = {.count = 0};
    for (size_t i = 0; i < n; i += stride(n, OFFSET_TRIED)) {
        struct line line = {v[i].at, (double)v[i].difference, 0};
        keep_better(&best, line, votes(&line, v, n));
    }
    return best;
}

static struct vote best_line(const struct clock_pair *v, size_t n)
{
    struct vote best = best_offset(v, n);
    size_t step = stride(n, DRIFT_TRIED);
    for (size_t i = 0; i < n; i += step) {
        for (size_t j = i + step; j < n; j += step) {
            double apart = (double)instant_apart(v[j].at, v[i].at);
            double drift = (double)(v[j].difference - v[i].difference) / apart;
            if (fabs(apart) < (double)DRIFT_SPAN || fabs(drift) > DRIFT_LIMIT)
                continue;
            struct line line = {v[i].at, (double)v[i].difference, drift};
            size_t count = votes(&line, v, n);
            /* A line that is no better than an offset fits by its freedom alone. */
            if (count > best.count + (best.line.drift == 0))
                keep_better(&best, line, count);
        }
    }
    return best;
}

/* The best offset that is another one. */
static size_t rival_of(const struct vote *best, const struct clock_pair *v, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i += stride(n, OFFSET_TRIED)) {
        struct line line = {v[i].at, (double)v[i].difference, 0};
        if (fabs(off_line(&best->line, &v[i])) <= 2.0 * (double)(v[i].width + LATENCY))
            continue;
        size_t count = votes(&line, v, n);
        most = count > most ? count : most;
    }
    return most;
}

/* -- fitting to those that agree ------------------------------------------------------
 */

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, by_number);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Marks the nearest partner of each first event. */
static size_t mark_agreeing(const struct line *l, struct clock_pair *v, size_t n,
                            double limit)
{
    size_t count = 0;
    for (size_t i = 0; i < n;) {
        size_t nearest = i, first = i;
        for (; i < n && v[i].first == v[first].first; i++) {
            v[i].agrees = false;
            if (fabs(off_line(l, &v[i])) < fabs(off_line(l, &v[nearest])))
                nearest = i;
        }
        v[nearest].agrees =
            fabs(off_line(l, &v[nearest])) <= limit + (double)v[nearest].width;
        count += v[nearest].agrees;
    }
    return count;
}

/* The agreeing pairs, thinned to at most OFFSET_TRIED; their number. */
static size_t gather(const struct clock_pair *v, size_t n, size_t agreeing,
                     const struct clock_pair **out)
{
    size_t count = 0, seen = 0, step = stride(agreeing, OFFSET_TRIED);
    for (size_t i = 0; i < n; i++)
        if (v[i].agrees && seen++ % step == 0)
            out[count++] = &v[i];
    return count;
}

static double median_slope(const struct clock_pair *const *v, size_t n, double *room)
{
    size_t count = 0, step = stride(n, DRIFT_TRIED * 2);
    for (size_t i = 0; i < n; i += step)
        for (size_t j = i + step; j < n; j += step) {
            int64_t apart = instant_apart(v[j]->at, v[i]->at);
            if (llabs(apart) >= DRIFT_SPAN)
                room[count++] =
                    (double)(v[j]->difference - v[i]->difference) / (double)apart;
        }
    return count ? median(room, count) : 0;
}

static double median_offset(const struct line *l, const struct clock_pair *const *v,
                            size_t n, double *room)
{
    for (size_t i = 0; i < n; i++)
        room[i] = off_line(l, v[i]);
    return l->offset + median(room, n);
}

static double furthest(const struct line *l, const struct clock_pair *const *v, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(off_line(l, v[i])));
    return most;
}

static double spread(const struct line *l, const struct clock_pair *const *v, size_t n,
                     double *room)
{
    for (size_t i = 0; i < n; i++)
        room[i] = fabs(off_line(l, v[i]));
    return median(room, n);
}

struct extent {
    instant first, last;
    double width; /* the widest half interval */
};

static struct extent extent_of(const struct clock_pair *const *v, size_t n)
{
    struct extent x = {v[0]->at, v[0]->at, 0};
    for (size_t i = 0; i < n; i++) {
        x.first = v[i]->at < x.first ? v[i]->at : x.first;
        x.last = v[i]->at > x.last ? v[i]->at : x.last;
        x.width = fmax(x.width, (double)v[i]->width);
    }
    return x;
}

/* The medians' line through the pairs, level unless its slope lifts the ends out of what
 * the pairs scatter anyway. */
static struct line fit_line(const struct clock_pair *const *v, size_t n, double *room)
{
    struct extent x = extent_of(v, n);
    int64_t apart = instant_apart(x.last, x.first);
    double span = (double)apart;
    struct line level = {instant_after(x.first, apart / 2), 0, 0};
    level.offset = median_offset(&level, v, n, room);
    if (n < PAIRS_ENOUGH + 1 || span < (double)DRIFT_SPAN)
        return level;
    struct line slanted = level;
    slanted.drift = median_slope(v, n, room);
    slanted.offset = 0;
    slanted.offset = median_offset(&slanted, v, n, room);
    double scatter = furthest(&slanted, v, n) + x.width;
    bool shows = fabs(slanted.drift) * span > 2 * scatter ||
                 furthest(&level, v, n) > 4 * furthest(&slanted, v, n) + x.width;
    return shows ? slanted : level;
}

/* Latency is one-sided and now and then long: what lies far out of the others' scatter
 * is left out before the fit is told. */
static size_t trim(const struct line *l, struct clock_pair *v, size_t n,
                   const struct clock_pair **agreeing, double *room)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += v[i].agrees;
    size_t kept = gather(v, n, count, agreeing);
    double limit = 6 * spread(l, agreeing, kept, room) + (double)RECORDING;
    return mark_agreeing(l, v, n, fmin(limit, (double)LATENCY));
}

bool clock_fit(struct clock_pair *v, size_t n, struct clock_fit *out)
{
    *out = (struct clock_fit){0};
    if (n == 0)
        return false;
    struct vote best = best_line(v, n);
    const struct clock_pair **agreeing = memory_new(n, sizeof *agreeing);
    double *room = memory_new(n + DRIFT_TRIED * DRIFT_TRIED * 4, sizeof *room);
    size_t count = mark_agreeing(&best.line, v, n, (double)LATENCY);
    size_t kept = gather(v, n, count, agreeing);
    struct line line = fit_line(agreeing, kept, room);
    count = trim(&line, v, n, agreeing, room);
    kept = gather(v, n, count, agreeing);
    line = fit_line(agreeing, kept, room);
    struct extent x = extent_of(agreeing, kept);
    double uncertain = fmax(furthest(&line, agreeing, kept), x.width);
    *out = (struct clock_fit){.pairs = count,
                              .rival = rival_of(&best, v, n),
                              .at = line.at,
                              .offset = llround(line.offset),
                              /* A delay that is always the same looks like an offset
                               * of the clock: no scatter shows it. */
                              .uncertainty = llround(uncertain) + RECORDING,
                              .drift = line.drift};
    if (x.last > x.first && line.drift != 0)
        out->drift_uncertainty = 2 * uncertain / (double)instant_apart(x.last, x.first);
    free(agreeing);
    free(room);
    return true;
}

int64_t clock_difference(const struct clock_fit *f, instant first)
{
    return f->offset + llround(f->drift * (double)instant_apart(first, f->at));
}

bool clock_fit_is_known(const struct clock_fit *f)
{
    return f->bounded || (f->pairs >= PAIRS_ENOUGH && f->rival * 4 < f->pairs * 3);
}

bool clock_fit_differs(const struct clock_fit *f)
{
    return f->drift != 0 ||
           llabs(f->offset) > f->uncertainty + (f->bounded ? RECORDING : 0);
}
