/* Accounts in other hands. Credentials of people are stolen outside the cluster, where no
 * log of it shows that; what shows is an account at a place and with a client that it
 * never had, which makes the pod in question or does what rules call grave. Those of
 * service accounts lie in secrets: what shows is that secrets were read, and the account
 * at such a place soon after. */
#include "analyze/kube/incident/address.h"
#include "analyze/kube/incident/cloud.h"
#include "analyze/kube/incident/grave.h"
#include "analyze/kube/incident/incident.h"
#include "analyze/kube/incident/node.h"
#include "analyze/kube/patterns.h"
#include "formats/base/memory.h"
#include "formats/base/text.h"

/* Fewer requests than this are no habit that could be broken. */
#define HABIT 5

/* What was stolen is tried soon; later there are other reasons to work from elsewhere. */
#define TRIED_WITHIN (24 * 60 * 60 * NANOSECONDS)

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
        return is_control_plane(cause->user) ? NULL : cause;
    }
    return NULL;
}

/* When the account was first used from there; INT64_MAX: never. */
static instant first_from(const struct scope *s, uint32_t user, uint32_t address)
{
    instant first = INT64_MAX;
    for (const struct pattern *p = patterns_by(s, user); p; p = patterns_next_by(s, p)) {
        if (p->source != address)
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
    if (!intern_find(s->words, r->user, &user) ||
        !intern_find(s->words, r->agent, &agent))
        return false;
    for (const struct pattern *p = patterns_by(s, user); p; p = patterns_next_by(s, p)) {
        if (p->source == address || p->first >= since)
            continue;
        if (p->agent == agent)
            return false;
        habit += p->count;
    }
    return habit >= HABIT;
}

/* A name for the account and where it works from. */
static struct bytes account_key(struct text *key, const struct request *r)
{
    text_clear(key);
    text_add(key, r->user);
    text_byte(key, '\n');
    text_add(key, r->source);
    return text_bytes(key);
}

/* Who touched the pod, from where. */
static struct intern *who_touched(const struct scope *s)
{
    struct intern *touched = intern_new();
    struct text key = {0};
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->in_scope && !r->folded)
            intern_put(touched, account_key(&key, r));
    }
    text_release(&key);
    return touched;
}

/* The kubelet's certificate lies on the pod's node: who leaves the pod holds it. */
static bool is_pods_node(const struct scope *s, struct bytes user)
{
    return s->pod.node.n && bytes_eq(node_of_user(user), s->pod.node);
}

/* Nobody's habits speak for whoever has no account. */
static void reach_anonymous(struct scope *s, const struct request *r)
{
    uint32_t user, address;
    if (scope_holds(s, r) || !request_succeeded(r) ||
        !intern_find(s->words, r->user, &user) ||
        !intern_find(s->words, r->source, &address))
        return;
    struct reached as = {.what = r->user,
                         .identity = true,
                         .anonymous = true,
                         .from = r->source,
                         .since = first_from(s, user, address),
                         .how = "without an account did what rules call grave to",
                         .by = s->pod.name,
                         .span = r->spans[0]};
    scope_reach(s, &as);
    if (address_is_outside(s, r->source))
        address_reach_others(s, r);
}

static bool is_stranger(const struct scope *s, const struct request *r, instant *since)
{
    uint32_t user, address;
    if (scope_holds(s, r) || !intern_find(s->words, r->user, &user) ||
        !intern_find(s->words, r->source, &address) || !address_is_outside(s, r->source))
        return false;
    *since = first_from(s, user, address);
    /* Its routine is not kept; but a node's habit is the kubelet. */
    return is_pods_node(s, r->user) ? is_tool(r->agent)
                                    : breaks_habit(s, r, address, *since);
}

/* `how` it came to `by`. */
static void reach(struct scope *s, const struct request *r, const char *how,
                  struct bytes by)
{
    instant since;
    if (!is_stranger(s, r, &since))
        return;
    struct reached as = {.what = r->user,
                         .identity = true,
                         .stranger = true,
                         .from = r->source,
                         .since = since,
                         .how = how,
                         .by = by,
                         .span = r->spans[0]};
    scope_reach(s, &as);
    address_reach_others(s, r);
}

