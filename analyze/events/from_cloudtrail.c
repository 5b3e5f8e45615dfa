#include "analyze/events/batch.h"
#include "analyze/events/from.h"

struct event event_from_cloudtrail(const struct cloudtrail_event *c, struct span span,
                                   struct arena *arena)
{
    struct bytes what = JOIN(arena, "/", c->cluster, c->target);
    struct bytes end = c->error.n ? JOIN(arena, "", BYTES("-> "), c->error) : BYTES_NONE;
    struct event e = {
        .kind = EVENT_CLOUD_REQUEST,
        .time = c->time,
        .end = c->time,
        .precision = c->precision,
        .clock = CLOCK_STORE,
        .time_desc = "Requested",
        .actor = c->actor,
        .action = c->name,
        .object = what.n ? what : c->source,
        .message = JOIN(arena, " ", c->actor, c->name, what, end, c->error_message),
        .span = span,
    };
    event_field(&e, "event_source", c->source);
    event_field(&e, "source_ip", c->address);
    event_field(&e, "user_agent", c->agent);
    event_field(&e, "access_key_id", c->access_key);
    event_field(&e, "region", c->region);
    event_field(&e, "account", c->account);
    event_field(&e, "cluster", c->cluster);
    event_field(&e, "target", c->target);
    event_field(&e, "error", c->error);
    event_field(&e, "event_id", c->id);
    return e;
}
