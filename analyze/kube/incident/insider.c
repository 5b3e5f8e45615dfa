/* A person, or another workload, with rights of their own who enters the pod, as the
 * first thing that happens to it, and then does what rules call grave: no credential was
 * stolen, and no log can tell that from an administrator's work but by what was done. */
#include "analyze/kube/incident/address.h"
#include "analyze/kube/incident/incident.h"
#include "analyze/kube/places.h"

/* One grave act may be work; kinds of them, after a session that nothing called for. */
#define INSIDER_KINDS 2

/* Was anything seen of the pod before the person came? Then it is a responder. */
static bool is_first(const struct scope *s, const struct request *r)
{
    if (r->time == INSTANT_NONE)
        return false;
    for (size_t i = 0; i < s->alerts.n; i++) {
        const struct alert *a = s->alerts.v[i];
        if (a->in_scope && !a->drop_notice && a->time != INSTANT_NONE &&
            a->time < instant_after(r->time, -SESSION_OPENS))
            return false;
    }
    for (size_t i = 0; i < s->marks.n; i++) {
        const struct mark *m = s->marks.v[i];
        if (m->suspicious && m->time != INSTANT_NONE && m->time < r->time)
            return false;
    }
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *before = s->requests.v[i];
        const struct reached *who = scope_holds(s, before);
        if (!before->folded && before->time < r->time && who &&
            (telling(before) || who->from.n))
            return false;
    }
    return true;
}

static struct intern *places_since(const struct scope *s, const struct request *entered)
{
    struct intern *places = intern_new();
    instant began = person_began(s, entered);
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (!r->folded && r != entered && bytes_eq(r->user, entered->user) &&
            r->time >= began)
            places_add(places, &r->spans[0]);
    }
    return places;
}

static bool tells_of(const struct finding *f, const struct intern *places)
{
    for (size_t i = 0; i < f->span_count; i++)
        if (places_have(places, &f->spans[i]))
            return true;
    return false;
}

/* Kinds of grave findings of the API about what the person did since. */
static size_t grave_kinds(const struct scope *s, const struct request *entered)
{
    const struct findings *all = s->analysis->findings;
    struct intern *places = places_since(s, entered), *kinds = intern_new();
    for (size_t i = 0; i < all->n; i++) {
        const struct finding *f = all->v[i];
        if (f->kind->severity >= SEVERITY_HIGH && !f->not_decidable &&
            bytes_starts(bytes_str(f->kind->id), BYTES("audit_")) && tells_of(f, places))
            intern_put(kinds, bytes_str(f->kind->id));
    }
    size_t n = intern_count(kinds);
    intern_free(places);
    intern_free(kinds);
    return n;
}

/* A person, or the account of another workload with a client of people, that never did
 * that before: operators run commands in the pods that they care for, with their own. */
static bool may_be_insider(const struct scope *s, const struct request *r)
{
    struct bytes namespace, name;
    const struct pattern *p = journal_pattern(s, r);
    bool ordinary = journal_is_habit(s, r, r->time) ||
                    (p && p->count >= ORDINARY_COUNT &&
                     instant_apart(p->last, p->first) >= ORDINARY_TIME);
    return is_person(r->user) ||
           (service_account_of(r->user, &namespace, &name) &&
            !is_control_plane(r->user) && is_tool(r->agent) && !ordinary);
}

void insiders_find(struct scope *s)
{
    for (size_t i = 0; i < s->requests.n; i++) {
        const struct request *r = s->requests.v[i];
        if (r->folded || !request_enters_pod(r) || !request_succeeded(r) ||
            !may_be_insider(s, r) || r->as.n || !scope_is_pod(s, r->namespace, r->name) ||
            scope_holds(s, r) || !is_first(s, r) || grave_kinds(s, r) < INSIDER_KINDS)
            continue;
        struct reached as = {.what = r->user,
                             .identity = true,
                             .insider = true,
                             .since = person_began(s, r),
                             .how = "entered, and then did what rules call grave:",
                             .by = s->pod.name,
                             .span = r->spans[0]};
        scope_reach(s, &as);
    }
}
