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

#endif
