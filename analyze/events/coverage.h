/* Coverage: what each source can show, and what it cannot: its first and last record,
 * where it was silent against its own rhythm, what in it was damaged or lost, and the
 * questions that this package leaves open. Written as coverage.json.
 */
#ifndef ANALYZE_EVENTS_COVERAGE_H
#define ANALYZE_EVENTS_COVERAGE_H

#include <jansson.h>

#include "analyze/analysis.h"
#include "analyze/events/rhythm.h"
#include "formats/audit.h"
#include "formats/base/fault.h"
#include "formats/falco.h"

#define COVERAGE_PLACES FINDING_SPANS
#define COVERAGE_GAPS   32
#define COVERAGE_LEVELS 5
#define COVERAGE_STAGES 5

/* Places in an item, the first ones kept. */
struct coverage_places {
    struct {
        uint64_t offset, length;
        struct fault fault;
    } v[COVERAGE_PLACES];
    size_t n;
    uint64_t more;
};

struct coverage_gap {
    instant from, to;        /* times of the records before and behind the silence */
    uint64_t offset, length; /* of the record behind it */
};
/* How long it is, in nanoseconds. */
int64_t coverage_silence(const struct coverage_gap *g);

/* What one chunk, or one whole item, shows. Zero is not its start: coverage_part_init. */
struct coverage_part {
    uint64_t records; /* that were understood, partial ones included */
    uint64_t other;   /* intact, but not of this kind (program messages) */
    uint64_t undated; /* without a time */
    uint64_t drop_notices, dropped;
    instant dropped_first, dropped_last; /* times of the notices, or INSTANT_NONE */
    uint64_t backwards;                  /* earlier than the record before it */
    uint64_t bodies_removed;
    instant first, last; /* smallest and largest time, or INSTANT_NONE */
    uint64_t last_offset, last_length;
    instant opening; /* of the first record in the order of the text */
    uint64_t opening_offset, opening_length;
    uint64_t levels[COVERAGE_LEVELS], stages[COVERAGE_STAGES];
    uint64_t bodies;        /* audit: records with a request or response body */
    uint64_t reads, writes; /* audit, of an API server: get, list and watch; others */
    struct coverage_places malformed, partial, twice, drops, clocks;
    struct intervals intervals;              /* between neighbours */
    struct coverage_gap gaps[COVERAGE_GAPS]; /* the longest silences, longest first */
    size_t gap_count;
    const char *looks_like; /* static: of a log that is not read, what it is; else NULL */
};
void coverage_part_init(struct coverage_part *p);
void coverage_place(struct coverage_places *p, uint64_t offset, uint64_t length,
                    struct fault fault);
/* A record of this time stands at this place. */
void coverage_record(struct coverage_part *p, instant time, uint64_t offset,
                     uint64_t length);
/* The sensor tells at this time that it lost so many events. */
void coverage_dropped(struct coverage_part *p, instant time, uint64_t count);
void coverage_audit(struct coverage_part *p, const struct audit_event *e);
/* A record that could not be read, or not wholly. */
void coverage_fault(struct coverage_part *p, struct fault fault, uint64_t offset,
                    uint64_t length);
/* `next` follows on `p` in the same item. */
void coverage_append(struct coverage_part *p, const struct coverage_part *next);

/* A silence, if it is among the longest. */
void coverage_add_gap(struct coverage_part *p, struct coverage_gap gap);

struct coverage;
struct verification; /* verify/verification.h */
struct coverage *coverage_new(void);
void coverage_free(struct coverage *c);
/* The part of an item, made when it is new. One thread. */
struct coverage_part *coverage_of(struct coverage *c, const struct item *item);

/* Before the two below: what files of one log tell of each other. */
void coverage_join(struct coverage *c);
/* Findings for malformed and cut records, drops and gaps; gaps and drops to the rules. */
void coverage_findings(struct coverage *c, struct analysis *a);
/* After the verification: sources with records later than a time-stamp that covers them.
 */
void coverage_after_seal(const struct coverage *c, const struct verification *v,
                         struct analysis *a);
/* The document "coverage", schema "exhibit/coverage/1". New reference. */
json_t *coverage_to_json(const struct coverage *c, const struct analysis *a);

#endif
