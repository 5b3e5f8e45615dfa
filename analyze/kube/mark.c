/* Events of other rooms that stand beside the turning points. */
#include "analyze/kube/incident/injection.h"
#include "analyze/kube/journal.h"

/* Log lines are many and mostly ordinary: only what looks like an intrusion is kept. File
 * times are many too and belong to the layer's own document. */
static bool is_wanted(const struct event *e, bool *suspicious)
{
    switch (e->kind) {
    case EVENT_LOG_LINE:
        *suspicious = e->in_scope && (*suspicious || injection_in(e->message) != NULL);
        return *suspicious;
    case EVENT_STATEMENT:
    case EVENT_CHECKPOINT:
    case EVENT_CLOUD_REQUEST:
        return true;
    case EVENT_KUBERNETES_EVENT:
    case EVENT_PROCESS_START:
    case EVENT_RUNTIME_EVENT:
    case EVENT_OBJECT_TIME:
        return e->in_scope;
    default:
        return false;
    }
}

static struct bytes keep(struct scope *s, struct bytes b)
{
    return b.n ? intern_get(s->words, intern_put(s->words, bytes_sub(b, 0, 1024)))
               : BYTES_NONE;
}

void kube_observe_event(struct scope *s, const struct event *e, bool grave)
{
    bool suspicious = grave;
    if (!s || s->marks.n >= LIMIT_KUBE_MARKS || !is_wanted(e, &suspicious))
        return;
    struct mark *m = arena_new(&s->arena, struct mark);
    *m = (struct mark){.kind = e->kind,
                       .time = e->time,
                       .end = e->end,
                       .precision = e->precision,
                       .span = e->span,
                       .actor = keep(s, e->actor),
                       .action = keep(s, e->action),
                       .object = keep(s, e->object),
                       .message = keep(s, e->message),
                       .address = keep(s, event_get(e, "source_ip")),
                       .stored = e->in_scope,
                       .zone_assumed =
                           e->kind == EVENT_STATEMENT && event_get(e, "zone").n > 0,
                       .failed = event_get(e, "error").n > 0,
                       .suspicious = suspicious,
                       .in_scope = e->in_scope};
    list_add(&s->marks, m);
}
