/* Between the files of coverage only. */
#ifndef ANALYZE_EVENTS_COVERAGE_SOURCES_H
#define ANALYZE_EVENTS_COVERAGE_SOURCES_H

#include "analyze/events/coverage.h"

struct coverage_source {
    const struct item *item;
    struct coverage_part part;
};

struct coverage {
    struct coverage_source **v; /* in order of first sight, which is the order of items */
    size_t n, capacity;
};

/* What the package cannot answer: "question", and "spans", "sources" or "absent". A new
 * reference. */
json_t *coverage_questions(const struct coverage *c, const struct analysis *a);

#endif
