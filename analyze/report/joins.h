/* Joins: what several kinds of sources name, and where each names it first. It is how the
 * records of one incident are known to belong together: the container of an alert is that
 * of the checkpoint, the program in memory has the bytes of the file on disk.
 */
#ifndef ANALYZE_REPORT_JOINS_H
#define ANALYZE_REPORT_JOINS_H

#include "analyze/report/report.h"

#define JOIN_SOURCES 12
#define JOIN_NAMES   5

struct join_seen {
    struct bytes source;     /* "audit", "checkpoint": as of events */
    struct case_place place; /* the first; only ids, offset and length */
    size_t count;
};

struct join {
    const char *kind; /* "Pod", "Container", "File" … */
    struct bytes value;
    struct bytes names[JOIN_NAMES]; /* of a digest: what has these bytes */
    size_t name_count;
    struct join_seen seen[JOIN_SOURCES];
    size_t sources;
};

struct joins;
/* Those that at least two kinds of sources name, by kind, the most named first. */
struct joins *joins_new(struct case_reader *r);
void joins_free(struct joins *j);
/* NULL behind the last. Lives as long as `j`. */
const struct join *joins_at(const struct joins *j, size_t i);

#endif
