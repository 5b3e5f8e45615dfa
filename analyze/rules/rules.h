/* Rules: detections written in Sigma 2.1, our own (builtin/) and the analyst's.
 *
 *   rules_load     once: reads, checks, compiles; everything that is wrong with a rule is
 *                  an error with its place, and that rule is not used. Never silent.
 *   rules_match    for each record, on any thread: which rules does it satisfy?
 *   rules_commit   for each match, on one thread, in the order of the log
 *   rules_finish   once: correlations are evaluated in order of time; the findings
 *
 * Documented extensions to Sigma, all of them explicit in the rule's text:
 *   field[]: {map}   one and the same element of the array satisfies the whole map; a
 *                    list of maps is an OR. Plain fields mean any element (record.h).
 *   exhibit.*        fields that are derived from the record (fields.h lists them)
 *   placeholders:    a document that gives %names% of |expand their values
 * A text test on an object looks into it as compact JSON.
 * What the Kubernetes API leaves out because it is empty equals '' in audit records.
 * |neq and null hold where the field is absent. Text is compared without regard to ASCII
 * case unless |cased. A window of `timespan` includes both ends.
 */
#ifndef ANALYZE_RULES_RULES_H
#define ANALYZE_RULES_RULES_H

#include "analyze/events/event.h"
#include "analyze/rules/record.h"
#include "formats/base/mask.h"
#include "verify/finding.h"

struct rules;

/* -- loading ------------------------------------------------------------------------ */

enum rule_problem_level {
    RULE_SKIPPED, /* a sound rule for a log source that exhibit does not read */
    RULE_WARNING, /* the rule is used, but part of it can never match */
    RULE_ERROR,   /* the rule is not used */
};

struct rule_problem {
    enum rule_problem_level level;
    const char *file; /* path as given, or "analyze/rules/builtin/….yml" */
    size_t line;      /* from 1 */
    const char *text; /* what is wrong and what to do, in plain English, escaped */
};

/* The builtin rules (unless `builtin` is false) and those of every directory or file in
 * `paths` (NULL-terminated, may be NULL): *.yml and *.yaml at any depth, in bytewise
 * order of path. Problems are kept (rules_problems). 0, or < 0 when a path cannot be
 * read; then *why says which and why, and lives until rules_free. */
int rules_load(const char *const *paths, bool builtin, struct rules **out,
               const char **why);
/* Rules from text in memory, added to `r`; for tests. `file` must outlive r. */
void rules_add(struct rules *r, const char *file, struct bytes yaml);
struct rules *rules_new(void);
/* After the last rules_add: links correlations and filters, builds the index. */
void rules_compile(struct rules *r);
void rules_free(struct rules *r);

const struct rule_problem *rules_problems(const struct rules *r, size_t *count);

/* -- what a rule is ----------------------------------------------------------------- */

struct rule {
    struct finding_kind kind; /* level, title, ATT&CK, description, falsepositives; its
                                 id is the rule's name where it has one, else its id */
    const char *id;           /* as the rule says, usually a UUID, or "" */
    const char *name;         /* Sigma's `name`, or "" */
    const char *file;
    size_t line;
    const char *status; /* "stable", "test", "experimental", … or "" */
    bool builtin;
    bool correlation;
    bool reported;          /* false: serves only the correlations that name it */
    enum log_source source; /* of a rule that is not a correlation */
    size_t number;          /* index in rules_all */
};
const struct rule *const *rules_all(const struct rules *r, size_t *count);

/* -- matching ----------------------------------------------------------------------- */

enum outcome {
    OUTCOME_MISS = 0,
    OUTCOME_HIT,
    OUTCOME_NOT_DECIDABLE, /* it depends on something that the record cannot show */
};

struct match {
    const struct rule *rule;
    enum outcome outcome;
    const char *why;   /* static: why it is not decidable, else NULL */
    uint64_t request;  /* a hash of the auditID: stages of one request; else 0 */
    struct bytes keys; /* for correlations; opaque. To be copied with the match */
};

/* `match` and what it points to live during the call. */
typedef void match_fn(void *context, const struct match *match);

/* What makes matching fast on one thread at a time: room that is used again, and which
 * rules are possible for which kind of record. A record names it, or NULL. `r` must be
 * compiled and outlive it. */
struct rules_memory;
struct rules_memory *rules_memory_new(const struct rules *r);
void rules_memory_free(struct rules_memory *m); /* `m` may be NULL */

/* Is there a rule about records of this source? `r` may be NULL. */
bool rules_ask(const struct rules *r, enum log_source source);

/* Calls back for every rule that the record satisfies or may satisfy, in the order of
 * rules_all. On any thread, with a memory of its own. */
void rules_match(const struct rules *r, const struct record *record, match_fn *each,
                 void *context);

/* -- from matches to findings ------------------------------------------------------- */

/* State of one analysis; one thread. Both arguments must outlive it. */
struct rules_run;
struct rules_run *rules_run_new(const struct rules *r, const struct mask *mask);
void rules_run_free(struct rules_run *run);

/* A match of the record that `event` tells: its actor, action, object, time and span go
 * into the finding. Matches of one rule with the same actor, action, object, client and
 * source become one finding with several spans. */
void rules_commit(struct rules_run *run, const struct match *match,
                  const struct event *event);
/* rules_match and rules_commit in one: for facts, which come on one thread. */
void rules_apply(struct rules_run *run, const struct record *record,
                 const struct event *event);
/* The source was silent or lost records for a time: what the rules did not see there is
 * not decidable, and a finding says so. */
struct rules_gap {
    enum log_source source;
    instant from, to;
    const char *why; /* static */
    struct span span;
};
void rules_gap(struct rules_run *run, const struct rules_gap *gap);

/* Correlations in order of (time, item, offset), then all findings, in order of rule and
 * first sight. The kinds belong to the rules, which must outlive `all`. */
void rules_finish(struct rules_run *run, struct findings *all);

#endif
