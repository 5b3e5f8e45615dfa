#include "analyze/kube/network/space.h"

#include <math.h>
#include <stdlib.h>

#include "formats/base/memory.h"

/* Ranges that are named one by one. */
#define MOST_RANGES 6

struct cuts {
    const struct peer *own; /* the pod */
    struct ip *v;
    size_t n, capacity;
};

/* Does the pod have, or may it have, an address of the family? */
static bool has_family(const struct peer *own, size_t bytes)
{
    bool has = !own->all_addresses;
    for (size_t i = 0; i < own->address_count; i++)
        has |= own->addresses[i].n == bytes;
    return has;
}

static void cut_at(struct cuts *c, struct ip at)
{
    if (!has_family(c->own, at.n))
        return;
    c->v = memory_grow(c->v, &c->capacity, c->n + 1, sizeof *c->v);
    c->v[c->n++] = at;
}

static void cut_around(struct cuts *c, const struct block *block)
{
    struct ip after = block_last(block);
    cut_at(c, block->base);
    if (ip_next(&after))
        cut_at(c, after);
}

static int by_address(const void *a, const void *b)
{
    return ip_compare(a, b);
}

static void find_cuts(const struct netplan *p, struct cuts *out)
{
    cut_at(out, (struct ip){.n = 4});
    cut_at(out, (struct ip){.n = 16});
    for (size_t i = 0; i < p->block_count; i++)
        cut_around(out, &p->blocks[i]);
    for (size_t i = 0; p->cilium && i < OWN_BLOCKS; i++) {
        struct block block = ip_own_block(i);
        cut_around(out, &block);
    }
    qsort(out->v, out->n, sizeof *out->v, by_address);
}

static struct bytes ports_of(const struct netplan *p, const struct port_answers *a,
                             unsigned outcome)
{
    struct text t = {0};
    port_answers_text(a, outcome, &t);
    struct bytes kept = arena_copy(p->arena, text_bytes(&t));
    text_release(&t);
    return kept;
}

bool addresses_alike(const struct address_range *a, const struct address_range *b)
{
    return bytes_eq(a->open, b->open) && bytes_eq(a->undecided, b->undecided);
}

static void add_range(struct address_ranges *out, struct address_range r)
{
    struct address_range *last = out->n ? &out->v[out->n - 1] : NULL;
    if (last && last->first.n == r.first.n && addresses_alike(last, &r)) {
        last->last = r.last;
        return;
    }
    out->v = memory_grow(out->v, &out->capacity, out->n + 1, sizeof *out->v);
    out->v[out->n++] = r;
}

/* The last address before the next cut, or of the family. */
static struct ip last_before(const struct cuts *c, size_t next, struct ip first)
{
    struct block whole = {first, 0};
    if (next >= c->n || c->v[next].n != first.n)
        return block_last(&whole);
    struct ip last = c->v[next];
    ip_previous(&last);
    return last;
}

void netplan_addresses(const struct netplan *p, enum direction d,
                       struct address_ranges *out)
{
    struct cuts cuts = {.own = p->own};
    struct port_answers answers = {0};
    find_cuts(p, &cuts);
    out->n = 0;
    for (size_t i = 0; i < cuts.n; i++) {
        struct ip at = cuts.v[i];
        if (i + 1 < cuts.n && ip_compare(&at, &cuts.v[i + 1]) == 0)
            continue;
        struct peer e = {.kind = PEER_ADDRESS, .addresses = &at, .address_count = 1};
        netplan_ports(p, d, &e, &answers);
        add_range(out, (struct address_range){
                           at, last_before(&cuts, i + 1, at),
                           ports_of(p, &answers, OUTCOME_ALLOW),
                           ports_of(p, &answers, OUTCOME_ALLOW | OUTCOME_DENY)});
    }
    free(answers.v);
    free(cuts.v);
}

static double number_of(const struct ip *ip)
{
    double n = 0;
    for (size_t i = 0; i < ip->n; i++)
        n = n * 256 + ip->b[i];
    return n;
}

bool addresses_are_wide(const struct address_ranges *a)
{
    double open[2] = {0};
    for (size_t i = 0; i < a->n; i++)
        if (a->v[i].open.n)
            open[a->v[i].first.n == 16] +=
                number_of(&a->v[i].last) - number_of(&a->v[i].first) + 1;
    return open[0] > ldexp(1, 32 - 8) || open[1] > ldexp(1, 128 - 16);
}

/* -- in words ----------------------------------------------------------------------- */

static bool is_whole(const struct address_range *r)
{
    struct block whole = {r->first, 0};
    struct ip first = {.n = r->first.n}, last = block_last(&whole);
    return ip_compare(&first, &r->first) == 0 && ip_compare(&last, &r->last) == 0;
}

/* As a block where it is one. */
static void range_text(const struct address_range *r, struct text *out)
{
    unsigned bits = 0;
    struct block block;
    if (is_whole(r)) {
        text_printf(out, "every IPv%d address", r->first.n == 4 ? 4 : 6);
        return;
    }
    ip_text(&r->first, out);
    for (; bits < 8U * r->first.n; bits++) {
        struct ip last;
        block = (struct block){r->first, bits};
        last = block_last(&block);
        if (block_starts(&block) && ip_compare(&last, &r->last) == 0)
            break;
    }
    if (ip_compare(&r->first, &r->last) == 0)
        return;
    block = (struct block){r->first, bits};
    if (bits < 8U * r->first.n) {
        text_printf(out, "/%u", bits);
    } else {
        text_byte(out, '-');
        ip_text(&r->last, out);
    }
}

static void list_text(const struct address_ranges *a, const struct address_range *like,
                      bool but, struct text *out)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        if (addresses_alike(&a->v[i], like) == but)
            continue;
        if (n++)
            text_str(out, n > MOST_RANGES ? "" : ", ");
        if (n <= MOST_RANGES)
            range_text(&a->v[i], out);
    }
    if (n > MOST_RANGES)
        text_printf(out, " and %zu more ranges", n - MOST_RANGES);
}

void addresses_text(const struct address_ranges *a, const struct address_range *like,
                    struct text *out)
{
    size_t meant = 0;
    for (size_t i = 0; i < a->n; i++)
        meant += addresses_alike(&a->v[i], like);
    bool ends =
        a->n && addresses_alike(&a->v[0], like) && addresses_alike(&a->v[a->n - 1], like);
    if (meant == a->n) {
        text_str(out, "every address");
    } else if (ends && a->n - meant < meant) {
        text_str(out, "every address but ");
        list_text(a, like, true, out);
    } else {
        list_text(a, like, false, out);
    }
}
