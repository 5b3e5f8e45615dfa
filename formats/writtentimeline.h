/* Written timeline: what a person wrote down, as Markdown (table, list, headings by day),
 * CSV, plain lines that begin with a time, or messages that a chat exported. Every
 * statement is a claim, not a fact. A line without a time has that of the heading or line
 * under which it stands, or none.
 */
#ifndef FORMATS_WRITTENTIMELINE_H
#define FORMATS_WRITTENTIMELINE_H

#include "formats/base/arena.h"
#include "formats/base/fault.h"
#include "formats/base/instant.h"
#include "formats/written_zone.h"

/* It was before the time that is written, or after it. */
enum timeline_bound { TIMELINE_AT = 0, TIMELINE_BEFORE, TIMELINE_AFTER };

struct timeline_statement {
    /* INSTANT_NONE: a sentence that tells none, and stands under none. */
    instant time;
    instant end; /* of "09:45 - 09:47"; else equal to time */
    enum precision precision;
    bool zone_assumed;     /* no zone is written, nor given: taken as UTC */
    enum tzif_place clock; /* whether the local time was there once on that day */
    /* No whole date is written: it is that of the heading or statement before, the year
     * nearest, or counted from a moment ("T+5m"). */
    bool date_assumed;
    enum timeline_bound bound;
    /* The time is about this ("~10:20", "2 minutes later"), or that of what the line
     * hangs on: a point of a list under one, a day over a list. */
    bool loose;
    bool said; /* in a chat: the time is when it was written, and what it tells was before
                */
    struct bytes text;       /* what is claimed, without the time and without markup */
    struct bytes place;      /* the row or line in the text, for the span */
    uint64_t offset, length; /* of `place` in the text */
};

/* Zero-initialise; strings are views into the text that was read or owned here. */
struct timeline {
    struct timeline_statement *v;
    size_t n, capacity;
    struct arena arena;
    /* Lines that hold a clock time which could not be placed on a day, or one counted
     * from a moment that is not told, or a time that is none: FAULT_VALUE with the place;
     * or whose zone has several meanings, or rules that nobody knows: FAULT_ZONE_…
     */
    struct faults faults;
};

/* What is known beside the text. */
struct timeline_given {
    instant near; /* tells the year of dates without one; or INSTANT_NONE */
    struct written_zones zones;
    struct written_zone zone; /* of times whose zone the text does not tell plainly */
};
void timeline_read(struct bytes text, const struct timeline_given *given,
                   struct timeline *out);
void timeline_release(struct timeline *t);

#endif
