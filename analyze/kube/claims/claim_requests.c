#include "analyze/kube/claims/claim_requests.h"

#include <stdlib.h>

#include "analyze/kube/claims/claim_evidence.h"
#include "formats/base/memory.h"

static uint16_t head_of(uint8_t first, uint8_t second)
{
    return (uint16_t)(to_lower(first) << 8 | to_lower(second));
}

/* What is made before anything happened takes no other's place. */
static unsigned acts_in(const struct incident *in, const struct request *r)
{
    unsigned acts = claim_acts_of(r);
    if (bytes_is(r->verb, "create") && r->time < in->first_placed)
        acts &= ~(unsigned)CLAIMED_ROTATE;
    return acts;
}

struct claim_requests claim_requests_of(struct incident *in)
{
    struct scope *s = in->scope;
    struct claim_requests all = {.n = s->requests.n};
    all.v = memory_new(all.n, sizeof *all.v);
    for (size_t i = 0; i < all.n; i++) {
        struct request *r = s->requests.v[i];
        struct bytes name = r->name;
        r->acts = acts_in(in, r);
        all.v[i] = (struct claim_request){r, r->acts,
                                          name.n > 1 ? head_of(name.p[0], name.p[1]) : 0};
    }
    for (size_t i = 0; i < s->left_out.n; i++) {
        struct request *r = s->left_out.v[i];
        r->acts = claim_acts_of(r);
    }
    return all;
}

void claim_requests_release(struct claim_requests *all)
{
    free(all->v);
    *all = (struct claim_requests){0};
}

/* The shell that a claim tells of was opened by whoever entered. */
static unsigned acts_wanted(unsigned claimed)
{
    unsigned acts = claimed & ~(unsigned)CLAIMED_OUTCOME;
    return acts & CLAIMED_SHELL ? acts | CLAIMED_ENTER : acts;
}

const struct request *claim_next_doing(const struct claim_state *c, size_t *at)
{
    const struct claim_requests *all = &c->known->requests;
    unsigned wanted = acts_wanted(c->acts);
    while (*at < all->n) {
        const struct claim_request *next = &all->v[(*at)++];
        if (!wanted || next->acts & wanted)
            return next->request;
    }
    return NULL;
}

/* -- names -------------------------------------------------------------------------- */

/* Every two bytes that follow each other in a text, a bit each. */
struct heads {
    uint64_t bits[65536 / 64];
};

static void heads_of(struct heads *h, struct bytes text)
{
    for (size_t i = 0; i + 1 < text.n; i++) {
        uint16_t head = head_of(text.p[i], text.p[i + 1]);
        h->bits[head / 64] |= (uint64_t)1 << head % 64;
    }
}

static bool may_stand_in(const struct heads *h, uint16_t head)
{
    return !head || h->bits[head / 64] >> head % 64 & 1;
}

bool claim_names_object(struct claim_state *c)
{
    const struct claim_requests *all = &c->known->requests;
    struct heads heads = {0};
    bool named = false;
    heads_of(&heads, c->claim->message);
    c->home = BYTES_NONE;
    for (size_t i = 0; i < all->n; i++) {
        const struct request *r = all->v[i].request;
        if (!may_stand_in(&heads, all->v[i].name_head) || !claim_is_object(c, r))
            continue;
        bool same = !named || bytes_eq(c->home, r->namespace);
        named = true;
        c->home = same ? r->namespace : BYTES_NONE;
        if (!same)
            break;
    }
    return named;
}
