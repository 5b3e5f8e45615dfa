/* What other pods of the account do. A CronJob's pods come and go, each with an address
 * of its own: what the account did from ever other addresses, with the same client,
 * before anything happened, it goes on doing, and that it is the same account joins it to
 * nobody. From the pod's own address everything may be the attacker's. */
#include <stdlib.h>

#include "analyze/kube/incident/address.h"
#include "analyze/kube/incident/incident.h"
#include "formats/base/memory.h"

/* From fewer addresses it is not known to wander: what is done once a week came from so
 * many in a month. */
#define WANDERS 4

/* Words of the scope: compared by their octets. */
struct act_words {
    uint32_t user, verb, resource, namespace, agent;
};

struct place_words {
    struct act_words act;
    uint32_t source;
};

struct wandering {
    struct intern *acts, *places;
    size_t *addresses; /* of each act */
};

static struct act_words words_of(const struct pattern *p)
{
    return (struct act_words){p->user, p->verb, p->resource, p->namespace, p->agent};
}

static void count_address(struct wandering *w, const struct pattern *p)
{
    const struct place_words place = {words_of(p), p->source};
    uint32_t act = intern_put(w->acts, bytes_of(&place.act, sizeof place.act));
    uint32_t known = intern_count(w->places);
    if (intern_put(w->places, bytes_of(&place, sizeof place)) == known)
        w->addresses[act]++;
}

static bool wanders(const struct wandering *w, const struct pattern *p)
{
    const struct act_words act = words_of(p);
    uint32_t number;
    return intern_find(w->acts, bytes_of(&act, sizeof act), &number) &&
           w->addresses[number] >= WANDERS;
}

static bool may_be_others(const struct incident *in, const struct request *r,
                          struct bytes own)
{
    return !r->folded && r->time >= in->first_sign && r->source.n &&
           !bytes_eq(r->source, own) && !address_is_public(r->source) &&
           !is_tool(r->agent) && scope_holds(in->scope, r);
}

void incident_others(struct incident *in)
{
    struct scope *s = in->scope;
    struct bytes own = tree_string(s->manifest, "status/podIP");
    if (!own.n || in->first_sign == INSTANT_NONE)
        return;
    struct wandering w = {intern_new(), intern_new(),
                          memory_new(s->pattern_count + 1, sizeof *w.addresses)};
    for (size_t i = 0; i < s->pattern_count; i++)
        if (s->patterns[i].baseline || s->patterns[i].first < in->first_sign)
            count_address(&w, &s->patterns[i]);
    for (size_t i = 0; i < s->requests.n; i++) {
        struct request *r = s->requests.v[i];
        const struct pattern *p =
            may_be_others(in, r, own) ? journal_pattern(s, r) : NULL;
        r->others = p && wanders(&w, p);
    }
    intern_free(w.acts);
    intern_free(w.places);
    free(w.addresses);
}
