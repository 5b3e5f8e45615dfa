/* Shown: pods that the log tells of only because somebody asked for them: answers to GET
 * and LIST in records of level RequestResponse. For analyze/kube/.
 *
 * The decoder (any thread) writes what is wanted of each pod as JSON; the journal keeps
 * each distinct state once, with when it was first seen after another one. The trees are
 * made at the end, of what was kept.
 */
#ifndef ANALYZE_KUBE_SHOWN_H
#define ANALYZE_KUBE_SHOWN_H

#include "analyze/kube/journal.h"

/* One pod of one answer. */
struct shown_pod {
    struct bytes namespace, name;
    struct bytes text; /* JSON, what is wanted of it */
    instant time;      /* of the answer */
    bool partial;      /* a Table: its metadata alone, and its address */
    struct span span;  /* of the record */
    const struct shown_pod *next;
};

/* Is the answer a pod, a list or a Table of them? Cheap: asked of every record. */
bool shown_in(const struct audit_event *e);
/* The pods of one answer in its order, that of the scope first. */
struct shown_pods {
    const struct shown_pod *first;
    uint64_t left; /* more than one record may leave behind */
};
/* Pure. */
struct shown_pods shown_note(const struct scope *s, const struct audit_event *e,
                             struct span span, struct arena *arena);
/* One thread, in order of the records. */
void shown_keep(struct scope *s, const struct shown_pods *pods);
/* At the end: fills scope.shown (struct object *, by time) and adds to scope.objects the
 * last state of each pod that no document tells of. */
void shown_read(struct scope *s);
void shown_free(struct shown *all); /* may be NULL */

#endif
