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
    struct join_seen *next;
};

struct join_name {
    struct bytes name;
    struct join_name *next;
};

struct join {
    const char *kind; /* "Pod", "Container", "File" … */
    size_t rank;      /* of the kind */
    struct bytes value;
    struct join_name *names; /* of a digest: what has these bytes; JOIN_NAMES at most */
    struct join_seen *seen;  /* JOIN_SOURCES at most */
    size_t sources;          /* so many are seen */
};

struct joins;
/* Those that at least two kinds of sources name, by kind, the most named first. */
struct joins *joins_new(struct case_reader *r);
void joins_free(struct joins *j);
/* NULL behind the last. Lives as long as `j`. */
const struct join *joins_at(const struct joins *j, size_t i);

#endif
