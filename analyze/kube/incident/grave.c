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

struct intern *grave_places(const struct scope *s)
{
    const struct findings *all = s->analysis->findings;
    struct intern *places = intern_new();
    uint8_t room[PLACE];
    for (size_t i = 0; i < all->n; i++) {
        const struct finding *f = all->v[i];
        if (f->severity < SEVERITY_HIGH || f->not_decidable ||
            !bytes_starts(bytes_str(f->kind->id), BYTES("audit_")))
            continue;
        for (size_t k = 0; k < f->span_count; k++)
            intern_put(places, place_key(&f->spans[k], room));
    }
    return places;
}

bool grave_is(const struct intern *places, const struct request *r)
{
    uint8_t room[PLACE];
    uint32_t number;
    return intern_find(places, place_key(&r->spans[0], room), &number);
}
