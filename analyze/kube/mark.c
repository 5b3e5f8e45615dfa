/* Events of other rooms that stand beside the turning points. */
#include "analyze/kube/crowd.h"
#include "analyze/kube/incident/injection.h"
#include "analyze/kube/journal.h"
#include "formats/base/limits.h"

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

static uint64_t add_form(uint64_t form, struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (!is_digit(b.p[i]))
            form = bytes_hash(form, bytes_sub(b, i, 1));
    return form;
}

/* Numbers differ each time and make no form of their own. */
static uint64_t form_of(const struct event *e)
{
    return add_form(add_form(add_form(BYTES_HASH, e->actor), e->object), e->message);
}

/* Who does what: of a log line what attack it looks like, of a process the program, of
 * the cloud from where. */
static void kind_of(const struct event *e, bool suspicious, struct text *out)
{
    const char *injection = e->kind == EVENT_LOG_LINE ? injection_in(e->message) : NULL;
    const struct bytes who[] = {bytes_str(injection ? injection : ""),
                                bytes_sub(e->actor, 0, bytes_find_byte(e->actor, ' ')),
                                e->action, event_get(e, "source_ip")};
    text_printf(out, "%d%d\n", (int)e->kind, suspicious);
    crowd_kind(out, who, sizeof who / sizeof *who);
}

/* Requests to the cloud have rooms of their own. */
static bool has_room(struct scope *s, const struct event *e, bool suspicious)
{
    bool of_cloud = e->kind == EVENT_CLOUD_REQUEST;
    size_t *cloud = &s->cloud_marks[event_get(e, "discloses").n > 0];
    size_t others = s->marks.n - s->cloud_marks[0] - s->cloud_marks[1];
    struct text kind = {0};
    kind_of(e, suspicious, &kind);
    struct likeness of = {text_bytes(&kind), form_of(e), e->time, e->in_scope};
    enum novelty novelty = crowd_count(&s->marks_seen, &of);
    bool room = of_cloud ? crowd_has_room(novelty, *cloud, LIMIT_KUBE_CLOUD)
                         : crowd_has_room(novelty, others, LIMIT_KUBE_MARKS);
    *(of_cloud ? &s->cloud_left : &s->marks_left) += !room;
    *cloud += of_cloud && room;
    text_release(&kind);
    return room;
}

static struct bytes keep(struct scope *s, struct bytes b)
{
    return b.n ? intern_get(s->words, intern_put(s->words, bytes_sub(b, 0, 1024)))
               : BYTES_NONE;
}

void kube_observe_event(struct scope *s, const struct event *e, bool grave)
{
    bool suspicious = grave;
    if (!s || !is_wanted(e, &suspicious) || !has_room(s, e, suspicious))
        return;
    struct mark *m = arena_new(&s->arena, struct mark);
    *m = (struct mark){.kind = e->kind,
                       .time = e->time,
                       .end = e->end,
                       .precision = e->precision,
                       .span = e->span,
                       .actor = keep(s, e->actor),
                       .found = e->kind == EVENT_RUNTIME_EVENT && e->clock == CLOCK_STORE,
                       .action = keep(s, e->action),
                       .object = keep(s, e->object),
                       .message = keep(s, e->message),
                       .address = keep(s, event_get(e, "source_ip")),
                       .stored = e->in_scope,
                       .zone_assumed =
                           e->kind == EVENT_STATEMENT && event_get(e, "zone").n > 0,
                       .before = bytes_starts(event_get(e, "when"), BYTES("before")),
                       .after = bytes_starts(event_get(e, "when"), BYTES("after")),
                       .said = event_get(e, "written").n > 0,
                       .loose = bytes_starts(event_get(e, "when"), BYTES("about")) ||
                                event_get(e, "about").n > 0,
                       .failed = event_get(e, "error").n > 0,
                       .discloses = event_get(e, "discloses").n > 0,
                       .key = keep(s, event_get(e, "access_key_id")),
                       .issued = keep(s, event_get(e, "issued_key_id")),
                       .policy = keep(s, event_get(e, "policy")),
                       .policy_scope = keep(s, event_get(e, "policy_scope")),
                       .suspicious = suspicious,
                       .in_scope = e->in_scope};
    list_add(&s->marks, m);
}
