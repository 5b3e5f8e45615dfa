/* Story: what the files that tell it share (for analyze/kube/ only).
 *
 * A fact is one step: a sentence made from a record, the places that prove it, how sure
 * it is, and what speaks against it. Nothing is told that no place proves.
 */
#ifndef ANALYZE_KUBE_STORY_H
#define ANALYZE_KUBE_STORY_H

#include "analyze/kube/incident/incident.h"

#define FACT_SPANS    16
#define FACT_FINDINGS 8
#define FACT_AGAINST  4

struct fact {
    instant time, placed; /* as stated; by the reference clock, for the order */
    enum event_kind kind;
    enum precision precision;
    const char *phase;     /* a tactic of ATT&CK, or "response" */
    struct bytes lead;     /* raw: how the sentence begins, "The sensor reported" */
    struct bytes sentence; /* raw: what follows it */
    struct bytes subject;  /* of findings that say more of one thing; else empty */
    struct span spans[FACT_SPANS];
    size_t span_count;
    enum confidence confidence;
    const struct finding *findings[FACT_FINDINGS];
    size_t finding_count;
    const char *against[FACT_AGAINST]; /* static, or as long as the findings */
    size_t against_count;
    bool leads_in; /* somebody's session in the pod, before the first sign */
    /* So many more are told with it, the last at `until`: the same, or some alike. */
    size_t more;
    bool alike;
    instant until;
};

struct story {
    struct incident *in;
    struct list facts; /* struct fact *, in order of place once all are there */
};

/* Ignored when the story is full. What is told already gets the places of the other; what
 * is told often, its number. */
void story_add(struct story *y, struct fact f);
/* The sentence without its lead, and how often more: appended. */
void fact_what(const struct fact *f, struct text *out);
void fact_span(struct fact *f, struct span span);
void fact_against(struct fact *f, const char *why);

/* -- where facts come from ----------------------------------------------------------- */

/* Requests, alerts, log lines, and what was done against the incident. */
void story_add_records(struct story *y);
/* What was asked of the cloud from where the attacker works. */
void story_add_cloud(struct story *y);
/* Processes that a sensor saw and rules call grave, and their connections. */
void story_add_processes(struct story *y);
/* Ties findings to the facts whose places prove them; those about files and processes
 * that no fact tells become facts. */
void story_add_findings(struct story *y);

/* -- what is told beside them -------------------------------------------------------- */

/* The few sentences that are read first, each with its places. */
/* What the first sign is, in a sentence; NULL where no step is it. */
json_t *story_first_sentence(const struct story *y);
json_t *story_summary(const struct story *y);
/* What stays open, each with its places where there are any. */
json_t *story_questions(const struct story *y);

/* "Service account shop/api", "alice@example": appended. */
void story_who(struct text *t, struct bytes user);
/* " (jane)", where the record tells how people call who acted; appended. */
void story_known_as(struct text *t, const struct request *r);
/* "created pod kube-system/gw", "listed secrets of all namespaces": appended. */
void story_what(struct text *t, const struct request *r);
/* ", and was refused": how it ended, where that is to be said; appended. */
void story_outcome(struct text *t, const struct request *r);
/* "asked the cloud for CreateAccessEntry of shop/…": appended. */
void story_cloud(struct text *t, const struct mark *m);

#endif
