/* The lines of the identities' patterns, counted as the requests come: who does what,
 * where, with which client. What is asked of them afterwards stands in journal.h. */
#ifndef ANALYZE_KUBE_PATTERNS_H
#define ANALYZE_KUBE_PATTERNS_H

#include "analyze/kube/journal.h"

/* The pattern that the request belongs to, which counts it; NULL when it has no room. It
 * stays valid until the next one is counted. */
struct pattern *patterns_count(struct scope *s, const struct request *r);
/* After lines were taken out: where each one stands. */
void patterns_index(struct scope *s);
/* At the end, when no more come: for patterns_by() and patterns_from(). */
void patterns_chain(struct scope *s);
/* The patterns of an account, and those from an address, in order of first sight: the
 * first, and which follows `p`; or NULL. */
const struct pattern *patterns_by(const struct scope *s, uint32_t account);
const struct pattern *patterns_next_by(const struct scope *s, const struct pattern *p);
const struct pattern *patterns_from(const struct scope *s, uint32_t address);
const struct pattern *patterns_next_from(const struct scope *s, const struct pattern *p);

#endif
