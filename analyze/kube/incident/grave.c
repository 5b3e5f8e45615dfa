#include "analyze/kube/incident/grave.h"

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
    for (size_t i = 0; i < all->n; i++) {
        const struct finding *f = all->v[i];
        if (f->not_decidable || !wanted(f))
            continue;
        for (size_t k = 0; k < f->span_count; k++)
            places_add(places, &f->spans[k]);
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

bool grave_is(const struct intern *places, const struct request *r)
{
    return places_have(places, &r->spans[0]);
}

bool grave_is_alert(const struct intern *places, const struct alert *a)
{
    return places_have(places, &a->span);
}
