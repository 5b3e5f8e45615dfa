/* What the audit log tells of the pod's own beginning, as bounds for the clocks of
 * sources that share no act with it. */
#include "analyze/events/clocks.h"
#include "analyze/kube/incident/incident.h"

static bool makes_pod(const struct scope *s, const struct request *r)
{
    return request_is(r, "pods", "") && bytes_is(r->verb, "create") &&
           request_succeeded(r) && r->time != INSTANT_NONE &&
           scope_is_pod(s, r->namespace, r->name);
}

/* Was a pod of that name there before? Stateful sets make them anew under one name. */
static bool was_there(const struct scope *s, const struct request *made)
{
    bool there = false;
    for (size_t i = 0; i < s->requests.n && !there; i++) {
        const struct request *r = s->requests.v[i];
        bool of_pod = bytes_is(r->resource, "pods") &&
                      scope_is_pod(s, r->namespace, r->name) && request_succeeded(r);
        bool by_pod =
            bytes_eq(r->user, s->pod.username) && bytes_eq(r->from_pod, s->pod.name);
        there = !r->folded && r->time < made->time && r->time != INSTANT_NONE &&
                r->name.n + r->from_pod.n && (of_pod || by_pod);
    }
    return there;
}

/* The request that made the pod; NULL when the log has none, or several of that name, as
 * of a pod that was made anew. */
static const struct request *making(const struct scope *s)
{
    const struct request *made = NULL;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !makes_pod(s, r))
            continue;
        if (made)
            return NULL;
        made = r;
    }
    return made && was_there(s, made) ? NULL : made;
}

/* The earliest request of the pod itself: by a token that is bound to it, or by its
 * account, if that was not used in this log before the pod was made. */
static const struct request *acting(const struct scope *s, const struct request *made)
{
    const struct request *bound = NULL, *account = NULL;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->time == INSTANT_NONE || !s->pod.username.n ||
            !bytes_eq(r->user, s->pod.username))
            continue;
        if (bytes_eq(r->from_pod, s->pod.name) && (!bound || r->time < bound->time))
            bound = r;
        if (!account || r->time < account->time)
            account = r;
    }
    if (bound)
        return bound;
    return account && account->from_pod.n == 0 && account->time > made->time ? account
                                                                             : NULL;
}

void incident_bounds(struct incident *in)
{
    const struct scope *s = in->scope;
    const struct request *made = making(s);
    if (!made)
        return;
    const struct request *acted = acting(s, made);
    struct clock_moment of_made = incident_moment(made),
                        of_acted = {.time = INSTANT_NONE};
    if (acted)
        of_acted = incident_moment(acted);
    clocks_bound(s->analysis->clocks, &of_made, acted ? &of_acted : NULL);
    clocks_estimate(s->analysis->clocks);
}
