/* The index: which rules can still hold, given the values of a few fields.
 *
 * From each condition follows, for each indexed field, the set of values without which it
 * cannot hold (or that there is no such set). A record is looked up by its own values;
 * the bit sets of all fields are ANDed, and only what is left is evaluated. Most records
 * are dismissed here.
 */
#include <stdlib.h>

#include "analyze/rules/private.h"
#include "formats/base/memory.h"

/* The fields worth an index, source by source; read for every record, so few. */
static const char *const indexed[LOG_SOURCE_COUNT][INDEX_FIELDS] = {
    [LOG_SOURCE_AUDIT] = {"verb", "objectRef.resource", "objectRef.subresource",
                          "objectRef.apiGroup", "exhibit.caller"},
    [LOG_SOURCE_FALCO] = {"rule"},
    [LOG_SOURCE_EVENTS] = {"reason"},
};

/* -- what a condition demands of a field --------------------------------------------- */

#define DEMAND_VALUES 64

struct value_set {
    struct bytes values[DEMAND_VALUES];
    size_t n;
};

static bool set_add(struct value_set *s, struct bytes value)
{
    for (size_t i = 0; i < s->n; i++)
        if (bytes_eq(s->values[i], value))
            return true;
    if (s->n == DEMAND_VALUES)
        return false;
    s->values[s->n++] = value;
    return true;
}

struct demand {
    bool any; /* no set: the condition may hold with every value */
    struct value_set values;
    struct value_set never; /* with these it cannot hold */
};

static void demand_add(struct demand *d, struct bytes value)
{
    d->any = d->any || !set_add(&d->values, value);
}

static bool is_whole(const struct term *t)
{
    return t->kind == TERM_PATTERN && t->pattern.kind == PATTERN_WHOLE &&
           !t->pattern.cased;
}

static void demand_terms(const struct expr *e, struct demand *d)
{
    for (size_t i = 0; i < e->term_count; i++) {
        const struct term *t = &e->terms[i];
        if (is_whole(t))
            demand_add(d, t->pattern.literal);
        else if (t->kind == TERM_NULL)
            demand_add(d, BYTES_NONE);
        else
            d->any = true;
    }
}

/* Whether the name means the very field, whatever short name the rule used. */
static bool means(const struct source_rules *s, size_t field,
                  const struct field *indexed_as)
{
    const struct field *f = &s->fields[field];
    if (indexed_as->derive || f->derive)
        return f->derive == indexed_as->derive;
    return f->path_count == 1 && bytes_eq(f->paths[0], indexed_as->paths[0]);
}

struct question {
    const struct source_rules *source;
    const struct field *field;
};

static void demand_of(const struct question *q, const struct expr *e, struct demand *d);

/* Is it a plain question about the field in question? */
static bool asks(const struct question *q, const struct expr *e)
{
    return e->kind == EXPR_FIELD && !e->relative && !e->all &&
           means(q->source, e->field, q->field);
}

/* The values with which `e` holds for certain: its negation cannot. */
static void never_of(const struct question *q, const struct expr *e,
                     struct value_set *never)
{
    for (size_t i = 0; e->kind == EXPR_OR && i < e->count; i++)
        never_of(q, e->of[i], never);
    for (size_t i = 0; asks(q, e) && !e->negated && i < e->term_count; i++)
        if (is_whole(&e->terms[i]) && e->terms[i].pattern.literal.n)
            set_add(never, e->terms[i].pattern.literal);
}

/* AND needs the smallest demand of its parts, and none of what any part excludes. */
static void demand_of_all(const struct question *q, const struct expr *e,
                          struct demand *d)
{
    d->any = true;
    for (size_t i = 0; i < e->count; i++) {
        struct demand one = {0};
        demand_of(q, e->of[i], &one);
        if (!one.any && (d->any || one.values.n < d->values.n)) {
            d->any = false;
            d->values = one.values;
        }
        for (size_t k = 0; k < one.never.n; k++)
            set_add(&d->never, one.never.values[k]);
    }
}

/* OR needs what any of its parts needs. */
static void demand_of_any(const struct question *q, const struct expr *e,
                          struct demand *d)
{
    for (size_t i = 0; i < e->count; i++) {
        struct demand one = {0};
        demand_of(q, e->of[i], &one);
        d->any = d->any || one.any;
        for (size_t k = 0; !d->any && k < one.values.n; k++)
            demand_add(d, one.values.values[k]);
    }
}

static void demand_of(const struct question *q, const struct expr *e, struct demand *d)
{
    *d = (struct demand){0};
    if (e->kind == EXPR_AND) {
        demand_of_all(q, e, d);
    } else if (e->kind == EXPR_OR) {
        demand_of_any(q, e, d);
    } else if (asks(q, e) && !e->negated) {
        demand_terms(e, d);
    } else {
        d->any = true;
        if (e->kind == EXPR_NOT)
            never_of(q, e->of[0], &d->never);
    }
}

/* -- the tables --------------------------------------------------------------------- */

