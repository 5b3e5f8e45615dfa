/* Kinds of records: those that have the few fields in common that most conditions ask
 * about. A cluster's log has millions of records and some hundred kinds: which rules a
 * kind may satisfy, and which of their conditions it decides, is found out with its first
 * record and remembered.
 *
 * A rule is out when its condition is false whatever the other fields hold, which
 * Kleene's logic tells: what asks about another field is taken as unknown.
 */
#include <stdlib.h>

#include "analyze/rules/private.h"
#include "formats/audit.h"
#include "formats/base/memory.h"

/* More kinds than this take each other's places. */
#define KINDS 2048
/* A record with longer names than these is looked at by itself. */
#define KIND_KEY 504

struct kind {
    uint64_t hash;
    size_t n; /* of the key; 0: no kind has this place */
    uint8_t key[KIND_KEY];
};

struct rules_memory {
    const struct rules *rules;
    struct arena scratch;
    struct kind *kinds;
    rule_bits *possible; /* of each kind */
    uint8_t *truths;     /* of each kind: matching.of_kind */
};

struct rules_memory *rules_memory_new(const struct rules *r)
{
    struct rules_memory *m = memory_new(1, sizeof *m);
    m->rules = r;
    m->kinds = memory_new(KINDS, sizeof *m->kinds);
    const struct source_rules *audit = &r->sources[LOG_SOURCE_AUDIT];
    m->possible = memory_new(KINDS * (audit->words + 1), sizeof *m->possible);
    m->truths = memory_new(KINDS * (audit->kept_count + 1), 1);
    return m;
}

void rules_memory_free(struct rules_memory *m)
{
    if (!m)
        return;
    arena_release(&m->scratch);
    free(m->kinds);
    free(m->possible);
    free(m->truths);
    free(m);
}

struct arena *rules_memory_scratch(struct rules_memory *m)
{
    return &m->scratch;
}

/* -- which conditions a kind decides ------------------------------------------------- */

static bool asks_kind(const struct source_rules *s, const struct expr *e)
{
    bool decided = !e->relative && s->fields[e->field].of_kind;
    for (size_t i = 0; i < e->term_count; i++)
        if (e->terms[i].kind == TERM_FIELD)
            decided = decided && s->fields[e->terms[i].field].of_kind;
    return decided;
}

static void mark(const struct source_rules *s, struct expr *e)
{
    bool chain = e->kind == EXPR_AND || e->kind == EXPR_OR || e->kind == EXPR_NOT;
    e->of_kind = chain;
    for (size_t i = 0; chain && i < e->count; i++) {
        mark(s, e->of[i]);
        e->of_kind = e->of_kind && e->of[i]->of_kind;
    }
    if (e->kind == EXPR_FIELD || e->kind == EXPR_EXISTS)
        e->of_kind = asks_kind(s, e);
}

/* The largest that a kind decides have a place; what stands in them needs none. */
static void keep(struct source_rules *s, struct expr *e)
{
    if (e->of_kind && !e->kept)
        e->kept = ++s->kept_count;
    for (size_t i = 0; !e->of_kind && i < e->count; i++)
        keep(s, e->of[i]);
}

void mark_kinds(struct source_rules *s)
{
    for (size_t i = 0; i < s->rule_count; i++) {
        mark(s, s->rules[i]->condition);
        keep(s, s->rules[i]->condition);
    }
}

/* What the kind alone says of the condition. */
static enum truth kind_truth(struct matching *m, const struct expr *e)
{
    bool and = e->kind == EXPR_AND;
    if (e->of_kind)
        return expr_matches(m, e, m->record->tree.top);
    if (e->kind == EXPR_NOT)
        return truth_not(kind_truth(m, e->of[0]));
    if (!and&&e->kind != EXPR_OR)
        return TRUTH_UNKNOWN;
    enum truth all = and? TRUTH_TRUE : TRUTH_FALSE;
    enum truth decided = and? TRUTH_FALSE : TRUTH_TRUE;
    for (size_t i = 0; i < e->count && all != decided; i++) {
        enum truth one = kind_truth(m, e->of[i]);
        if (and? one < all : one > all)
            all = one;
    }
    return all;
}

