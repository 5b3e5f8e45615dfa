/* Addresses that the attacker works from: a pod's token that is used from a public
 * address has left the pod, and whoever else works from that address holds stolen
 * accounts too. So does whoever works from the address of the pod itself with an account
 * that is not the pod's. */
#include "analyze/kube/incident/address.h"

#include <inttypes.h>

#include "analyze/kube/network/ip.h"
#include "analyze/kube/patterns.h"

/* An address with more accounts than this is a gateway and tells nothing about one. */
#define ADDRESS_ACCOUNTS 4

bool address_is_public(struct bytes address)
{
    struct ip ip;
    return ip_parse(address, &ip) && ip_is_public(&ip);
}

/* Does a crowd come from there? */
static bool is_crowded(const struct scope *s, uint32_t address)
{
    uint32_t users[ADDRESS_ACCOUNTS];
    size_t n = 0;
    for (const struct pattern *p = patterns_from(s, address); p;
         p = patterns_next_from(s, p)) {
        size_t known = 0;
        while (known < n && users[known] != p->by)
            known++;
        if (known == ADDRESS_ACCOUNTS)
            return true;
        if (known == n)
            users[n++] = p->by;
    }
    return false;
}

/* Or the cluster itself? Tokens of its service accounts are what is stolen: with a tool
 * of people they tell nothing of the place. */
static bool is_shared(const struct scope *s, uint32_t address)
{
    for (const struct pattern *p = patterns_from(s, address); p;
         p = patterns_next_from(s, p)) {
        if (is_control_plane(intern_get(s->words, p->by)) &&
            !is_tool(intern_get(s->words, p->agent)))
            return true;
    }
    return is_crowded(s, address);
}

void addresses_count(struct scope *s)
{
    intern_free(s->shared_addresses);
    s->shared_addresses = intern_new();
    for (size_t i = 0; i < s->pattern_count; i++) {
        uint32_t address = s->patterns[i].source;
        bool first = patterns_from(s, address) == &s->patterns[i];
        if (first && is_shared(s, address))
            intern_put(s->shared_addresses, bytes_of(&address, sizeof address));
    }
}

/* The account comes from other addresses as well, and in ordinary times never from here.
 */
static bool is_new_to(const struct scope *s, const struct request *r, uint32_t address)
{
    bool elsewhere = r->from_pod.n > 0; /* a bound token's home is its pod */
    uint32_t user;
    if (!intern_find(s->words, r->user, &user))
        return elsewhere;
    for (const struct pattern *p = patterns_by(s, user); p; p = patterns_next_by(s, p)) {
        if (p->source == address && p->baseline)
            return false;
        elsewhere |= p->source != address;
    }
    return elsewhere;
}

static bool may_show_address(const struct scope *s, const struct request *r,
                             uint32_t *address)
{
    struct bytes namespace, name;
    return !r->folded && scope_holds(s, r) &&
           service_account_of(r->user, &namespace, &name) &&
           address_is_outside(s, r->source) && intern_find(s->words, r->source, address);
}

/* The patterns of an account tell the same of each of its requests from there. */
static bool is_first_asked(struct intern *asked, const struct request *r,
                           uint32_t address)
{
    struct text key = {0};
    text_printf(&key, "%" PRIu32 " %d ", address, r->from_pod.n > 0);
    text_add(&key, r->user);
    uint32_t known = intern_count(asked);
    bool first = intern_put(asked, text_bytes(&key)) == known;
    text_release(&key);
    return first;
}

/* The earliest pattern of the account there from that moment on, whatever the order in
 * which the logs were read; NULL: none. Who was only impersonated was not there. */
static const struct pattern *earliest(const struct scope *s, uint32_t user,
                                      uint32_t address, instant since)
{
    const struct pattern *first = NULL;
    for (const struct pattern *p = patterns_by(s, user); p; p = patterns_next_by(s, p)) {
        if (p->source == address && !p->baseline && p->first >= since &&
            (!first || p->first < first->first))
            first = p;
    }
    return first;
}

/* Everybody but `by`, who worked from that address since a moment. */
static void reach_users(struct scope *s, struct bytes by, uint32_t address, instant since)
{
    struct intern *users = intern_new();
    for (const struct pattern *p = patterns_from(s, address); p;
         p = patterns_next_from(s, p)) {
        struct bytes user = intern_get(s->words, p->by);
        uint32_t known = intern_count(users);
        if (bytes_eq(user, by) || bytes_is(user, "system:anonymous") ||
            intern_put(users, user) != known)
            continue;
        const struct pattern *first = earliest(s, p->by, address, since);
        if (!first)
            continue;
        struct reached as = {.what = user,
                             .identity = true,
                             .from = intern_get(s->words, address),
                             .since = first->first,
                             .how = "worked from the address of",
                             .by = by,
                             .span = first->span};
        scope_reach(s, &as);
    }
    intern_free(users);
}

/* The pod's own address, which it has to itself unless it is its node's: a component's
 * account there is one that was taken. Addresses are given again: who had it before the
 * pod was made is somebody else. */
static void reach_inside_pod(struct scope *s)
{
    struct bytes ip = tree_string(s->manifest, "status/podIP");
    struct bytes made = tree_string(s->manifest, "metadata/creationTimestamp");
    uint32_t address;
    instant since;
    if (!s->pod.username.n || json_is_true(tree_get(s->manifest, "spec/hostNetwork")) ||
        !intern_find(s->words, ip, &address) || !instant_parse(made, &since, NULL) ||
        is_crowded(s, address))
        return;
    reach_users(s, s->pod.username, address, since);
}

bool address_is_outside(const struct scope *s, struct bytes source)
{
    uint32_t address, shared;
    return address_is_public(source) && intern_find(s->words, source, &address) &&
           !intern_find(s->shared_addresses, bytes_of(&address, sizeof address), &shared);
}

void address_reach_others(struct scope *s, const struct request *r)
{
    uint32_t address;
    if (intern_find(s->words, r->source, &address))
        reach_users(s, r->user, address, INT64_MIN);
}

void addresses_find(struct scope *s)
{
    struct intern *seen = intern_new(), *asked = intern_new();
    reach_inside_pod(s);
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        uint32_t address, known;
        if (intern_find(seen, r->source, &known) || !may_show_address(s, r, &address) ||
            !is_first_asked(asked, r, address) || !is_new_to(s, r, address))
            continue;
        intern_put(seen, r->source);
        reach_users(s, r->user, address, INT64_MIN);
    }
    intern_free(seen);
    intern_free(asked);
}
