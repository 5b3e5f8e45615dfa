#include "analyze/events/coverage.h"

#include <stdlib.h>

#include "formats/base/memory.h"

void coverage_part_init(struct coverage_part *p)
{
    *p = (struct coverage_part){.first = INSTANT_NONE,
                                .last = INSTANT_NONE,
                                .opening = INSTANT_NONE,
                                .dropped_first = INSTANT_NONE,
                                .dropped_last = INSTANT_NONE};
}

void coverage_place(struct coverage_places *p, uint64_t offset, uint64_t length,
                    struct fault fault)
{
    if (p->n == COVERAGE_PLACES) {
        p->more++;
        return;
    }
    p->v[p->n].offset = offset;
    p->v[p->n].length = length;
    p->v[p->n++].fault = fault;
}

static void append_places(struct coverage_places *p, const struct coverage_places *next)
{
    for (size_t i = 0; i < next->n; i++)
        coverage_place(p, next->v[i].offset, next->v[i].length, next->v[i].fault);
    p->more += next->more;
}

/* -- rhythm -------------------------------------------------------------------------- */

int64_t coverage_silence(const struct coverage_gap *g)
{
    return instant_apart(g->to, g->from);
}

/* Keeps the longest ones; of equal ones the earlier. */
void coverage_add_gap(struct coverage_part *p, struct coverage_gap gap)
{
    size_t at = p->gap_count;
    if (at == COVERAGE_GAPS) {
        if (coverage_silence(&gap) <= coverage_silence(&p->gaps[--at]))
            return;
    } else {
        p->gap_count++;
    }
    for (; at && coverage_silence(&p->gaps[at - 1]) < coverage_silence(&gap); at--)
        p->gaps[at] = p->gaps[at - 1];
    p->gaps[at] = gap;
}

static void add_interval(struct coverage_part *p, struct coverage_gap gap)
{
    int64_t span = coverage_silence(&gap);
    intervals_add(&p->intervals, span);
    if (span >= NANOSECONDS)
        coverage_add_gap(p, gap);
}

/* Records wait in buffers and come a little out of order; the silence is measured from
 * the latest time seen so far. */
static void follow(struct coverage_part *p, instant time, uint64_t offset,
                   uint64_t length)
{
    if (p->last == INSTANT_NONE)
        return;
    if (time < p->last)
        p->backwards++;
    else
        add_interval(p, (struct coverage_gap){p->last, time, offset, length});
}

static void see_last(struct coverage_part *p, instant time, uint64_t offset,
                     uint64_t length)
{
    if (p->last != INSTANT_NONE && time <= p->last)
        return;
    p->last = time;
    p->last_offset = offset;
    p->last_length = length;
}

void coverage_record(struct coverage_part *p, instant time, uint64_t offset,
                     uint64_t length)
{
    p->records++;
    if (time == INSTANT_NONE) {
        p->undated++;
        return;
    }
    follow(p, time, offset, length);
    if (p->opening == INSTANT_NONE) {
        p->opening = time;
        p->opening_offset = offset;
        p->opening_length = length;
    }
    if (p->first == INSTANT_NONE || time < p->first)
        p->first = time;
    see_last(p, time, offset, length);
}

void coverage_dropped(struct coverage_part *p, instant time, uint64_t count)
{
    p->drop_notices++;
    p->dropped += count;
    if (p->dropped_first == INSTANT_NONE ||
        (time != INSTANT_NONE && time < p->dropped_first))
        p->dropped_first = time;
    if (time > p->dropped_last)
        p->dropped_last = time;
}

void coverage_audit(struct coverage_part *p, const struct audit_event *e)
{
    p->levels[e->level]++;
    p->stages[e->stage]++;
    p->bodies_removed += e->truncated;
    p->bodies += e->request_object.document || e->response_object.document;
    bool read = bytes_is(e->verb, "get") || bytes_is(e->verb, "list") ||
                bytes_is(e->verb, "watch");
    p->reads += read;
    p->writes += !read && e->shape != AUDIT_SHAPE_ACTIVITY;
}

void coverage_fault(struct coverage_part *p, struct fault fault, uint64_t offset,
                    uint64_t length)
{
    if (fault.code == FAULT_UNKNOWN_TYPE)
        p->other++;
    else if (fault.code == FAULT_DUPLICATE)
        coverage_place(&p->twice, offset, length, fault);
    else
        coverage_place(&p->malformed, offset, length, fault);
}

void coverage_append(struct coverage_part *p, const struct coverage_part *next)
{
    if (next->opening != INSTANT_NONE)
        follow(p, next->opening, next->opening_offset, next->opening_length);
    if (p->opening == INSTANT_NONE)
        p->opening = next->opening;
    if (p->first == INSTANT_NONE ||
        (next->first != INSTANT_NONE && next->first < p->first))
        p->first = next->first;
    see_last(p, next->last, next->last_offset, next->last_length);
    p->records += next->records;
    p->other += next->other;
    p->undated += next->undated;
    p->drop_notices += next->drop_notices;
    p->dropped += next->dropped;
    if (p->dropped_first == INSTANT_NONE ||
        (next->dropped_first != INSTANT_NONE && next->dropped_first < p->dropped_first))
        p->dropped_first = next->dropped_first;
    if (next->dropped_last > p->dropped_last)
        p->dropped_last = next->dropped_last;
    p->backwards += next->backwards;
    p->bodies_removed += next->bodies_removed;
    p->bodies += next->bodies;
    p->reads += next->reads;
    p->writes += next->writes;
    for (size_t i = 0; i < COVERAGE_LEVELS; i++)
        p->levels[i] += next->levels[i];
    for (size_t i = 0; i < COVERAGE_STAGES; i++)
        p->stages[i] += next->stages[i];
    intervals_append(&p->intervals, &next->intervals);
    append_places(&p->malformed, &next->malformed);
    append_places(&p->partial, &next->partial);
    append_places(&p->twice, &next->twice);
    append_places(&p->drops, &next->drops);
    append_places(&p->clocks, &next->clocks);
    for (size_t i = 0; i < next->gap_count; i++)
        coverage_add_gap(p, next->gaps[i]);
}
