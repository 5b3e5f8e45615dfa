/* Correlate: what one correlation has been given, and what it makes of it. */
#ifndef ANALYZE_RULES_CORRELATE_H
#define ANALYZE_RULES_CORRELATE_H

#include "analyze/rules/private.h"
#include "formats/base/intern.h"

/* A match on its way into a correlation: 48 bytes, because there may be millions. */
struct occurrence {
    instant time;
    uint64_t request; /* stages of one request count once */
    struct span span;
    uint32_t group, value; /* numbers of occurrences.texts */
    uint32_t position;     /* which of the correlation's rules */
};

/* 2 million matches that feed one correlation are 112 MiB; the rules that do that count
 * something else than attacks. */
#define LIMIT_OCCURRENCES 2000000

struct occurrences {
    struct occurrence *v;
    size_t n, capacity;
    uint64_t lost;              /* beyond the limit */
    const struct intern *texts; /* behind their groups and values */
};

/* Events of one group that together satisfy the correlation. */
struct burst {
    const struct occurrence *const *v; /* in order of time */
    size_t n;
    uint32_t group;
    const struct occurrence *since; /* from when on it held: what the finding's time is */
    const struct occurrence *held; /* the first with which it held; v's last, or before */
};

/* Sorts the occurrences and calls back for every burst, in order of group (first seen
 * first) and time. */
void correlate(const struct correlation *c, struct occurrences *all,
               void (*each)(void *context, const struct burst *b), void *context);

/* "5:alice3:web;" to "alice, web", appended. */
void group_readable(struct bytes group, struct text *out);
/* One field's part of an encoded group: up to its ';', which texts may hold as well. */
struct bytes group_part(struct bytes group, size_t which);

#endif
