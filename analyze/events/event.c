#include "analyze/events/event.h"

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
