#include "analyze/events/batch.h"
#include "analyze/events/from.h"

struct event event_from_kevent(const struct kevent *k, struct span span,
                               struct arena *arena)
{
    struct bytes name = JOIN(arena, "/", k->about.namespace, k->about.name);
    struct event e = {
        .kind = EVENT_KUBERNETES_EVENT,
        .time = k->first,
        .end = k->last,
        .precision = k->precision,
        .clock = CLOCK_API_SERVER,
        .time_desc = k->count > 1 ? "First Occurrence" : "Occurrence",
        .actor = k->component,
        .action = k->reason,
        .object = JOIN(arena, " ", k->about.kind, name),
        .message = k->message,
        .severity = bytes_is(k->type, "Warning") ? "Warning" : NULL,
        .span = span,
    };
    event_field(&e, "kind", k->about.kind);
    event_field(&e, "namespace", k->about.namespace);
    event_field(&e, "name", k->about.name);
    event_field(&e, "uid", k->about.uid);
    event_field(&e, "field", k->about.field_path);
    event_field(&e, "type", k->type);
    event_field(&e, "verb", k->action);
    event_field(&e, "node", k->host);
    if (k->count > 1)
        event_field(&e, "count", number_text(arena, (int64_t)k->count));
    return e;
}
