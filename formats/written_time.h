/* Times as people write them: "2026-11-23 09:45", "23 Nov 2026, 9:45:32 CET", "09:45". */
#ifndef FORMATS_WRITTEN_TIME_H
#define FORMATS_WRITTEN_TIME_H

#include "formats/base/bytes.h"
#include "formats/base/instant.h"

struct written_time {
    bool has_date, has_clock, has_zone;
    int year, month, day;
    int64_t clock; /* nanoseconds since midnight */
    int64_t zone;  /* nanoseconds east of UTC */
    enum precision precision;
};

/* Takes a date, a clock time, or both off the start of the text, with a zone behind them.
 * False, and *rest untouched, when there is none. */
bool written_time_take(struct bytes *rest, struct written_time *out);
/* A zone by name or offset ("UTC", "UTC+2", "+02:00", "CEST") at the start of the text.
 */
bool written_zone_take(struct bytes *rest, int64_t *zone);

#endif
