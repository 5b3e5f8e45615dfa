#include "analyze/kube/incident/grave.h"

enum { PLACE = sizeof(uint64_t) + sizeof(uint32_t) };

/* A name for the place where a record stands. */
static struct bytes place_key(const struct span *span, uint8_t room[PLACE])
{
    uint32_t item = span->item ? span->item->id : 0;
    memcpy(room, &span->offset, sizeof span->offset);
    memcpy(room + sizeof span->offset, &item, sizeof item);
    return bytes_of(room, PLACE);
}

static bool is_of_api(const struct finding *f)
{
    return bytes_starts(bytes_str(f->kind->id), BYTES("audit_"));
}

static bool of_api(const struct finding *f)
{
    return f->severity >= SEVERITY_HIGH && is_of_api(f);
}

static bool of_sensor(const struct finding *f)
{
    return f->severity >= SEVERITY_HIGH && !is_of_api(f);
}

static bool of_way_out(const struct finding *f)
{
    return strstr(f->kind->attack, "T1611") != NULL;
}

static bool of_escape(const struct finding *f)
{
    return of_sensor(f) && of_way_out(f);
}

static struct intern *places_of(const struct scope *s,
                                bool (*wanted)(const struct finding *f))
{
    const struct findings *all = s->analysis->findings;
    struct intern *places = intern_new();
    uint8_t room[PLACE];
    for (size_t i = 0; i < all->n; i++) {
        const struct finding *f = all->v[i];
        if (f->not_decidable || !wanted(f))
            continue;
        for (size_t k = 0; k < f->span_count; k++)
            intern_put(places, place_key(&f->spans[k], room));
    }
    return places;
}

struct intern *grave_places(const struct scope *s)
{
    return places_of(s, of_api);
}

struct intern *grave_alerts(const struct scope *s, bool escapes)
{
    return places_of(s, escapes ? of_escape : of_sensor);
}

struct intern *grave_ways_out(const struct scope *s)
{
    return places_of(s, of_way_out);
}

bool grave_is_place(const struct intern *places, const struct span *span)
{
    uint8_t room[PLACE];
    uint32_t number;
    return intern_find(places, place_key(span, room), &number);
}

bool grave_is(const struct intern *places, const struct request *r)
{
    return grave_is_place(places, &r->spans[0]);
}

bool grave_is_alert(const struct intern *places, const struct alert *a)
{
    return grave_is_place(places, &a->span);
}
