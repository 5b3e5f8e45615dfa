#include "analyze/events/from.h"

struct event event_from_statement(const struct timeline_statement *s, struct span span)
{
    struct event e = {
        .kind = EVENT_STATEMENT,
        .time = s->time,
        .end = s->end,
        .precision = s->precision,
        .clock = CLOCK_PERSON,
        .time_desc = "Stated",
        .action = BYTES("stated"),
        .message = s->text,
        .in_scope = true, /* it was written about this incident */
        .span = span,
    };
    if (s->zone_assumed)
        event_field(&e, "zone", BYTES("not written, taken as UTC"));
    if (s->clock == TZIF_TWICE)
        event_field(&e, "clock", BYTES("there twice on that day: the first is taken"));
    if (s->clock == TZIF_SKIPPED)
        event_field(&e, "clock", BYTES("skipped on that day: counted on from before"));
    if (s->date_assumed)
        event_field(&e, "date", BYTES("not written, taken from above"));
    static const char *const bounds[] = {"", "before this time", "after this time"};
    if (s->bound)
        event_field(&e, "when", bytes_str(bounds[s->bound]));
    else if (s->loose)
        event_field(&e, "when", BYTES("about this time"));
    if (s->said)
        event_field(&e, "written", BYTES("at this time, about what was before"));
    if (s->bound && s->loose)
        event_field(&e, "about", BYTES("true"));
    return e;
}
