#include "analyze/events/batch.h"
#include "analyze/events/from.h"

struct event event_from_describe(const struct describe_time *d, struct span span,
                                 struct arena *arena)
{
    struct bytes name = JOIN(arena, "/", d->namespace, d->name);
    struct event e = {
        .kind = EVENT_OBJECT_TIME,
        .time = d->time,
        .end = d->time,
        .precision = PRECISION_SECOND,
        .clock = CLOCK_API_SERVER,
        .time_desc = "Described",
        .action = d->key,
        .object = name,
        .message = JOIN(arena, " ", name, d->container, d->state, d->key),
        .span = span,
    };
    event_field(&e, "namespace", d->namespace);
    event_field(&e, "name", d->name);
    event_field(&e, "container", d->container);
    return e;
}
