/* Matching: one record against all rules of its source. */
#include <stdlib.h>

#include "analyze/rules/private.h"
#include "formats/audit.h"
#include "formats/base/memory.h"

/* -- fields, read at most once for each record --------------------------------------- */

void collect_bodies(struct source_rules *s, struct arena *arena)
{
    for (size_t i = 0; i < s->field_count; i++) {
        struct body_fields *b = &s->bodies[s->fields[i].body];
        if (s->fields[i].body == AUDIT_PART_NONE)
            continue;
        if (!b->fields)
            b->fields = arena_array(arena, size_t, s->field_count);
        b->fields[b->count++] = i;
        field_add_to_body(&s->fields[i], i, &b->tree, arena);
    }
}

static void read_body(struct matching *m, enum audit_part body)
{
    const struct body_fields *b = &m->source->bodies[body];
    for (size_t i = 0; i < b->count; i++) {
        m->known[b->fields[i]] = 1;
        values_begin(&m->fields[b->fields[i]], m->arena);
    }
    field_read_body(m->record, body, &b->tree, m->fields);
}

const struct values *matching_field(struct matching *m, size_t field)
{
    struct values *v = &m->fields[field];
    const struct field *f = &m->source->fields[field];
    if (m->known[field])
        return v;
    if (f->body != AUDIT_PART_NONE && m->record->audit) {
        read_body(m, f->body);
        return v;
    }
    m->known[field] = 1;
    values_begin(v, m->arena);
    field_read(f, m->record, v);
    return v;
}

/* Why an absent field proves nothing. */
static const char *why_missing(unsigned missing, const struct audit_event *e)
{
    if (missing & RECORD_CUT)
        return "the record is cut off";
    if (missing & RECORD_TABLE)
        return "the table that was printed does not show the field";
    if (missing & RECORD_TRUNCATED)
        return "the API server left the body out because of its size";
    if (missing & RECORD_NO_REQUEST_BODY)
        return e && e->level >= AUDIT_LEVEL_REQUEST
                   ? "the record has no request body, which its level keeps"
                   : "the audit level leaves the request body out";
    return "the audit level leaves the response body out";
}

static enum truth not_shown(struct matching *m, const struct field *f)
{
    unsigned missing = m->record->missing & f->needs;
    if (!missing)
        return TRUTH_FALSE;
    m->why =
        why_missing(missing | (m->record->missing & RECORD_TRUNCATED), m->record->audit);
    return TRUTH_UNKNOWN;
}

/* -- terms -------------------------------------------------------------------------- */

static enum truth limited(struct matching *m, enum truth t)
{
    if (t == TRUTH_UNKNOWN)
        m->why = "a limit on the work for one value was reached";
    return t;
}

static enum truth refers(struct matching *m, const struct term *t, const struct value *v)
{
    const struct values *other = matching_field(m, t->field);
    char room[VALUE_ROOM];
    struct bytes text;
    enum truth best = TRUTH_FALSE;
    for (size_t i = 0; i < other->n && best != TRUTH_TRUE; i++) {
        if (!value_text(&other->v[i].value, room, &text))
            continue;
        struct arena scratch = ARENA_INIT;
        struct term probe = {.kind = TERM_PATTERN,
                             .pattern = pattern_compile(text, t->style, &scratch)};
        enum truth one = term_matches(&probe, v);
        best = one > best ? one : best;
        arena_release(&scratch);
    }
    return best;
}

/* Rules for stores that keep a body as text look into it as such. */
static enum truth in_object(struct matching *m, const struct term *t, struct node n)
{
    struct text json = {0};
    struct subtree object = {m->record->tree.by, n};
    if (t->kind != TERM_PATTERN && t->kind != TERM_REGEX)
        return TRUTH_FALSE;
    subtree_json(object, &json);
    struct value whole = {.type = VALUE_TEXT, .text = text_bytes(&json)};
    enum truth found = term_matches(t, &whole);
    text_release(&json);
    return found;
}

