/* How the time of a line lies to the one that it names, or to the line before: "before
 * 11:30", "5 minutes after 11:00", "10 minutes later", "shortly after", "gleichzeitig".
 * Between the files of written timelines only. */
#ifndef FORMATS_WRITTEN_BOUNDS_H
#define FORMATS_WRITTEN_BOUNDS_H

#include "formats/writtentimeline.h"

struct written_bound {
    enum timeline_bound bound;
    int64_t after;            /* nanoseconds from the time that is named */
    bool about;               /* "approx.", "~" */
    bool range;               /* "between", so that "and" stands before its end */
    enum precision precision; /* of `after` */
};

/* Words before a time, off the start of the text; where there are none nothing is taken.
 */
bool written_bound_take(struct bytes *rest, struct written_bound *out);
/* A line that begins with how it lies to the line before: "2 minutes later",
 * "afterwards". */
bool written_after_take(struct bytes *rest, struct written_bound *out);

#endif
