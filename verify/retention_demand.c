#include "verify/retention_demand.h"

#include <stdlib.h>

static int by_address(const void *pa, const void *pb)
{
    const struct item *a = *(const struct item *const *)pa;
    const struct item *b = *(const struct item *const *)pb;
    return a < b ? -1 : a > b;
}

/* The files that a satisfying lock is stated for, sorted for bsearch. */
static const struct item **locked_files(struct check *c, size_t *n)
{
    size_t room = 1;
    for (const struct retention_record *r = c->v->retention; r; r = r->next)
        room++;
    const struct item **v = arena_array(&c->v->arena, const struct item *, room);
    *n = 0;
    for (const struct retention_record *r = c->v->retention; r; r = r->next) {
        if (r->over && r->verdict == OUTCOME_ASSERTED)
            v[(*n)++] = r->over;
    }
    qsort(v, *n, sizeof *v, by_address);
    return v;
}

static bool is_among(const struct item **v, size_t n, const struct item *item)
{
    return n && bsearch(&item, v, n, sizeof *v, by_address);
}

/* A lock on the archive that the package is covers all of it. */
static void find_unlocked(struct check *c)
{
    size_t locked_count, n;
    const struct item **locked = locked_files(c, &locked_count);
    struct item *const *files = package_files(c->package, &n);
    if (!c->v->retention || is_among(locked, locked_count, package_root(c->package)))
        return;
    c->v->unlocked = arena_array(&c->v->arena, const struct item *, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (files[i]->role != ROLE_RETENTION && !is_among(locked, locked_count, files[i]))
            c->v->unlocked[c->v->unlocked_count++] = files[i];
    }
}

instant retention_required_until(const struct check *c)
{
    instant until = c->options->retain_until, by_days;
    if (c->policy->retain_until != INSTANT_NONE &&
        (until == INSTANT_NONE || until < c->policy->retain_until))
        until = c->policy->retain_until;
    if (c->policy->retain_days > 0 &&
        !__builtin_add_overflow(c->v->now, c->policy->retain_days * 86400 * NANOSECONDS,
                                &by_days) &&
        (until == INSTANT_NONE || until < by_days))
        until = by_days;
    return until;
}

/* A lock on an object that is not here keeps nothing of what is. */
void retention_demand_judge(struct check *c, instant required)
{
    bool locked = false, of_others = false;
    find_unlocked(c);
    for (const struct retention_record *r = c->v->retention; r; r = r->next) {
        locked = locked || (r->verdict == OUTCOME_ASSERTED && r->over);
        of_others = of_others || (r->verdict == OUTCOME_ASSERTED && !r->over);
    }
    if ((required == INSTANT_NONE && !c->policy->retention_required) || locked)
        return;
    if (!c->v->retention)
        check_reason(c, PACKAGE_INCOMPLETE,
                     "a lock is demanded, and no captured document speaks of one");
    else if (of_others)
        check_reason(c, PACKAGE_INCOMPLETE,
                     "a lock is demanded, and those that are stated are of objects that "
                     "are not in the package");
    else
        check_reason(c, PACKAGE_FAILED, "no object has the lock that is demanded");
}
