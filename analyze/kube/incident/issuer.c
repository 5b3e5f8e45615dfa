/* Who had the token issued that others see as the attacker's. A service account's token
 * used from a command line was seldom taken out of a pod: anybody who may ask for tokens
 * gets one, and the API server notes for whom it made which. */
#include <stdlib.h>

#include "analyze/kube/incident/address.h"
#include "analyze/kube/incident/grave.h"
#include "analyze/kube/incident/incident.h"

/* What the person did shortly before belongs to it, where it was no habit. */
#define LEADS_UP (60 * 60 * NANOSECONDS)

/* The administrator's certificate of AKS is everybody's who has Azure hand it out. */
static bool is_shared_account(struct bytes user)
{
    return bytes_is(user, "masterclient") || bytes_is(user, "clusterAdmin");
}

static bool hands_out_shared(const struct request *r)
{
    return request_is(r, "listclusteradmincredential", "");
}

static bool issues(const struct request *r)
{
    return (request_is(r, "serviceaccounts", "token") && bytes_is(r->verb, "create")) ||
           hands_out_shared(r);
}

/* Is it the account that the token was issued for? */
static bool is_account_of(const struct request *issued, struct bytes user)
{
    struct bytes namespace, name;
    if (hands_out_shared(issued))
        return is_shared_account(user);
    return service_account_of(user, &namespace, &name) &&
           bytes_eq(namespace, issued->namespace) && bytes_eq(name, issued->name);
}

/* By the token's own name; servers before 1.30 write none, and then an account that no
 * pod's token speaks for, used from where the token was asked for, tells. */
static bool is_used(const struct request *issued, const struct request *r)
{
    if (r->time < issued->time || !is_account_of(issued, r->user))
        return false;
    if (issued->issued.n && r->credential.n)
        return bytes_eq(issued->issued, r->credential);
    return !r->from_pod.n && r->source.n && bytes_eq(r->source, issued->source);
}

/* Who entered the pod or touched it goes on elsewhere. */
static bool touched_scope(const struct scope *s, const struct request *by)
{
    for (size_t i = 0; !by->in_scope && i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && r->in_scope && bytes_eq(r->user, by->user) &&
            bytes_eq(r->source, by->source))
            return true;
    }
    return by->in_scope;
}

/* What was done with tokens and rules call grave: sought once, not for each token. */
static struct list grave_uses(const struct scope *s)
{
    struct intern *grave = grave_places(s);
    struct bytes namespace, name;
    struct list uses = {0};
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        bool shared = is_shared_account(r->user);
        bool lent = shared || service_account_of(r->user, &namespace, &name);
        if (!r->folded && request_succeeded(r) && lent && grave_is(grave, r) &&
            (shared ? touched_scope(s, r) : r->in_scope))
            list_add(&uses, s->requests.v[i]);
    }
    intern_free(grave);
    return uses;
}

/* NULL: none was done with this token. */
static const struct request *use_of(const struct list *uses, const struct request *issued)
{
    for (size_t i = 0; i < uses->n; i++)
        if (is_used(issued, uses->v[i]))
            return uses->v[i];
    return NULL;
}

instant person_began(const struct scope *s, const struct request *to)
{
    instant from = instant_after(to->time, -LEADS_UP);
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && r->time >= from && r->time < to->time &&
            bytes_eq(r->user, to->user) && bytes_eq(r->source, to->source) &&
            telling(r) && !journal_is_habit(s, r, from))
            return r->time;
    }
    return to->time;
}

/* At the cloud an account is told by its address alone, and everybody's account is from
 * there that person's. */
static void reach_shared(struct scope *s, const struct request *issued,
                         const struct request *use, struct reached *as)
{
    const struct reached shared = {.what = use->user,
                                   .identity = true,
                                   .from = use->source,
                                   .since = issued->time,
                                   .how = "was handed out to",
                                   .by = issued->user,
                                   .span = issued->spans[0]};
    scope_reach(s, &shared);
    as->how = "had the credential handed out that was used as";
    as->from = issued->source;
}

void issuers_find(struct scope *s)
{
    struct list uses = grave_uses(s);
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        const struct request *use = !r->folded && issues(r) && request_succeeded(r) &&
                                            is_person(r->user) && !scope_holds(s, r)
                                        ? use_of(&uses, r)
                                        : NULL;
        if (!use)
            continue;
        struct reached as = {.what = r->user,
                             .identity = true,
                             .issuer = true,
                             .since = person_began(s, r),
                             .how = "had the token issued that was used as",
                             .by = use->user,
                             .span = r->spans[0]};
        if (hands_out_shared(r))
            reach_shared(s, r, use, &as);
        scope_reach(s, &as);
    }
    free(uses.v);
}