static enum truth term_over(struct matching *m, const struct term *t,
                            const struct values *v)
{
    enum truth best = TRUTH_FALSE;
    for (size_t i = 0; i < v->n && best != TRUTH_TRUE; i++) {
        const struct found *f = &v->v[i];
        enum truth one = f->value.type == VALUE_OBJECT ? in_object(m, t, f->node)
                         : t->kind == TERM_FIELD       ? refers(m, t, &f->value)
                                                       : term_matches(t, &f->value);
        best = one > best ? one : best;
    }
    if (best == TRUTH_FALSE && v->more)
        best = TRUTH_UNKNOWN;
    return limited(m, best);
}

static bool is_null(const struct values *v)
{
    for (size_t i = 0; i < v->n; i++)
        if (v->v[i].value.type != VALUE_NULL)
            return false;
    return true;
}

/* The API server leaves empty strings out of its records. */
static bool means_empty(const struct matching *m, const struct term *t)
{
    return m->record->source == LOG_SOURCE_AUDIT && t->kind == TERM_PATTERN &&
           t->pattern.kind == PATTERN_WHOLE && t->pattern.literal.n == 0;
}

/* A field that is asked for, and what it holds. */
struct asked {
    const struct field *field;
    const struct values *values;
    struct values below; /* of a relative field: read for this element alone */
};

static enum truth term_truth(struct matching *m, const struct term *t,
                             const struct asked *of)
{
    const struct values *v = of->values;
    if (v->n == 0) {
        if (not_shown(m, of->field) == TRUTH_UNKNOWN)
            return TRUTH_UNKNOWN;
        return truth_of(t->kind == TERM_NULL || means_empty(m, t));
    }
    if (t->kind == TERM_NULL)
        return truth_of(is_null(v));
    return term_over(m, t, v);
}

static enum truth terms_truth(struct matching *m, const struct expr *e,
                              const struct asked *of)
{
    enum truth all = e->all ? TRUTH_TRUE : TRUTH_FALSE;
    enum truth decided = e->all ? TRUTH_FALSE : TRUTH_TRUE;
    for (size_t i = 0; i < e->term_count && all != decided; i++) {
        enum truth one = term_truth(m, &e->terms[i], of);
        if (e->all ? one < all : one > all)
            all = one;
    }
    return all;
}

/* -- expressions -------------------------------------------------------------------- */

static void ask(struct matching *m, const struct expr *e, struct node element,
                struct asked *out)
{
    if (!e->relative) {
        out->field = &m->source->fields[e->field];
        out->values = matching_field(m, e->field);
        return;
    }
    out->field = e->relative;
    out->values = &out->below;
    out->below = (struct values){.arena = m->arena};
    field_read_below(e->relative, (struct subtree){m->record->tree.by, element},
                     &out->below);
}

static enum truth field_truth(struct matching *m, const struct expr *e,
                              struct node element)
{
    struct asked of;
    enum truth t;
    ask(m, e, element, &of);
    if (e->kind != EXPR_EXISTS)
        t = terms_truth(m, e, &of);
    else if (of.values->n)
        t = TRUTH_TRUE;
    else
        t = e->relative ? TRUTH_FALSE : not_shown(m, of.field);
    return e->negated ? truth_not(t) : t;
}

static enum truth element_truth(struct matching *m, const struct expr *e)
{
    const struct values *v = matching_field(m, e->field);
    enum truth best = TRUTH_FALSE;
    if (v->n == 0)
        return not_shown(m, &m->source->fields[e->field]);
    for (size_t i = 0; i < v->n && best != TRUTH_TRUE; i++) {
        if (v->v[i].value.type != VALUE_OBJECT)
            continue;
        enum truth one = expr_matches(m, e->of[0], v->v[i].node);
        best = one > best ? one : best;
    }
    return best;
}