static uint64_t hash(struct bytes b)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < b.n; i++)
        h = (h ^ to_lower(b.p[i])) * UINT64_C(0x100000001b3);
    return h ^ h >> 32;
}

static struct index_entry *slot(const struct field_index *x, struct bytes value)
{
    size_t at = hash(value) & (x->capacity - 1);
    while (x->entries[at].possible && !bytes_eq_nocase(x->entries[at].value, value))
        at = (at + 1) & (x->capacity - 1);
    return &x->entries[at];
}

static rule_bits *new_bits(struct rules *r, size_t words)
{
    return arena_array(&r->arena, rule_bits, words);
}

static void add_value(struct rules *r, const struct source_rules *s,
                      struct field_index *x, struct bytes value)
{
    struct index_entry *e = slot(x, value);
    if (e->possible)
        return;
    e->value = value;
    e->possible = new_bits(r, s->words);
    memcpy(e->possible, x->others, s->words * sizeof *e->possible);
    x->count++;
}

static void set_bit(rule_bits *bits, size_t rule)
{
    bits[rule / 64] |= (rule_bits)1 << rule % 64;
}

static void clear_bit(rule_bits *bits, size_t rule)
{
    bits[rule / 64] &= ~((rule_bits)1 << rule % 64);
}

/* Rules without a demand are possible with every value but those that they exclude. */
static void enter(struct rules *r, const struct source_rules *s, struct field_index *x,
                  const struct demand *demands)
{
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct demand *d = &demands[i];
        for (size_t k = 0; !d->any && k < d->values.n; k++)
            add_value(r, s, x, d->values.values[k]);
        for (size_t k = 0; k < d->never.n; k++)
            add_value(r, s, x, d->never.values[k]);
    }
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct demand *d = &demands[i];
        for (size_t k = 0; !d->any && k < d->values.n; k++)
            set_bit(slot(x, d->values.values[k])->possible, i);
        for (size_t k = 0; k < d->never.n; k++)
            clear_bit(slot(x, d->never.values[k])->possible, i);
    }
}

static void build(struct rules *r, struct source_rules *s, struct field_index *x)
{
    struct demand *demands = memory_new(s->rule_count + 1, sizeof *demands);
    struct question q = {s, &s->fields[x->field]};
    size_t values = 0;
    x->others = new_bits(r, s->words);
    for (size_t i = 0; i < s->rule_count; i++) {
        demand_of(&q, s->rules[i]->condition, &demands[i]);
        values += demands[i].values.n + demands[i].never.n;
        if (demands[i].any)
            set_bit(x->others, i);
    }
    for (x->capacity = 16; x->capacity < 2 * values + 2;)
        x->capacity *= 2;
    x->entries = arena_array(&r->arena, struct index_entry, x->capacity);
    enter(r, s, x, demands);
    free(demands);
}

void index_rules(struct rules *r, struct source_rules *s)
{
    enum log_source source = (enum log_source)(s - r->sources);
    static const struct rule_file nowhere = {.name = ""};
    struct reading reading = {.rules = r, .file = &nowhere, .source = source};
    s->words = (s->rule_count + 63) / 64;
    for (size_t i = 0; s->rule_count && i < INDEX_FIELDS && indexed[source][i]; i++) {
        struct field_index *x = &s->indexes[s->index_count++];
        x->field =
            source_field(place_at(&reading, NULL, NULL), bytes_str(indexed[source][i]));
        build(r, s, x);
    }
}

/* -- looking up --------------------------------------------------------------------- */

/* A cut record may have lost the value; then the field decides nothing. */
static bool decides(const struct matching *m, const struct field *f,
                    const struct values *v)
{
    return v->n > 0 || !(m->record->missing & f->needs);
}

/* False when no rule is left. */
static bool keep_possible(const struct field_index *x, const struct values *v,
                          rule_bits *out, size_t words)
{
    struct bytes value = BYTES_NONE;
    char room[VALUE_ROOM];
    if (v->n == 1 && !value_text(&v->v[0].value, room, &value) &&
        v->v[0].value.type != VALUE_NULL)
        return true;
    const struct index_entry *e = slot(x, value);
    const rule_bits *possible = e->possible ? e->possible : x->others;
    rule_bits any = 0;
    for (size_t i = 0; i < words; i++)
        any |= out[i] &= possible[i];
    return any != 0;
}

void index_lookup(const struct source_rules *s, struct matching *m, rule_bits *out)
{
    memset(out, 0xff, s->words * sizeof *out);
    if (s->rule_count % 64)
        out[s->words - 1] = ((rule_bits)1 << s->rule_count % 64) - 1;
    for (size_t i = 0; i < s->index_count; i++) {
        const struct field_index *x = &s->indexes[i];
        const struct values *v = matching_field(m, x->field);
        if (v->n > 1 || !decides(m, &s->fields[x->field], v))
            continue; /* several values: each rule looks for itself */
        if (!keep_possible(x, v, out, s->words))
            return;
    }
}
