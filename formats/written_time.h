/* Times as people write them: "2026-11-23 09:45", "23 Nov 2026, 9:45:32 CET", "09:45",
 * "23. November 2026, 9 Uhr", "le 23 novembre 2026, 9h45". */
#ifndef FORMATS_WRITTEN_TIME_H
#define FORMATS_WRITTEN_TIME_H

#include "formats/base/bytes.h"
#include "formats/base/instant.h"

struct written_time {
    bool has_date, has_clock, has_zone;
    int year, month, day; /* year 0: not told (written_short_take) */
    int64_t clock;        /* nanoseconds since midnight */
    int64_t zone;         /* nanoseconds east of UTC */
    enum precision precision;
};

/* "04/05/2026" is a day in May or one in April: a text tells by those of its dates that
 * can be read only one way. */
enum written_order { ORDER_NOT_TOLD = 0, ORDER_DAY_FIRST, ORDER_MONTH_FIRST };
enum written_order written_order_of(struct bytes text);
/* Does the text begin with such a date? */
bool written_date_has_slashes(struct bytes text);

/* Takes a date, a clock time, or both off the start of the text, with a zone behind them.
 * False, and *rest untouched, when there is none. */
bool written_time_take(struct bytes *rest, enum written_order order,
                       struct written_time *out);
/* Takes a number of seconds, milli-, micro- or nanoseconds since 1970, as exports have
 * it. */
bool written_epoch_take(struct bytes *rest, struct written_time *out);
/* Takes a day without a year, and a clock time behind it, as logs and notes have them:
 * "Nov 23 09:45:32", "23 November, 9:45 pm CET"; also the year where it stands last, as
 * `date` prints it. */
bool written_short_take(struct bytes *rest, struct written_time *out);
/* The moment, taken for UTC where no zone is told; without a year in the one in which the
 * day lies nearest to `near`. False where the date is none, or no year is known. */
bool written_time_place(const struct written_time *t, instant near, instant *out);

#endif
