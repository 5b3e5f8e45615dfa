#include "analyze/kube/rates.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

#define SLOTS  (UINT32_C(1) << 19) /* twice LIMIT_KUBE_MINUTES, and more */
#define MINUTE (60 * NANOSECONDS)

struct rate {
    int64_t minute;
    uint32_t user, count;
    bool baseline, needed;
};

struct rates {
    struct rate *v;
    size_t n, capacity;
    uint32_t *slots; /* open addressing over v, from 1; 0 is empty */
    bool full;       /* nearly all are needed: those of other minutes are not counted */
};

static struct rates *rates_new(void)
{
    struct rates *r = memory_new(1, sizeof *r);
    r->slots = memory_new(SLOTS, sizeof *r->slots);
    return r;
}

void rates_free(struct rates *r)
{
    if (!r)
        return;
    free(r->v);
    free(r->slots);
    free(r);
}

/* The slot of that minute, or the free one where it belongs. */
static uint32_t *slot_of(const struct rates *r, const struct rate *as)
{
    uint64_t h =
        ((uint64_t)as->minute << 1 | as->baseline) * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ as->user) * UINT64_C(0x9e3779b97f4a7c15);
    for (uint32_t at = (uint32_t)(h >> 32) % SLOTS;; at = (at + 1) % SLOTS) {
        const struct rate *there = r->slots[at] ? &r->v[r->slots[at] - 1] : NULL;
        if (!there || (there->minute == as->minute && there->user == as->user &&
                       there->baseline == as->baseline))
            return &r->slots[at];
    }
}

static int by_account(const void *a, const void *b)
{
    const struct rate *x = a, *y = b;
    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    if (x->baseline != y->baseline)
        return x->baseline ? -1 : 1;
    return x->minute < y->minute ? -1 : x->minute > y->minute;
}

/* Is `b`, next in either direction, of the same account and time? */
static bool same_account(const struct rate *a, const struct rate *b)
{
    return a->user == b->user && a->baseline == b->baseline;
}

/* The most before some minute is more than all before it, the most after one more than
 * all behind it. */
static void find_needed(struct rates *r)
{
    uint32_t most = 0;
    qsort(r->v, r->n, sizeof *r->v, by_account);
    for (size_t i = 0; i < r->n; i++) {
        if (i == 0 || !same_account(&r->v[i - 1], &r->v[i]))
            most = 0;
        r->v[i].needed = r->v[i].count > most;
        most = r->v[i].needed ? r->v[i].count : most;
    }
    for (size_t i = r->n; i-- > 0;) {
        if (i + 1 == r->n || !same_account(&r->v[i + 1], &r->v[i]))
            most = 0;
        r->v[i].needed |= r->v[i].count > most;
        most = r->v[i].count > most ? r->v[i].count : most;
    }
}

static void make_room(struct rates *r)
{
    size_t n = 0;
    find_needed(r);
    for (size_t i = 0; i < r->n; i++)
        if (r->v[i].needed)
            r->v[n++] = r->v[i];
    r->n = n;
    r->full = n > LIMIT_KUBE_MINUTES / 4 * 3;
    memset(r->slots, 0, SLOTS * sizeof *r->slots);
    for (size_t i = 0; i < n; i++)
        *slot_of(r, &r->v[i]) = (uint32_t)(i + 1);
}

void rates_count(struct rates **rates, uint32_t user, instant time, bool baseline)
{
    struct rates *r = *rates ? *rates : (*rates = rates_new());
    const struct rate as = {time / MINUTE, user, 1, baseline, false};
    if (r->n >= LIMIT_KUBE_MINUTES && !r->full)
        make_room(r);
    uint32_t *slot = slot_of(r, &as);
    if (*slot) {
        r->v[*slot - 1].count++;
    } else if (r->n < LIMIT_KUBE_MINUTES) {
        r->v = memory_grow(r->v, &r->capacity, r->n + 1, sizeof *r->v);
        r->v[r->n++] = as;
        *slot = (uint32_t)r->n;
    }
}

void rates_most(const struct rates *r, uint32_t user, instant since, uint32_t *before,
                uint32_t *after)
{
    *before = *after = 0;
    for (size_t i = 0; r && i < r->n; i++) {
        const struct rate *a = &r->v[i];
        uint32_t *most = a->baseline || a->minute < since / MINUTE ? before : after;
        if (a->user == user)
            *most = a->count > *most ? a->count : *most;
    }
}
