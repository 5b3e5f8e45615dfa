/* Instant: a moment in nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
 *
 * int64 covers 1677-09-21 to 2262-04-11; anything outside does not parse. No function
 * here knows the clock, the locale or the time zone of the machine.
 */
#ifndef FORMATS_BASE_INSTANT_H
#define FORMATS_BASE_INSTANT_H

#include "formats/base/bytes.h"

typedef int64_t instant;

#define INSTANT_NONE INT64_MIN
#define INSTANT_MAX  INT64_MAX /* in April 2262 */
#define NANOSECONDS  INT64_C(1000000000)

/* How finely the source states a time; a stated second is an interval of a second. */
enum precision {
    PRECISION_UNKNOWN,
    PRECISION_NANOSECOND,
    PRECISION_MICROSECOND,
    PRECISION_MILLISECOND,
    PRECISION_SECOND,
    PRECISION_MINUTE,
    PRECISION_DAY,
};
const char *precision_name(enum precision p);
/* PRECISION_UNKNOWN when there is none of that name. */
enum precision precision_by_name(struct bytes name);
/* Length of the interval that a stated time stands for, in nanoseconds. */
int64_t precision_width(enum precision p);

/* Evidence may say any time, also one whose distance from another is more than 64 bits
 * hold: what is beyond either end is at it, so that far stays far. Neither gives
 * INSTANT_NONE unless it was given. */
static inline instant instant_after(instant t, int64_t by)
{
    instant sum;
    if (!__builtin_add_overflow(t, by, &sum) && (sum != INSTANT_NONE || by == 0))
        return sum;
    return by > 0 ? INSTANT_MAX : t == INSTANT_NONE ? t : INSTANT_NONE + 1;
}
/* From `earlier` to `later`, in nanoseconds; negative where it is the other way round. */
static inline int64_t instant_apart(instant later, instant earlier)
{
    int64_t apart;
    return !__builtin_sub_overflow(later, earlier, &apart) ? apart
           : later > earlier                               ? INT64_MAX
                                                           : -INT64_MAX;
}

/* RFC 3339 date-time, any offset, 0 to 9 digits of fraction ('.' or ','), 'T', 't' or a
 * blank between date and time, ':' in the offset optional, ":60" leap second taken as
 * the next second. The whole view must be used. `p` may be NULL. */
bool instant_parse(struct bytes text, instant *out, enum precision *p);
/* The same at the start of a longer text: *used says how many bytes it took. */
bool instant_parse_prefix(struct bytes text, size_t *used, instant *out,
                          enum precision *p);
/* "2026-11-23" is midnight UTC, PRECISION_DAY; everything that instant_parse takes too.
 */
bool instant_parse_date(struct bytes text, instant *out, enum precision *p);
/* IMF-fixdate of RFC 9110: "Thu, 16 Apr 2015 18:19:14 GMT". */
bool instant_parse_http(struct bytes text, instant *out);

/* Whole seconds, milli-, micro- or nanoseconds since the epoch; false on overflow. */
bool instant_from_epoch(int64_t count, enum precision unit, instant *out);
/* A decimal number of epoch time whose unit follows from its magnitude (10 digits s, 13
 * ms, 16 us, 19 ns), with an optional fraction. */
bool instant_parse_epoch(struct bytes text, instant *out, enum precision *p);
/* Civil date (proleptic Gregorian, UTC). */
bool instant_from_civil(int year, int month, int day, instant *out);

#define INSTANT_TEXT 32
/* "2026-11-23T09:45:32.043382926Z": with as many digits as `p` has (9 if unknown).
 * Writes a NUL; `out` has INSTANT_TEXT bytes. INSTANT_NONE gives "". Returns out. */
const char *instant_format(instant t, enum precision p, char out[INSTANT_TEXT]);

#endif