struct keyword_search {
    struct matching *m;
    const struct term *term;
    enum truth found;
};

static bool keyword_here(void *context, const struct value *v)
{
    struct keyword_search *s = context;
    enum truth one = limited(s->m, term_matches(s->term, v));
    s->found = one > s->found ? one : s->found;
    return s->found != TRUTH_TRUE;
}

static enum truth keyword_truth(struct matching *m, const struct term *t)
{
    const struct record *r = m->record;
    struct keyword_search s = {m, t, TRUTH_FALSE};
    for (size_t i = 0; i < r->fact_count; i++) {
        struct value v = {.type = VALUE_TEXT, .text = r->facts[i].value};
        if (!keyword_here(&s, &v))
            return TRUTH_TRUE;
    }
    scalars_each(r->tree, keyword_here, &s);
    if (s.found == TRUTH_FALSE && r->missing & RECORD_CUT) {
        m->why = why_missing(RECORD_CUT, NULL);
        return TRUTH_UNKNOWN;
    }
    return s.found;
}

static enum truth keywords_truth(struct matching *m, const struct expr *e)
{
    enum truth all = e->all ? TRUTH_TRUE : TRUTH_FALSE;
    for (size_t i = 0; i < e->term_count; i++) {
        enum truth one = keyword_truth(m, &e->terms[i]);
        if (e->all ? one < all : one > all)
            all = one;
    }
    return all;
}

static enum truth chain_truth(struct matching *m, const struct expr *e,
                              struct node element)
{
    bool and = e->kind == EXPR_AND;
    enum truth all = and? TRUTH_TRUE : TRUTH_FALSE;
    enum truth decided = and? TRUTH_FALSE : TRUTH_TRUE;
    for (size_t i = 0; i < e->count && all != decided; i++) {
        enum truth one = expr_matches(m, e->of[i], element);
        if (and? one < all : one > all)
            all = one;
    }
    return all;
}

static enum truth find_out(struct matching *m, const struct expr *e, struct node element)
{
    switch (e->kind) {
    case EXPR_AND:
    case EXPR_OR:
        return chain_truth(m, e, element);
    case EXPR_NOT:
        return truth_not(expr_matches(m, e->of[0], element));
    case EXPR_FIELD:
    case EXPR_EXISTS:
        return field_truth(m, e, element);
    case EXPR_ELEMENT:
        return element_truth(m, e);
    case EXPR_KEYWORDS:
        return keywords_truth(m, e);
    }
    return TRUTH_FALSE;
}

/* Where the truth of it is remembered, or NULL. */
static uint8_t *truth_place(struct matching *m, const struct expr *e)
{
    if (e->kept && m->of_kind)
        return &m->of_kind[e->kept - 1];
    return e->shared ? &m->truths[e->shared - 1] : NULL;
}

enum truth expr_matches(struct matching *m, const struct expr *e, struct node element)
{
    uint8_t *known = truth_place(m, e);
    if (!known)
        return find_out(m, e, element);
    if (*known)
        return (enum truth)(*known - 1);
    enum truth t = find_out(m, e, element);
    if (t != TRUTH_UNKNOWN) /* each rule is told why it is not known */
        *known = (uint8_t)(1 + t);
    return t;
}

/* -- what correlations need of a record ---------------------------------------------- */

/* All values of a field as one text, each with its length before it; false when there is
 * none: such a record belongs to no group. */
static bool put_field(struct matching *m, size_t field, struct text *to)
{
    const struct values *v = matching_field(m, field);
    char room[VALUE_ROOM];
    struct bytes text;
    size_t before = to->n;
    for (size_t i = 0; i < v->n; i++) {
        if (!value_text(&v->v[i].value, room, &text))
            continue;
        text_printf(to, "%zu:", text.n);
        text_add(to, text);
    }
    text_byte(to, ';');
    return to->n > before + 1;
}

