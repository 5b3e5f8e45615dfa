/* Which requests of the log a claim can be about at all, told without going to each of
 * them: a hundred thousand lie far apart in memory, and every sentence asks. For the
 * files of this room. */
#ifndef ANALYZE_KUBE_CLAIM_REQUESTS_H
#define ANALYZE_KUBE_CLAIM_REQUESTS_H

#include "analyze/kube/incident/incident.h"

struct claim_state;

/* What is looked at first. */
struct claim_request {
    const struct request *request;
    unsigned acts;      /* enum claimed_act */
    uint16_t name_head; /* how its object's name begins, whatever its case; or 0 */
};

struct claim_requests {
    struct claim_request *v; /* in order of time */
    size_t n;
};

/* Fills the `acts` of all requests as well. Freed with claim_requests_release(). */
struct claim_requests claim_requests_of(struct incident *in);
void claim_requests_release(struct claim_requests *all);

/* The next request, `at` on, that does one of the acts that are claimed; NULL where there
 * is none. `at` is 0 at first. Where no act is claimed but how it ended, all are. */
const struct request *claim_next_doing(const struct claim_state *c, size_t *at);

/* Does the claim name an object that the log knows? Then c->home is filled. */
bool claim_names_object(struct claim_state *c);

#endif
