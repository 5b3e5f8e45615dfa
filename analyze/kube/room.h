/* Which requests are kept where a log has more than memory is given for: the incident is
 * often at its end, behind weeks of controllers' work. What is left out is counted in its
 * pattern. For analyze/kube/ only. */
#ifndef ANALYZE_KUBE_ROOM_H
#define ANALYZE_KUBE_ROOM_H

#include "analyze/kube/crowd.h"
#include "analyze/kube/journal.h"

/* The more it is worth, the more room it finds. What is repeated of the last two is worth
 * less, as soon as not all find room. */
enum worth {
    WORTH_REPEATED, /* one more of what an account does all the time */
    WORTH_NEAR,     /* of a component, in the pod's namespace or after a kept write */
    WORTH_NEW,      /* the first of its pattern */
    WORTH_WEIGHTY,  /* a person's, a write, a refusal, a session, a secret */
    WORTH_SCOPE,    /* the attacker's, or about the pod */
};

/* How new is it, by who asks what of which object? Counted in `seen`. */
enum novelty room_novelty(struct crowd **seen, const struct request *r, bool matters);
/* Once for each request. `p`: the pattern that counts it, or NULL. */
enum worth room_worth(struct scope *s, const struct request *r, const struct pattern *p);
/* Is there room for it? */
bool room_has(const struct scope *s, enum worth worth);
/* It is kept: its bodies as well, as far as there is room for them. */
void room_take(struct scope *s, struct request *r, enum worth worth);
/* It is not kept. */
void room_leave(struct scope *s, const struct request *r, struct pattern *p);
/* How many are not, as a finding. */
void room_tell(struct scope *s);

#endif
