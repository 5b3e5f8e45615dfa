/* Crowd: what is new among many of the same. Sensors and workloads tell more than memory
 * is given for: a noisy rule says the same for weeks, an operator asks the API for ever,
 * and the incident is behind it. What is new of its kind, of its ten minutes or of its
 * form finds room where what is repeated finds none any more. For analyze/kube/ only. */
#ifndef ANALYZE_KUBE_CROWD_H
#define ANALYZE_KUBE_CROWD_H

#include "analyze/events/event.h"
#include "formats/base/text.h"

struct crowd;

struct likeness {
    struct bytes kind; /* who does what, as text */
    uint64_t form;     /* and how exactly: a hash of it */
    instant time;
    bool matters; /* in scope, or grave: more of its kind are new */
};

enum novelty {
    NOVELTY_NONE,    /* it repeats what others said */
    NOVELTY_FORM,    /* one of the first of its form */
    NOVELTY_MINUTES, /* one of the first of its kind in its ten minutes */
    NOVELTY_OTHERS,  /* one of the first of its kind, which does not matter */
    NOVELTY_KIND,    /* one of the first of its kind, which does */
};

/* A kind's text from who and what it is about: each part on a line, appended. */
void crowd_kind(struct text *out, const struct bytes *parts, size_t n);
/* Counts it. `*c` is made when it is NULL. */
enum novelty crowd_count(struct crowd **c, const struct likeness *of);
/* Is there room for it beside the `kept` ones, of `ceiling` at most? */
bool crowd_has_room(enum novelty n, size_t kept, size_t ceiling);
void crowd_free(struct crowd *c);

#endif