/* Reaches the account of the request when it is held by a stranger. */
static void reach_stranger(struct scope *s, const struct request *r, const char *how)
{
    if (bytes_is(r->user, "system:anonymous"))
        reach_anonymous(s, r);
    else
        reach(s, r, how, s->pod.name);
}

/* Does the account do so all the time? Of each request all patterns are looked at: by the
 * numbers of their words. */
static bool is_always_done(const struct scope *s, const struct request *r)
{
    uint32_t user, verb, resource, namespace, agent;
    if (!intern_find(s->words, r->user, &user) ||
        !intern_find(s->words, r->verb, &verb) ||
        !intern_find(s->words, r->resource, &resource) ||
        !intern_find(s->words, r->namespace, &namespace) ||
        !intern_find(s->words, r->agent, &agent))
        return false;
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (p->user == user && p->verb == verb && p->resource == resource &&
            p->namespace == namespace && p->agent == agent &&
            (p->baseline || (p->count >= ORDINARY_COUNT &&
                             instant_apart(p->last, p->first) >= ORDINARY_TIME)))
            return true;
    }
    return false;
}

/* Service accounts whose credentials were in what the scope read. */
static void find_accounts_in_secrets(struct scope *s)
{
    const struct request *read = NULL; /* the last one before */
    struct intern *asked = intern_new();
    struct text key = {0};
    struct bytes namespace, name;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        uint32_t known = intern_count(asked);
        if (r->folded || !request_succeeded(r))
            continue;
        if (bytes_is(r->resource, "secrets") && !request_writes(r) && scope_holds(s, r) &&
            !is_always_done(s, r))
            read = r;
        else if (read && instant_apart(r->time, read->time) <= TRIED_WITHIN &&
                 service_account_of(r->user, &namespace, &name) &&
                 !is_control_plane(r->user) &&
                 intern_put(asked, account_key(&key, r)) == known)
            reach(s, r,
                  "came from a new address and with a new client, soon after "
                  "secrets were read by",
                  request_as(read));
    }
    text_release(&key);
    intern_free(asked);
}

/* Whoever is in the pod gets credentials of its account at the cloud, which may be let
 * into the cluster by that name; the pod itself never comes from outside. */
static void find_cloud_account(struct scope *s)
{
    uint32_t user, address;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !is_person(r->user) || scope_holds(s, r) ||
            !cloud_account_of_pod(s, r->user).n || !address_is_outside(s, r->source) ||
            is_always_done(s, r) || !intern_find(s->words, r->user, &user) ||
            !intern_find(s->words, r->source, &address))
            continue;
        struct reached as = {.what = r->user,
                             .identity = true,
                             .taken = true,
                             .from = r->source,
                             .since = first_from(s, user, address),
                             .how = "was used from outside, and is the cloud account of",
                             .by = s->pod.name,
                             .span = r->spans[0]};
        scope_reach(s, &as);
        address_reach_others(s, r);
    }
}

void strangers_find(struct scope *s)
{
    const struct request *made = maker(s);
    if (made)
        reach_stranger(s, made, "from a new address and with a new client made");
    struct intern *grave = grave_places(s), *touched = who_touched(s),
                  *asked = intern_new();
    struct text key = {0};
    uint32_t number;
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        bool node = is_pods_node(s, r->user);
        if (r->folded || (is_control_plane(r->user) && !node) || !grave_is(grave, r))
            continue;
        struct bytes who = account_key(&key, r);
        bool concerns = node || !s->pod.how || intern_find(touched, who, &number);
        uint32_t known = intern_count(asked);
        if (concerns && intern_put(asked, who) == known)
            reach_stranger(s, r, "acted from a new address and with a new client on");
    }
    text_release(&key);
    intern_free(grave);
    intern_free(touched);
    intern_free(asked);
    find_accounts_in_secrets(s);
    find_cloud_account(s);
}
