#include "analyze/kube/places.h"

enum { PLACE = sizeof(uint64_t) + sizeof(uint32_t) };

static struct bytes key_of(const struct span *span, uint8_t room[PLACE])
{
    uint32_t item = span->item ? span->item->id : 0;
    memcpy(room, &span->offset, sizeof span->offset);
    memcpy(room + sizeof span->offset, &item, sizeof item);
    return bytes_of(room, PLACE);
}

void places_add(struct intern *places, const struct span *span)
{
    uint8_t room[PLACE];
    intern_put(places, key_of(span, room));
}

bool places_have(const struct intern *places, const struct span *span)
{
    uint8_t room[PLACE];
    uint32_t number;
    return intern_find(places, key_of(span, room), &number);
}
