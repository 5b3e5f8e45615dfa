/* Clues: what of an event another source would have recorded too, if it saw the same act.
 *
 * A command that was run in a pod stands in the audit log (exec), in an alert, in a log
 * line that carries an injection; a file that was written has times of its own and is
 * named by the alert; an object has the time of its creation and the request that made
 * it. Two events that share a clue may be one act seen by two clocks (clocks.h). A clue
 * alone proves nothing: what many pairs agree on counts.
 */
#ifndef ANALYZE_EVENTS_CLUE_H
#define ANALYZE_EVENTS_CLUE_H

#include "analyze/events/event.h"

enum clue_kind {
    CLUE_COMMAND, /* a command line, without its wrappers and its program's folder */
    CLUE_FILE,    /* a path */
    CLUE_CREATED, /* "resource namespace/name" */
    CLUE_WRITTEN, /* the same: created, changed or deleted */
    CLUE_BOUND,   /* "namespace/pod": given to a node */
    CLUE_REQUEST, /* the id of a request, as the audit log or a line of a server has it */
    CLUE_URI,     /* path and query of a request */
    CLUE_DUMPED,  /* a container was checkpointed */
    CLUE_LINE,    /* a line of a container's log, as it stands in another file */
    CLUE_CONTAINER, /* the first 12 digits of the id of a container that was made */
    CLUE_STATED,    /* a statement and what the evidence has for it (kube/claims.c) */
    CLUE_MADE,      /* the pod's making, before whatever is of it (clocks_bounds.c) */
    CLUE_ACTED,     /* a request of the pod, after its container was made */
};
/* "the same command", for people. */
const char *clue_name(enum clue_kind kind);

struct clue {
    enum clue_kind kind;
    struct bytes what;  /* lives during the call */
    struct bytes where; /* pod: two clues with different ones are no pair; may be empty */
};
typedef void clue_fn(void *context, const struct clue *clue);

/* Calls back for each clue of the event, none twice. */
void clues_of(const struct event *e, clue_fn *each, void *context);

#endif
