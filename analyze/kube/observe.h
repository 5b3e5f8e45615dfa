/* Observe: how the stream of log records reaches analyze/kube.
 *
 * In the decoder (any thread) kube_note_* looks at a record and, when it matters, copies
 * what matters into a note. At the commit (one thread, in order) kube_observe takes the
 * note and says whether its record is in scope at that moment: the scope may have grown
 * with identities that the attacker reached in records before.
 *
 *     decode:  note = kube_note_audit(scope, &record, span, arena);
 *              if (note)  build the event, keep it with the note in the batch
 *     commit:  event.in_scope = kube_observe(scope, note);
 *              case_event() if it is in scope
 *
 * A record without a note cannot be in scope and need not become an event. Every note
 * must be given to kube_observe exactly once, before its arena is released.
 */
#ifndef ANALYZE_KUBE_OBSERVE_H
#define ANALYZE_KUBE_OBSERVE_H

#include "analyze/events/event.h"
#include "analyze/kube/scope.h"
#include "formats/audit.h"
#include "formats/falco.h"

struct kube_note;

/* Pure: read only what does not change in the scope. NULL when the record cannot matter.
 * The note and its views live in `arena`. `s` may be NULL: then nothing matters. */
struct kube_note *kube_note_audit(const struct scope *s, const struct audit_event *e,
                                  struct span span, struct arena *arena);
struct kube_note *kube_note_falco(const struct scope *s, const struct falco_alert *a,
                                  struct span span, struct arena *arena);
/* Would kube_note_audit give a note? */
bool kube_wants_audit(const struct scope *s, const struct audit_event *e);

/* Where a container log, runtime event, Kubernetes event or object belongs; what is not
 * known is empty. */
struct kube_place {
    struct bytes namespace, pod, pod_uid, container, container_id, sandbox_id, node;
    struct bytes kind, name; /* of an involved object: "Pod", "Node", … */
};
/* Pure: does a record of this place belong to the scope? For every source that has no
 * note of its own. A log item whose pod nobody tells is in scope when it is the only
 * one: the caller decides that with an empty place. */
bool kube_in_scope(const struct scope *s, const struct kube_place *place);
/* The same at the commit, where records before this one may have told which containers
 * and sandboxes are the pod's; what this one tells is remembered. */
bool kube_observe_place(struct scope *s, const struct kube_place *place);

/* Takes the note in; true when its record is in scope now. `note` may be NULL. */
bool kube_observe(struct scope *s, struct kube_note *note);
/* Any other event that was given to case_event, from any room (log lines, Kubernetes
 * events, object times, processes, files, statements of the written timeline): evidence
 * beside the incident's turning points. One thread. `s` may be NULL. */
void kube_observe_event(struct scope *s, const struct event *e, bool grave);

/* A line of a node's journal: does the kubelet take a pod in, of whatever workload? */
void kube_observe_arrival(struct scope *s, const struct event *e);

/* Where a connection was seen; the network plugin says what it did with it, too. */
enum connection_seen {
    CONNECTION_IN_CHECKPOINT = 0,
    CONNECTION_LET_THROUGH,
    CONNECTION_HELD_BACK,
};

/* A connection of the pod: its other end, and the port that was called, of this end where
 * it was accepted; -1: not told. */
struct kube_connection {
    enum connection_seen seen;
    instant time; /* when it was seen */
    enum precision precision;
    struct span span;
    struct bytes peer, protocol; /* "198.51.100.9", "TCP" */
    int64_t port;
    bool accepted;
};
void kube_observe_connection(struct scope *s, const struct kube_connection *c);

/* The time that --baseline's records end; its records are noted with kube_note_audit and
 * taken in with this instead of kube_observe. */
void kube_observe_baseline(struct scope *s, struct kube_note *note);

#endif
