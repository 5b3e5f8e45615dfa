/* Repeats: requests that are the same but for their time, told once with how often. One
 * secret read in a loop is one act. For analyze/kube/. */
#ifndef ANALYZE_KUBE_REPEATS_H
#define ANALYZE_KUBE_REPEATS_H

#include "analyze/kube/findings.h"
#include "analyze/kube/render.h"

/* Of each request its own place; further ones are told by their number. */
#define REPEATED_PLACES 8

struct repeated {
    const struct request *first, *last;
    size_t times;
    struct span spans[REPEATED_PLACES];
};

/* Zero-initialise. */
struct repeats {
    struct intern *keys;
    struct repeated *v; /* in order of the first of each */
    size_t n, capacity;
};
/* In order of time: the same account, act, object, end, client and address. */
void repeats_add(struct repeats *all, const struct request *r);
void repeats_release(struct repeats *all);

/* render_request() of the first, with "times" and "last" where it was repeated. */
json_t *render_repeated(const struct scope *s, const struct repeated *g);
struct finding kube_finding_of_repeated(struct scope *s, enum kube_finding which,
                                        const struct repeated *g);

#endif
