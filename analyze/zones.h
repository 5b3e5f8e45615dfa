/* The time zones of this machine (Debian: tzdata), for times that people wrote down. */
#ifndef ANALYZE_ZONES_H
#define ANALYZE_ZONES_H

#include "formats/base/arena.h"
#include "formats/written_zone.h"

/* What must stay readable in the sandbox. */
#define ZONES_FOLDER "/usr/share/zoneinfo"

/* Zero-initialise; owns what it has read. */
struct zones {
    struct zone_file *v;
    size_t n, capacity;
    struct arena arena;
};
void zones_release(struct zones *z);

/* The rules of "Europe/Berlin", whatever its case; NULL when they are not there. For
 * struct written_zones; `context` is a struct zones. */
const struct tzif *zones_find(void *context, struct bytes name);
/* A zone that a user gave, by name or offset; false when it is none, or has several
 * meanings. */
bool zones_given(struct zones *z, const char *text, struct written_zone *out);

#endif