static void drop_by_kind(struct matching *m, rule_bits *possible)
{
    const struct source_rules *s = m->source;
    for (size_t w = 0; w < s->words; w++)
        for (rule_bits left = possible[w]; left; left &= left - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(left);
            if (kind_truth(m, s->rules[64 * w + bit]->condition) == TRUTH_FALSE)
                possible[w] &= ~((rule_bits)1 << bit);
        }
}

/* -- the kind of a record -------------------------------------------------------------
 */

struct key {
    uint8_t bytes[KIND_KEY];
    size_t n;
    bool fits;
};

static void put(struct key *k, struct bytes b)
{
    uint16_t length = (uint16_t)b.n;
    k->fits = k->fits && b.n < KIND_KEY && k->n + sizeof length + b.n <= KIND_KEY;
    if (!k->fits)
        return;
    memcpy(k->bytes + k->n, &length, sizeof length);
    k->n += sizeof length;
    if (b.n)
        memcpy(k->bytes + k->n, b.p, b.n);
    k->n += b.n;
}

/* Everything that a field with `of_kind` reads (field_audit.c, field_derived.c), and what
 * tells why it may be missing. */
static void key_of(const struct record *r, struct key *k)
{
    const struct audit_event *e = r->audit;
    const struct audit_list *groups[] = {&e->user.groups, &e->impersonated.groups};
    const int64_t numbers[] = {e->response.code,
                               e->response.present,
                               e->level,
                               e->stage,
                               e->has_impersonated,
                               audit_is_dry_run(e),
                               (int64_t)groups[0]->n,
                               r->missing};
    const struct bytes words[] = {e->verb,
                                  e->object.resource,
                                  e->object.subresource,
                                  e->object.api_group,
                                  e->user.username,
                                  e->impersonated.username,
                                  e->user_agent,
                                  e->decision,
                                  e->response.status};
    k->n = 0;
    k->fits = groups[0]->more == 0 && groups[1]->more == 0;
    put(k, bytes_of(numbers, sizeof numbers));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        put(k, words[i]);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        for (size_t j = 0; j < groups[i]->n; j++)
            put(k, groups[i]->v[j]);
}

/* Eight octets at a time: this is done for every record. */
static uint64_t hash(const struct key *k)
{
    uint64_t h = k->n, word;
    for (size_t i = 0; i < k->n; i += sizeof word) {
        size_t n = k->n - i < sizeof word ? k->n - i : sizeof word;
        word = 0;
        memcpy(&word, k->bytes + i, n);
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    return h;
}

void kind_lookup(struct matching *m, struct rules_memory *memory, rule_bits *out)
{
    struct key key = {.fits = false};
    size_t size = m->source->words * sizeof *out;
    if (memory && m->record->audit && m->record->source == LOG_SOURCE_AUDIT)
        key_of(m->record, &key);
    if (!key.fits) {
        index_lookup(m->source, m, out);
        return;
    }
    uint64_t h = hash(&key);
    struct kind *kind = &memory->kinds[h % KINDS];
    rule_bits *possible = memory->possible + (h % KINDS) * m->source->words;
    m->of_kind = memory->truths + (h % KINDS) * m->source->kept_count;
    if (kind->hash != h || kind->n != key.n || memcmp(kind->key, key.bytes, key.n) != 0) {
        memset(m->of_kind, 0, m->source->kept_count);
        index_lookup(m->source, m, possible);
        drop_by_kind(m, possible);
        kind->hash = h;
        kind->n = key.n;
        memcpy(kind->key, key.bytes, key.n);
    }
    memcpy(out, possible, size);
}
