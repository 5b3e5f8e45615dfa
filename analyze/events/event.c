#include "analyze/events/event.h"

#include "formats/base/digest.h"
#include "formats/base/text.h"

static const struct {
    const char *source, *name;
} kinds[EVENT_KIND_COUNT] = {
#define KIND(id, source, name) [EVENT_##id] = {source, name},
    EVENT_KINDS(KIND)
#undef KIND
};

const char *event_kind_name(enum event_kind k)
{
    return kinds[k].name;
}

const char *event_kind_source(enum event_kind k)
{
    return kinds[k].source;
}

enum event_kind event_kind_by_name(struct bytes name)
{
    int k = 0;
    while (k < EVENT_KIND_COUNT && !bytes_is(name, kinds[k].name))
        k++;
    return (enum event_kind)k;
}

const char *clock_domain_name(enum clock_domain c)
{
    static const char *const names[] = {
        [CLOCK_UNKNOWN] = "unknown", [CLOCK_API_SERVER] = "api-server",
        [CLOCK_NODE] = "node",       [CLOCK_PERSON] = "person",
        [CLOCK_STORE] = "store",
    };
    return names[c];
}

void event_field(struct event *e, const char *key, struct bytes value)
{
    if (value.n == 0 || e->field_count == EVENT_FIELDS)
        return;
    e->fields[e->field_count++] = (struct event_field){key, value};
}

struct bytes event_get(const struct event *e, const char *key)
{
    for (size_t i = 0; i < e->field_count; i++)
        if (bytes_is(bytes_str(e->fields[i].key), key))
            return e->fields[i].value;
    return BYTES_NONE;
}

/* What tells records of the kind apart; false when nothing does. */
static bool identity(const struct event *e, struct bytes out[4])
{
    switch (e->kind) {
    case EVENT_API_REQUEST:
        out[0] = event_get(e, "audit_id");
        return out[0].n > 0;
    case EVENT_CLOUD_REQUEST:
        out[0] = event_get(e, "event_id");
        return out[0].n > 0;
    case EVENT_LOG_LINE:
        out[0] = e->message;
        return true;
    case EVENT_RUNTIME_ALERT:
    case EVENT_RUNTIME_EVENT:
    case EVENT_KUBERNETES_EVENT:
    case EVENT_OBJECT_TIME:
    case EVENT_FILE_TIME:
        out[0] = e->action;
        out[1] = e->actor;
        out[2] = e->object;
        out[3] = e->kind == EVENT_FILE_TIME ? bytes_str(e->time_desc) : e->message;
        return true;
    case EVENT_PROCESS_START:
    case EVENT_CHECKPOINT:
        out[0] = e->action;
        out[1] = event_get(e, "container_id");
        return out[1].n > 0;
    case EVENT_STATEMENT:
        out[0] = e->message;
        return true;
    default:
        return false;
    }
}

bool event_sameness(const struct event *e, uint8_t out[SAMENESS])
{
    struct bytes parts[4] = {{0}};
    struct text all = {0};
    if (e->time == INSTANT_NONE || !identity(e, parts))
        return false;
    text_byte(&all, (char)e->kind);
    for (size_t i = 0; i < 4; i++) {
        text_printf(&all, "%zu:", parts[i].n);
        text_add(&all, parts[i]);
    }
    struct digest d = digest_bytes(DIGEST_SHA256, text_bytes(&all));
    memcpy(out, d.octets, SAMENESS);
    text_release(&all);
    return true;
}
