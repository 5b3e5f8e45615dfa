/* Who made the pod in question, and was it the account's owner? A pod that somebody made
 * with stolen credentials is the attacker's from its first moment. */
#include "analyze/kube/address.h"

/* Fewer requests than this are no habit that could be broken. */
#define HABIT 5

/* The pod's own creation, or what caused it: a person's Deployment, by way of its replica
 * set. NULL when the log does not show it, or shows only components. */
static const struct request *maker(const struct scope *s)
{
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !request_is(r, "pods", "") || !bytes_is(r->verb, "create") ||
            !request_succeeded(r) || !scope_is_pod(s, r->namespace, r->name))
            continue;
        const struct request *cause = request_cause(r);
        return is_control_plane(request_as(cause)) ? NULL : cause;
    }
    return NULL;
}

/* When the account was first used from there; INT64_MAX: never. */
static instant first_from(const struct scope *s, uint32_t user, uint32_t address)
{
    instant first = INT64_MAX;
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (p->user != user || p->source != address)
            continue;
        instant since = p->baseline ? INT64_MIN : p->first;
        first = since < first ? since : first;
    }
    return first;
}

/* Had the account worked elsewhere until then, and never with this client? */
static bool breaks_habit(const struct scope *s, const struct request *r, uint32_t address,
                         instant since)
{
    uint64_t habit = 0;
    uint32_t user, agent;
    if (!intern_find(s->words, request_as(r), &user) ||
        !intern_find(s->words, r->agent, &agent))
        return false;
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (p->user != user || p->source == address || p->first >= since)
            continue;
        if (p->agent == agent)
            return false;
        habit += p->count;
    }
    return habit >= HABIT;
}

void maker_find(struct scope *s)
{
    const struct request *r = maker(s);
    uint32_t user, address;
    if (!r || scope_holds(s, r) || !intern_find(s->words, request_as(r), &user) ||
        !intern_find(s->words, r->source, &address) || !address_is_outside(s, r->source))
        return;
    instant since = first_from(s, user, address);
    if (!breaks_habit(s, r, address, since))
        return;
    struct reached as = {.what = request_as(r),
                         .identity = true,
                         .maker = true,
                         .from = r->source,
                         .since = since,
                         .how = "from a new address and with a new client made",
                         .by = s->pod.name,
                         .span = r->spans[0]};
    scope_reach(s, &as);
    address_reach_others(s, r);
}
