#include "analyze/kube/patterns.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

static uint32_t word(struct scope *s, struct bytes b)
{
    return intern_put(s->words, b);
}

static uint64_t pattern_hash(const struct pattern *p)
{
    const uint32_t parts[] = {p->user,   p->verb,   p->resource, p->namespace, p->agent,
                              p->source, p->reason, p->denied,   p->baseline,  p->by};
    uint64_t h = 1469598103934665603u; /* FNV-1a, word by word */
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        h = (h ^ parts[i]) * 1099511628211u;
    return h ^ h >> 29;
}

static bool pattern_same(const struct pattern *a, const struct pattern *b)
{
    return a->user == b->user && a->verb == b->verb && a->resource == b->resource &&
           a->namespace == b->namespace && a->agent == b->agent &&
           a->source == b->source && a->reason == b->reason && a->denied == b->denied &&
           a->baseline == b->baseline && a->by == b->by;
}

/* The slot of a pattern, or the free one where it belongs. */
static uint32_t *pattern_slot(const struct scope *s, const struct pattern *p)
{
    size_t mask = s->slot_count - 1;
    size_t at = (size_t)pattern_hash(p) & mask;
    while (s->pattern_slots[at] &&
           !pattern_same(&s->patterns[s->pattern_slots[at] - 1], p))
        at = (at + 1) & mask;
    return &s->pattern_slots[at];
}

void patterns_index(struct scope *s)
{
    free(s->pattern_slots);
    s->pattern_slots = memory_new(s->slot_count, sizeof *s->pattern_slots);
    for (size_t i = 0; i < s->pattern_count; i++)
        *pattern_slot(s, &s->patterns[i]) = (uint32_t)(i + 1);
}

static void grow_slots(struct scope *s)
{
    if (s->slot_count >= 2 * (s->pattern_count + 1))
        return;
    s->slot_count = s->slot_count ? 2 * s->slot_count : 1024;
    patterns_index(s);
}

static void pattern_extend(struct pattern *p, const struct request *r)
{
    p->count++;
    if (r->time < p->first) {
        p->first = r->time;
        p->span = r->spans[0];
    }
    if (r->time > p->last)
        p->last = r->time;
}

#define PATTERN_WORDS 7

/* What makes a pattern, in words; `resource` is room for one of them. */
static void pattern_words(const struct request *r, struct text *resource,
                          struct bytes words[PATTERN_WORDS])
{
    struct bytes what = r->resource.n ? r->resource : r->uri;
    /* The query of a non-resource request is different each time and says nothing. */
    what.n = bytes_find_byte(what, '?');
    if (r->subresource.n) {
        text_add(resource, what);
        text_byte(resource, '/');
        text_add(resource, r->subresource);
        what = text_bytes(resource);
    }
    const struct bytes all[PATTERN_WORDS] = {
        request_as(r), r->verb, what, r->namespace, r->agent, r->source, r->reason};
    memcpy(words, all, sizeof all);
}

static struct pattern pattern_from(const struct request *r,
                                   const uint32_t numbers[PATTERN_WORDS])
{
    return (struct pattern){.user = numbers[0],
                            .by = numbers[0],
                            .verb = numbers[1],
                            .resource = numbers[2],
                            .namespace = numbers[3],
                            .agent = numbers[4],
                            .source = numbers[5],
                            .reason = numbers[6],
                            .denied = request_denied(r),
                            .baseline = r->baseline,
                            .count = 1,
                            .first = r->time,
                            .last = r->time,
                            .span = r->spans[0]};
}

static struct pattern pattern_of(struct scope *s, const struct request *r)
{
    struct bytes words[PATTERN_WORDS];
    uint32_t numbers[PATTERN_WORDS];
    struct text resource = {0};
    pattern_words(r, &resource, words);
    for (size_t i = 0; i < PATTERN_WORDS; i++)
        numbers[i] = word(s, words[i]);
    text_release(&resource);
    struct pattern p = pattern_from(r, numbers);
    if (r->as.n)
        p.by = word(s, r->user);
    return p;
}

static bool find_pattern(const struct scope *s, const struct request *r,
                         struct pattern *out)
{
    struct bytes words[PATTERN_WORDS];
    uint32_t numbers[PATTERN_WORDS];
    struct text resource = {0};
    bool known = s->slot_count > 0;
    pattern_words(r, &resource, words);
    for (size_t i = 0; i < PATTERN_WORDS && known; i++)
        known = intern_find(s->words, words[i], &numbers[i]);
    text_release(&resource);
    if (!known)
        return false;
    *out = pattern_from(r, numbers);
    return !r->as.n || intern_find(s->words, r->user, &out->by);
}

struct pattern *patterns_count(struct scope *s, const struct request *r)
{
    struct pattern p = pattern_of(s, r);
    grow_slots(s);
    uint32_t *slot = pattern_slot(s, &p);
    if (*slot) {
        pattern_extend(&s->patterns[*slot - 1], r);
        return &s->patterns[*slot - 1];
    }
    if (s->pattern_count >= LIMIT_KUBE_PATTERNS)
        return NULL;
    s->patterns = memory_grow(s->patterns, &s->pattern_capacity, s->pattern_count + 1,
                              sizeof *s->patterns);
    s->patterns[s->pattern_count++] = p;
    *slot = (uint32_t)s->pattern_count;
    return &s->patterns[s->pattern_count - 1];
}

const struct pattern *journal_pattern(const struct scope *s, const struct request *r)
{
    struct pattern p;
    uint32_t number = find_pattern(s, r, &p) ? *pattern_slot(s, &p) : 0;
    return number ? &s->patterns[number - 1] : NULL;
}

bool journal_is_habit(const struct scope *s, const struct request *r, instant until)
{
    const struct pattern *now = journal_pattern(s, r);
    struct request before = *r;
    before.baseline = true;
    return (now && now->first < until) || journal_pattern(s, &before);
}

void patterns_chain(struct scope *s)
{
    struct pattern_chains *c = &s->chains;
    free(c->by);
    free(c->from);
    c->words = intern_count(s->words);
    c->by = memory_new((size_t)c->words + 1, sizeof *c->by);
    c->from = memory_new((size_t)c->words + 1, sizeof *c->from);
    for (size_t i = s->pattern_count; i-- > 0;) {
        struct pattern *p = &s->patterns[i];
        p->next_by = c->by[p->by];
        p->next_from = c->from[p->source];
        c->by[p->by] = c->from[p->source] = (uint32_t)(i + 1);
    }
}

static const struct pattern *pattern_at(const struct scope *s, uint32_t number)
{
    return number ? &s->patterns[number - 1] : NULL;
}

const struct pattern *patterns_by(const struct scope *s, uint32_t account)
{
    return account < s->chains.words ? pattern_at(s, s->chains.by[account]) : NULL;
}

const struct pattern *patterns_next_by(const struct scope *s, const struct pattern *p)
{
    return pattern_at(s, p->next_by);
}

const struct pattern *patterns_from(const struct scope *s, uint32_t address)
{
    return address < s->chains.words ? pattern_at(s, s->chains.from[address]) : NULL;
}

const struct pattern *patterns_next_from(const struct scope *s, const struct pattern *p)
{
    return pattern_at(s, p->next_from);
}
