/* Logs: all logs of a package as a stream: decoded in chunks on several threads,
 * committed in order on one. */
#ifndef ANALYZE_EVENTS_LOGS_H
#define ANALYZE_EVENTS_LOGS_H

#include "analyze/analysis.h"
#include "analyze/events/coverage.h"

/* Events into the case file, notes to the scope, matches to the rules, counts to the
 * coverage. 0 or < 0. */
int logs_analyze(struct analysis *a, struct coverage *coverage);
/* The same for documents: Kubernetes objects and events, written timelines. */
int documents_analyze(struct analysis *a, struct coverage *coverage);

/* Takes the records of a->baseline in, before any others. 0 or < 0. */
int baseline_analyze(struct analysis *a);

/* After kube_end: events of records that turned out to be in scope only then. 0 or < 0.
 */
int late_analyze(struct analysis *a);

/* Is an event of this time asked for (--since, --until)? */
bool analysis_wants_time(const struct analysis *a, const struct event *e);

#endif
