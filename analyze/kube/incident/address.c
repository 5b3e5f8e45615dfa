/* Addresses that the attacker works from: a pod's token that is used from a public
 * address has left the pod, and whoever else works from that address holds stolen
 * accounts too. So does whoever works from the address of the pod itself with an account
 * that is not the pod's. */
#include "analyze/kube/incident/address.h"

#include <stdlib.h>

#include "analyze/kube/network/ip.h"

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
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        size_t known = 0;
        if (p->source != address)
            continue;
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
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (p->source == address && is_control_plane(intern_get(s->words, p->by)) &&
            !is_tool(intern_get(s->words, p->agent)))
            return true;
    }
    return is_crowded(s, address);
}

/* The account comes from other addresses as well, and in ordinary times never from here.
 */
static bool is_new_to(const struct scope *s, const struct request *r, uint32_t address)
{
    bool elsewhere = r->from_pod.n > 0; /* a bound token's home is its pod */
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (!bytes_eq(intern_get(s->words, p->by), r->user))
            continue;
        if (p->source == address && p->baseline)
            return false;
        elsewhere |= p->source != address;
    }
    return elsewhere;
}

static bool shows_address(const struct scope *s, const struct request *r,
                          uint32_t *address)
{
    struct bytes namespace, name;
    return !r->folded && scope_holds(s, r) &&
           service_account_of(r->user, &namespace, &name) &&
           address_is_outside(s, r->source) &&
           intern_find(s->words, r->source, address) && is_new_to(s, r, *address);
}

/* The earliest pattern of the account there from that moment on, whatever the order in
 * which the logs were read; NULL: none. Who was only impersonated was not there. */
static const struct pattern *earliest(const struct scope *s, uint32_t user,
                                      uint32_t address, instant since)
{
    const struct pattern *first = NULL;
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        if (p->by == user && p->source == address && !p->baseline && p->first >= since &&
            (!first || p->first < first->first))
            first = p;
    }
    return first;
}

/* Everybody but `by`, who worked from that address since a moment. */
static void reach_users(struct scope *s, struct bytes by, uint32_t address, instant since)
{
    for (size_t i = 0; i < s->pattern_count; i++) {
        const struct pattern *p = &s->patterns[i];
        struct bytes user = intern_get(s->words, p->by);
        if (p->source != address || bytes_eq(user, by) ||
            bytes_is(user, "system:anonymous") || p != earliest(s, p->by, address, since))
            continue;
        struct reached as = {.what = user,
                             .identity = true,
                             .from = intern_get(s->words, address),
                             .since = p->first,
                             .how = "worked from the address of",
                             .by = by,
                             .span = p->span};
        scope_reach(s, &as);
    }
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
    uint32_t address;
    return address_is_public(source) && intern_find(s->words, source, &address) &&
           !is_shared(s, address);
}

void address_reach_others(struct scope *s, const struct request *r)
{
    uint32_t address;
    if (intern_find(s->words, r->source, &address))
        reach_users(s, r->user, address, INT64_MIN);
}

void addresses_find(struct scope *s)
{
    struct list seen = {0};
    reach_inside_pod(s);
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        bool known = false;
        uint32_t address;
        for (size_t k = 0; k < seen.n && !known; k++)
            known = bytes_eq(((const struct request *)seen.v[k])->source, r->source);
        if (known || !shows_address(s, r, &address))
            continue;
        list_add(&seen, s->requests.v[i]);
        reach_users(s, r->user, address, INT64_MIN);
    }
    free(seen.v);
}
