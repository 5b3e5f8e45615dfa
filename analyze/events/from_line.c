#include "analyze/events/batch.h"
#include "analyze/events/from.h"

struct event event_from_line(const struct container_line *l, struct span span,
                             const struct container_log_place *file, struct arena *arena)
{
    const struct container_log_place place = container_line_place(l, file);
    struct event e = {
        .kind = EVENT_LOG_LINE,
        .time = l->time,
        .end = l->time,
        .precision = l->precision,
        .clock = CLOCK_NODE,
        .time_desc = "Line Written",
        .actor = place.container,
        .action = l->stream ? JOIN(arena, " ", BYTES("wrote to"),
                                   bytes_str(container_stream_name(l->stream)))
                            : BYTES("wrote"),
        .object = JOIN(arena, "/", place.namespace, place.pod, place.container),
        .message = l->text,
        .span = span,
    };
    event_field(&e, "namespace", place.namespace);
    event_field(&e, "pod", place.pod);
    event_field(&e, "pod_uid", place.pod_uid);
    event_field(&e, "container", place.container);
    event_field(&e, "container_id", place.container_id);
    event_field(&e, "stream", bytes_str(container_stream_name(l->stream)));
    event_field(&e, "restart", place.restart);
    if (l->partial)
        event_field(&e, "incomplete", BYTES("true"));
    return e;
}
