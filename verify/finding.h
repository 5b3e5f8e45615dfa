/* Finding: a statement about the evidence that somebody must look at, with its proof.
 *
 * One struct serves integrity and detection. A kind says once what all its findings
 * share; text for people is made by the writers from kind, subject and arguments.
 */
#ifndef VERIFY_FINDING_H
#define VERIFY_FINDING_H

#include "formats/base/arena.h"
#include "verify/item.h"

enum severity {
    SEVERITY_INFO,
    SEVERITY_LOW,
    SEVERITY_MEDIUM,
    SEVERITY_HIGH,
    SEVERITY_CRITICAL
};
const char *severity_name(enum severity s);
bool severity_by_name(struct bytes name, enum severity *out);

enum confidence { CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };
const char *confidence_name(enum confidence c);

struct finding_kind {
    const char *id; /* "integrity.mismatch", "process.exe-deleted", a rule's id */
    enum severity severity;
    const char *title;  /* one line */
    const char *attack; /* ATT&CK technique ids, comma-separated, or "" */
    const char *why;    /* why it matters */
    const char *refute; /* what would make it harmless */
};

#define FINDING_SPANS     16
#define FINDING_ARGUMENTS 12

struct argument {
    const char *name;   /* static or as long as the finding */
    struct bytes value; /* evidence bytes: unescaped, credentials already masked */
};

struct finding {
    const struct finding_kind *kind;
    enum severity severity; /* the kind's, unless the evidence speaks for less */
    struct bytes subject;   /* what it is about: a path, "pid 14", an account */
    enum confidence confidence;
    instant time;       /* when it happened, or INSTANT_NONE */
    bool not_decidable; /* the evidence forbids a conclusion; arguments say why */
    struct span spans[FINDING_SPANS];
    size_t span_count;   /* >= 1 in everything that is reported */
    uint64_t more_spans; /* that did not fit */
    struct argument arguments[FINDING_ARGUMENTS];
    size_t argument_count;
};

/* What integrity can find (findings.def). */
enum integrity_finding {
#define FINDING(name, id, severity, title, why, refute) INTEGRITY_##name,
#include "verify/findings.def"
#undef FINDING
    INTEGRITY_COUNT
};

/* All findings of a run, in order of addition; owns copies of everything in them but the
 * kinds. Not thread-safe: findings are added by the thread that finishes jobs. */
struct findings {
    struct finding **v;
    size_t n, capacity;
    uint32_t kept[INTEGRITY_COUNT]; /* by findings_add_some */
    uint64_t more;                  /* that it did not keep */
    struct arena arena;
};

/* Building one: struct finding f = finding_of(&kind, subject, span); then the setters. */
struct finding finding_of(const struct finding_kind *kind, struct bytes subject,
                          struct span span);
void finding_span(struct finding *f, struct span span);
void finding_argument(struct finding *f, const char *name, struct bytes value);
/* The argument of that name; empty: there is none. */
struct bytes finding_argument_of(const struct finding *f, const char *name);
/* Copies *f. */
void findings_add(struct findings *all, const struct finding *f);
/* The same for one of integrity's kinds, of which evidence can make any number: the first
 * LIMIT_FINDINGS are kept, the others counted. */
void findings_add_some(struct findings *all, const struct finding *f);
/* Total order: what was decided first, severity down, time, item id, offset, kind id,
 * subject. */
void findings_sort(struct findings *all);
void findings_release(struct findings *all);

/* Integrity's own kinds, by catalogue name: INTEGRITY(MISMATCH) is a const pointer. */
const struct finding_kind *integrity_kind(enum integrity_finding which);
#define INTEGRITY(name) integrity_kind(INTEGRITY_##name)

#endif
