/* Zones as people write them beside times, or above them: "UTC+2", "CEST", "+02:00",
 * "Europe/Berlin". An abbreviation that means several zones is none: it is told. */
#ifndef FORMATS_WRITTEN_ZONE_H
#define FORMATS_WRITTEN_ZONE_H

#include "formats/base/instant.h"
#include "formats/tzif.h"

enum written_zone_kind {
    ZONE_NOT_TOLD = 0,
    ZONE_OFFSET,
    ZONE_RULES,
    ZONE_AMBIGUOUS, /* CST: of America, of China, of Cuba */
    ZONE_UNKNOWN,   /* a name whose rules nobody here knows */
};

struct written_zone {
    enum written_zone_kind kind;
    int64_t offset;           /* of ZONE_OFFSET: nanoseconds east of UTC */
    const struct tzif *rules; /* of ZONE_RULES */
};

/* Who knows the rules of "Europe/Berlin": NULL, or what lives as long as they are asked.
 */
struct written_zones {
    const struct tzif *(*find)(void *context, struct bytes name);
    void *context;
};

/* An offset, by name or by number, off the start of the text. */
bool written_zone_take(struct bytes *rest, int64_t *zone);
/* Any zone off the start of the text. What an ambiguous abbreviation means is told by the
 * rules of `home`, where it has them. */
bool written_zone_read(struct bytes *rest, const struct written_zones *zones,
                       const struct written_zone *home, struct written_zone *out);
/* The moment of a local time, counted in nanoseconds as if it were UTC; INSTANT_NONE for
 * a zone that is not known. */
enum tzif_place written_zone_moment(const struct written_zone *zone, instant local,
                                    instant *out);

#endif
