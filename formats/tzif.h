/* Time zones as their rules are kept on a machine: TZif files (RFC 8536), versions 1 to
 * 4, whose last rule is a POSIX TZ string (section 3.3; IEEE 1003.1 chapter 8.3). Files
 * that count leap seconds ("right/") are not read.
 *
 * Times here are seconds since 1970-01-01T00:00:00Z, or the same of a local clock.
 */
#ifndef FORMATS_TZIF_H
#define FORMATS_TZIF_H

#include "formats/base/bytes.h"
#include "formats/base/fault.h"

/* When in a year a rule begins. */
struct tzif_date {
    enum { TZIF_MONTH, TZIF_JULIAN, TZIF_DAY } kind; /* "Mm.w.d", "Jn", "n" */
    int month, week, day;
    int64_t second; /* of the local day; may lie beyond it, on either side */
};

/* The string at the end, for all times after the last one in the file. */
struct tzif_rule {
    struct bytes standard, summer; /* abbreviations; `summer` empty: there is none */
    int64_t standard_offset, summer_offset;
    struct tzif_date begins, ends;
};

/* Views into the data. */
struct tzif {
    struct bytes times, types, offsets, names; /* of the block that is used */
    size_t time_count, type_count;
    bool wide; /* times of eight octets */
    bool has_rule;
    struct tzif_rule rule;
};

bool tzif_read(struct bytes data, struct tzif *out, struct fault *fault);

/* Seconds east of UTC at that moment. */
int64_t tzif_offset(const struct tzif *z, int64_t t);

enum tzif_place {
    TZIF_ONCE,
    TZIF_TWICE,  /* clocks went back: the first of the two moments is given */
    TZIF_SKIPPED /* clocks went forward over it: counted on from before */
};
/* The moment at which clocks there show that local time. */
enum tzif_place tzif_moment(const struct tzif *z, int64_t local, int64_t *t);

/* The offset that an abbreviation stands for there: as the rule at the end has it, else
 * as the file has it last. */
bool tzif_abbreviation(const struct tzif *z, struct bytes name, int64_t *offset);

#endif
