/* Sharing: what several rules ask in the same words is one condition, found out once for
 * each record. Rules have their lists of verbs and resources and most of their filters in
 * common.
 */
#include <stdlib.h>

#include "analyze/rules/private.h"
#include "formats/base/memory.h"

/* -- are two conditions the same? ---------------------------------------------------- */

static bool same_pattern(const struct pattern *a, const struct pattern *b)
{
    return a->kind == b->kind && a->cased == b->cased &&
           bytes_eq(a->literal, b->literal) && a->glyph_count == b->glyph_count &&
           (a->glyph_count == 0 ||
            memcmp(a->glyphs, b->glyphs, a->glyph_count * sizeof *a->glyphs) == 0);
}

static bool same_network(const struct network *a, const struct network *b)
{
    return memcmp(a->address, b->address, sizeof a->address) == 0 && a->bits == b->bits &&
           a->v6 == b->v6;
}

static bool same_style(struct pattern_style a, struct pattern_style b)
{
    return a.fit == b.fit && a.cased == b.cased && a.plain == b.plain;
}

static bool same_term(const struct term *a, const struct term *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case TERM_PATTERN:
        return same_pattern(&a->pattern, &b->pattern);
    case TERM_NUMBER:
        return a->comparison == b->comparison && a->part == b->part &&
               a->number == b->number;
    case TERM_CIDR:
        return same_network(&a->network, &b->network);
    case TERM_FIELD:
        return a->field == b->field && same_style(a->style, b->style);
    case TERM_REGEX:
        return a->regex == b->regex;
    case TERM_NULL:
        return true;
    }
    return false;
}

static bool same_field(const struct expr *a, const struct expr *b)
{
    if (!a->relative || !b->relative)
        return a->relative == b->relative && a->field == b->field;
    return bytes_eq(a->relative->name, b->relative->name);
}

static bool same(const struct expr *a, const struct expr *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->negated != b->negated || a->all != b->all ||
        a->count != b->count || a->term_count != b->term_count || !same_field(a, b))
        return false;
    for (size_t i = 0; i < a->term_count; i++)
        if (!same_term(&a->terms[i], &b->terms[i]))
            return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same(a->of[i], b->of[i]))
            return false;
    return true;
}

/* -- the table ------------------------------------------------------------------------
 */

struct shelf {
    struct source_rules *source;
    struct expr **slots; /* hash table, a power of two, at most half full */
    size_t capacity, count;
};

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

/* Of what it asks itself: what stands below it is compared. */
static uint64_t hash(const struct expr *e)
{
    uint64_t h = mix(mix(mix((uint64_t)e->kind, e->field), e->count), e->term_count);
    for (size_t i = 0; i < e->count; i++)
        h = mix(h, e->of[i]->hash);
    for (size_t i = 0; i < e->term_count; i++) {
        struct bytes literal = e->terms[i].pattern.literal;
        h = mix(h, (uint64_t)e->terms[i].kind);
        for (size_t k = 0; k < literal.n; k++)
            h = mix(h, literal.p[k]);
    }
    return h;
}

static struct expr **slot(const struct shelf *s, const struct expr *e)
{
    size_t at = e->hash & (s->capacity - 1);
    while (s->slots[at] && !(s->slots[at]->hash == e->hash && same(s->slots[at], e)))
        at = (at + 1) & (s->capacity - 1);
    return &s->slots[at];
}

static void grow(struct shelf *s)
{
    struct shelf larger = {s->source, NULL, 2 * s->capacity, s->count};
    larger.slots = memory_new(larger.capacity, sizeof(struct expr *));
    for (size_t i = 0; i < s->capacity; i++)
        if (s->slots[i])
            *slot(&larger, s->slots[i]) = s->slots[i];
    free(s->slots);
    *s = larger;
}

static void hash_all(struct expr *e)
{
    for (size_t i = 0; i < e->count; i++)
        hash_all(e->of[i]);
    e->hash = hash(e);
}

/* The condition that stands for `e` in all rules. What is asked of an element is found
 * out for each element, and shared only with the whole. */
static struct expr *shared(struct shelf *s, struct expr *e)
{
    for (size_t i = 0; i < e->count && e->kind != EXPR_ELEMENT; i++)
        e->of[i] = shared(s, e->of[i]);
    if (2 * s->count >= s->capacity)
        grow(s);
    struct expr **here = slot(s, e);
    if (!*here) {
        *here = e;
        s->count++;
    } else if (!(*here)->shared) {
        (*here)->shared = ++s->source->shared_count;
    }
    return *here;
}

void share_conditions(struct source_rules *source)
{
    struct shelf s = {source, memory_new(1024, sizeof(struct expr *)), 1024, 0};
    for (size_t i = 0; i < source->rule_count; i++) {
        hash_all(source->rules[i]->condition);
        source->rules[i]->condition = shared(&s, source->rules[i]->condition);
    }
    free(s.slots);
}
