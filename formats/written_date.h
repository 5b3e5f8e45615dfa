/* Dates as people write them, the first half of a written time (written_time.h). */
#ifndef FORMATS_WRITTEN_DATE_H
#define FORMATS_WRITTEN_DATE_H

#include "formats/written_time.h"

/* The date that `rest` begins with, put into `t`; `order` is that of dates with slashes.
 * False, and nothing is taken, where there is none. */
bool written_date_take(struct bytes *rest, enum written_order order,
                       struct written_time *t);
/* The same, of a date with the year first alone ("2026-11-23"). */
bool written_year_first_take(struct bytes *rest, struct written_time *t);
/* The character that stands behind a number of a date or time: Chinese's and Japanese's,
 * or Korean's. */
bool written_sign_take(struct bytes *rest, const char *han, const char *hangul);

#endif
