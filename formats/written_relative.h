/* Times that are told from a moment on, as incident records count them: "T+5m", "T-90s",
 * "T+1h30m", "T+00:05", "T + 2 min", "T0". */
#ifndef FORMATS_WRITTEN_RELATIVE_H
#define FORMATS_WRITTEN_RELATIVE_H

#include "formats/base/instant.h"

struct written_relative {
    int64_t after; /* nanoseconds; negative: before it */
    enum precision precision;
};

/* Takes one off the start of the text; false, and *rest untouched, when there is none. */
bool written_relative_take(struct bytes *rest, struct written_relative *out);

#endif
