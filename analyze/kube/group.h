/* Group: requests as the user acted.
 *
 * One action may leave several records: the stages of one request; an exec that was tried
 * over a WebSocket (get) and then over SPDY (create); the reads with which kubectl leads
 * up to a write. And the work of controllers is traced through ownerReferences to the
 * request of the person who caused it.
 */
#ifndef ANALYZE_KUBE_GROUP_H
#define ANALYZE_KUBE_GROUP_H

#include "analyze/kube/journal.h"

/* The writes to objects of one resource that were let through, in order of time: most
 * resources have few, and who asks about them should not go through all requests. */
struct written {
    struct bytes resource;
    struct list requests; /* struct request * */
};

/* NULL where there are none. After group_requests. */
const struct list *scope_written(const struct scope *s, const char *resource);

/* After journal_sort. Marks what is part of another request as folded. */
void group_requests(struct scope *s);
/* Scope and reached identities again, now in order of time whatever the order of logs. */
void group_replay(struct scope *s);

/* Requests by their object, those to one in order of time, for keyed_sort; and the number
 * of an object. */
int group_by_object(const struct request *x, const struct request *y);
uint64_t group_key(const struct request *r);

/* The request at the start of the chain of causes; `r` itself when there is none. */
const struct request *request_cause(const struct request *r);

#endif