static bool put_fields(struct matching *m, const size_t *fields, size_t n,
                       struct text *to)
{
    bool all = true;
    for (size_t i = 0; i < n; i++)
        all = put_field(m, fields[i], to) && all;
    return all;
}

/* For each feed: '+' or '-' (not part of any group), group, '|', value, each as a text
 * with its length. */
static void put_feed(struct matching *m, const struct feed *f, struct text *to)
{
    const struct correlation *c = f->correlation->correlation;
    const struct correlated *how = &c->rules[f->position];
    struct text group = {0}, value = {0};
    bool member = put_fields(m, how->group, c->group_count, &group);
    bool counted = put_fields(m, how->values, c->value_count, &value);
    text_printf(to, "%c%zu,%zu:", member && counted ? '+' : '-', group.n, value.n);
    text_add(to, text_bytes(&group));
    text_add(to, text_bytes(&value));
    text_release(&group);
    text_release(&value);
}

static uint64_t request_of(const struct record *r)
{
    struct bytes id = r->audit ? r->audit->audit_id : BYTES_NONE;
    return id.n ? bytes_hash(BYTES_HASH, id) : 0;
}

static void tell(struct matching *m, const struct compiled *c, enum truth t)
{
    struct text keys = {0};
    struct match match = {.rule = &c->rule,
                          .outcome =
                              t == TRUTH_TRUE ? OUTCOME_HIT : OUTCOME_NOT_DECIDABLE,
                          .why = t == TRUTH_TRUE ? NULL : m->why,
                          .request = request_of(m->record)};
    for (size_t i = 0; t == TRUTH_TRUE && i < c->feed_count; i++)
        put_feed(m, &c->feeds[i], &keys);
    match.keys = text_bytes(&keys);
    m->each(m->context, &match);
    text_release(&keys);
}

#define WORDS_ON_STACK  16
#define FIELDS_ON_STACK 256
#define TRUTHS_ON_STACK 1024

static void match_all(struct matching *m)
{
    const struct source_rules *s = m->source;
    rule_bits room[WORDS_ON_STACK] = {0};
    rule_bits *possible =
        s->words <= WORDS_ON_STACK ? room : memory_new(s->words, sizeof *possible);
    kind_lookup(m, m->record->memory, possible);
    for (size_t w = 0; w < s->words; w++)
        for (rule_bits left = possible[w]; left; left &= left - 1) {
            const struct compiled *c = s->rules[64 * w + (size_t)__builtin_ctzll(left)];
            enum truth t = expr_matches(m, c->condition, m->record->tree.top);
            if (t != TRUTH_FALSE)
                tell(m, c, t);
        }
    if (possible != room)
        free(possible);
}

/* `n` zeros: in the room that the caller has, or elsewhere. */
static uint8_t *zeros(uint8_t *room, size_t have, size_t n)
{
    return n <= have ? memset(room, 0, n) : memory_new(n, 1);
}

void rules_match(const struct rules *r, const struct record *record, match_fn *each,
                 void *context)
{
    const struct source_rules *s = &r->sources[record->source];
    struct values room[FIELDS_ON_STACK];
    uint8_t known[FIELDS_ON_STACK], truths[TRUTHS_ON_STACK];
    bool small = s->field_count <= FIELDS_ON_STACK;
    struct arena own = ARENA_INIT;
    struct matching m = {.record = record, .source = s, .each = each, .context = context};
    if (s->rule_count == 0)
        return;
    m.arena = record->memory ? rules_memory_scratch(record->memory) : &own;
    m.fields = small ? room : memory_new(s->field_count, sizeof *m.fields);
    m.known = zeros(known, sizeof known, s->field_count);
    m.truths = zeros(truths, sizeof truths, s->shared_count);
    match_all(&m);
    arena_release(&own);
    if (record->memory)
        arena_reset(m.arena);
    if (!small)
        free(m.fields);
    if (m.known != known)
        free(m.known);
    if (m.truths != truths)
        free(m.truths);
}
