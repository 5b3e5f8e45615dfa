/* Crowd: which alerts, and which other events beside the audit log, are kept where
 * sensors tell more than memory is given for. A noisy rule says the same for weeks, and
 * the incident is behind it: what is new of its kind, of its ten minutes or of its form
 * finds room where what is repeated finds none any more. For analyze/kube/ only. */
#ifndef ANALYZE_KUBE_CROWD_H
#define ANALYZE_KUBE_CROWD_H

#include "analyze/events/event.h"

struct crowd;

struct likeness {
    struct bytes kind; /* who does what, as text */
    uint64_t form;     /* and how exactly: bytes_hash of it */
    instant time;
    bool in_scope;
};

/* Counts it. Is there room for it beside the `kept` ones of `ceiling` at most? `*c` is
 * made when it is NULL. */
bool crowd_admits(struct crowd **c, const struct likeness *of, size_t kept,
                  size_t ceiling);
void crowd_free(struct crowd *c);

#endif
