#include "analyze/events/batch.h"
#include "analyze/events/from.h"

struct event event_from_cloudtrail(const struct cloudtrail_event *c, struct span span,
                                   struct arena *arena)
{
    struct text decoded = {0};
    unescape_url(&decoded, c->target); /* as it stood in the path */
    struct bytes target = arena_copy(arena, text_bytes(&decoded));
    text_release(&decoded);
    struct bytes what = JOIN(arena, "/", c->cluster, target);
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
        .message =
            JOIN(arena, " ", c->actor, c->name, what, c->status, end, c->error_message),
        .span = span,
    };
    event_field(&e, "event_source", c->source);
    event_field(&e, "source_ip", c->address);
    event_field(&e, "user_agent", c->agent);
    event_field(&e, "access_key_id", c->access_key);
    event_field(&e, "region", c->region);
    event_field(&e, "account", c->account);
    event_field(&e, "cluster", c->cluster);
    event_field(&e, "target", target);
    event_field(&e, "error", c->error);
    event_field(&e, "event_id", c->id);
    return e;
}
