/* One line of a selection: "field|modifier|modifier: value or list" to a condition.
 * Source: Sigma modifiers appendix 2.1. */
#include <stdlib.h>

#include "analyze/rules/operands.h"
#include "formats/base/memory.h"

struct modifiers {
    bool all, cased, neq, expand, exists, regex, cidr, fieldref, fitted, compared;
    enum fit fit;
    enum comparison comparison;
    enum time_part part;
    char flags[4]; /* of |re */
    enum transform transforms[TRANSFORMS];
    size_t transform_count;
};

/* -- the names ---------------------------------------------------------------------- */

static bool set_flag(struct modifiers *m, struct bytes name)
{
    struct {
        const char *name;
        bool *flag;
    } const flags[] = {
        {"all", &m->all},       {"cased", &m->cased},       {"neq", &m->neq},
        {"expand", &m->expand}, {"exists", &m->exists},     {"re", &m->regex},
        {"cidr", &m->cidr},     {"fieldref", &m->fieldref},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (bytes_is(name, flags[i].name))
            return *flags[i].flag = true;
    return false;
}

static bool set_fit(struct modifiers *m, struct bytes name)
{
    enum fit fit = bytes_is(name, "contains")     ? FIT_INSIDE
                   : bytes_is(name, "startswith") ? FIT_START
                   : bytes_is(name, "endswith")   ? FIT_END
                                                  : FIT_WHOLE;
    if (fit == FIT_WHOLE)
        return false;
    m->fit = fit;
    m->fitted = true;
    return true;
}

static bool set_comparison(struct modifiers *m, struct bytes name)
{
    static const char *const comparisons[] = {[COMPARE_LT] = "lt",
                                              [COMPARE_LTE] = "lte",
                                              [COMPARE_GT] = "gt",
                                              [COMPARE_GTE] = "gte"};
    static const char *const parts[] = {
        [TIME_MINUTE] = "minute", [TIME_HOUR] = "hour",   [TIME_DAY] = "day",
        [TIME_WEEK] = "week",     [TIME_MONTH] = "month", [TIME_YEAR] = "year"};
    for (unsigned i = COMPARE_LT; i <= COMPARE_GTE; i++)
        if (bytes_is(name, comparisons[i])) {
            m->comparison = (enum comparison)i;
            return m->compared = true;
        }
    for (unsigned i = TIME_MINUTE; i <= TIME_YEAR; i++)
        if (bytes_is(name, parts[i])) {
            m->part = (enum time_part)i;
            return true;
        }
    return false;
}

static bool set_transform(struct modifiers *m, struct bytes name)
{
    static const struct {
        const char *name;
        enum transform transform;
    } known[] = {{"windash", AS_WINDASH},    {"wide", AS_UTF16LE},
                 {"utf16le", AS_UTF16LE},    {"utf16be", AS_UTF16BE},
                 {"utf16", AS_UTF16},        {"base64", AS_BASE64},
                 {"base64offset", AS_OFFSET}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (bytes_is(name, known[i].name) && m->transform_count < TRANSFORMS) {
            m->transforms[m->transform_count++] = known[i].transform;
            return true;
        }
    return false;
}

/* i, m and s only mean something behind |re. */
static bool set_regex_flag(struct modifiers *m, struct bytes name)
{
    size_t n = strlen(m->flags);
    if (!m->regex || name.n != 1 || !strchr("ims", name.p[0]) || n == sizeof m->flags - 1)
        return false;
    m->flags[n] = (char)name.p[0];
    return true;
}

static bool consistent(const struct modifiers *m)
{
    bool timed = m->part != TIME_WHOLE;
    int kinds = m->regex + m->cidr + m->exists + (m->compared || timed);
    if (kinds > 1 || (kinds && (m->fitted || m->fieldref || m->cased)))
        return false;
    if (m->transform_count && (kinds || m->fieldref))
        return false;
    return !m->exists || !(m->all || m->neq || m->expand);
}

static bool read_modifiers(struct place at, struct bytes rest, struct modifiers *m)
{
    struct bytes name;
    while (bytes_split(&rest, '|', &name)) {
        if (set_flag(m, name) || set_fit(m, name) || set_comparison(m, name) ||
            set_transform(m, name) || set_regex_flag(m, name))
            continue;
        reading_problem(at, RULE_ERROR,
                        "unknown modifier \"%s\"; Sigma 2.1 has contains, startswith, "
                        "endswith, all, exists, cased, neq, re (with i, m, s), base64, "
                        "base64offset, utf16, utf16le, utf16be, wide, windash, lt, lte, "
                        "gt, gte, cidr, fieldref, expand, minute, hour, day, week, "
                        "month, year",
                        reading_shown(at.r, name));
        return false;
    }
    if (consistent(m))
        return true;
    reading_problem(at, RULE_ERROR,
                    "these modifiers cannot stand together; use one of: a text test "
                    "(contains, startswith, endswith, cased, encodings), re, cidr, a "
                    "number or date test, exists, fieldref");
    return false;
}

/* -- terms -------------------------------------------------------------------------- */

struct rule_line {
    struct place at;
    const struct modifiers *modifiers;
};

/* Many rules ask the same; what is one expression is compiled, and asked, once. */
static struct regex *regex_of(struct rules *r, struct bytes text, const char *flags,
                              const char **why)
{
    struct text key = {0};
    text_printf(&key, "%s/", flags);
    text_add(&key, text);
    uint32_t number = intern_put(r->regex_texts, text_bytes(&key));
    text_release(&key);
    if (number == r->regex_count) {
        r->regexes = memory_grow(r->regexes, &r->regex_capacity, number + 1,
                                 sizeof(struct regex *));
        r->regexes[r->regex_count++] = NULL;
    }
    if (!r->regexes[number])
        r->regexes[number] = regex_compile(text, flags, &r->arena, why);
    return r->regexes[number];
}

static bool regex_term(const struct rule_line *i, struct bytes text, struct term *t)
{
    const char *why = "";
    t->kind = TERM_REGEX;
    t->regex = regex_of(i->at.r->rules, text, i->modifiers->flags, &why);
    if (!t->regex) {
        reading_problem(i->at, RULE_ERROR, "regular expression %s: %s",
                        reading_shown(i->at.r, text), why);
        return false;
    }
    return true;
}

static bool number_term(const struct rule_line *i, struct bytes text, struct term *t)
{
    struct value v = {.type = VALUE_TEXT, .text = text};
    t->kind = TERM_NUMBER;
    t->comparison = i->modifiers->comparison;
    t->part = i->modifiers->part;
    if (value_number(&v, &t->number))
        return true;
    reading_problem(i->at, RULE_ERROR, "\"%s\" is no number",
                    reading_shown(i->at.r, text));
    return false;
}

static bool cidr_term(const struct rule_line *i, struct bytes text, struct term *t)
{
    t->kind = TERM_CIDR;
    if (network_parse(text, &t->network))
        return true;
    reading_problem(i->at, RULE_ERROR,
                    "\"%s\" is no network; write it as 10.0.0.0/8 or 2001:db8::/32",
                    reading_shown(i->at.r, text));
    return false;
}

static bool read_term(const struct rule_line *i, struct operand o, struct term *t)
{
    const struct modifiers *m = i->modifiers;
    *t = (struct term){.style = {m->fit, m->cased || o.plain, o.plain || m->fieldref}};
    if (m->regex)
        return regex_term(i, o.text, t);
    if (m->cidr)
        return cidr_term(i, o.text, t);
    if (m->compared || m->part != TIME_WHOLE)
        return number_term(i, o.text, t);
    if (m->fieldref) {
        t->kind = TERM_FIELD;
        t->field = source_field(i->at, o.text);
        return t->field != SIZE_MAX;
    }
    t->pattern = pattern_compile(o.text, t->style, &i->at.r->rules->arena);
    return true;
}

static bool read_terms(const struct rule_line *i, const json_t *value, struct expr *e)
{
    struct operands all = {0};
    const struct modifiers *m = i->modifiers;
    struct operand_steps steps = {m->expand, m->transforms, m->transform_count};
    bool good = operands_read(i->at, value, &steps, &all);
    i->at.r->expr_count += all.n;
    if (good && i->at.r->expr_count > LIMIT_RULE_SIZE) {
        reading_problem(i->at, RULE_ERROR,
                        "more than 100,000 values in one rule; split it");
        good = false;
    }
    if (good) {
        e->terms = arena_array(&i->at.r->rules->arena, struct term, all.n + 1);
        for (; e->term_count < all.n && good; e->term_count++)
            good = read_term(i, all.v[e->term_count], &e->terms[e->term_count]);
    }
    free(all.v);
    return good;
}

static unsigned term_cost(const struct modifiers *m, size_t terms)
{
    unsigned each = m->regex ? 200 : m->fit == FIT_INSIDE ? 20 : 1;
    return terms > 1000 ? 1000 * each : (unsigned)terms * each;
}

/* -- one item ----------------------------------------------------------------------- */

static bool bind_field(struct place at, struct bytes name, bool relative, struct expr *e)
{
    struct arena *arena = &at.r->rules->arena;
    if (!relative) {
        e->field = source_field(at, name);
        return e->field != SIZE_MAX;
    }
    struct field *f = arena_new(arena, struct field);
    name = arena_copy(arena, name);
    const char *wrong = field_relative(at.r->source, name, arena, f);
    if (wrong) {
        reading_problem(at, RULE_ERROR, "%s", wrong);
        return false;
    }
    e->relative = f;
    return true;
}

static struct expr *read_exists(struct place at, const json_t *value, struct expr *e)
{
    if (!json_is_boolean(value)) {
        reading_problem(at, RULE_ERROR, "|exists needs true or false");
        return NULL;
    }
    e->kind = EXPR_EXISTS;
    e->negated = json_is_false(value);
    return e;
}

static struct expr *read_null(struct reading *r, struct expr *e)
{
    e->terms = arena_array(&r->rules->arena, struct term, 1);
    e->terms[0].kind = TERM_NULL;
    e->term_count = 1;
    return e;
}

/* "field[]": the value is a map, or a list of maps of which one must hold. */
static struct expr *read_element(struct place at, const json_t *value, struct expr *e)
{
    struct expr *inner[64];
    size_t n = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; i < n && i < 64; i++) {
        const json_t *map = json_is_array(value) ? json_array_get(value, i) : value;
        if (!json_is_object(map) || n > 64) {
            reading_problem(at, RULE_ERROR,
                            "\"%s\" needs a map of conditions on one element, or a list "
                            "of at most 64 maps",
                            at.key);
            return NULL;
        }
        inner[i] = read_map(at.r, map, true, 1);
        if (!inner[i])
            return NULL;
    }
    e->kind = EXPR_ELEMENT;
    e->of = arena_array(&at.r->rules->arena, struct expr *, 1);
    e->of[0] = expr_over(at.r, EXPR_OR, inner, n);
    e->count = 1;
    e->cost = 50 + (e->of[0] ? e->of[0]->cost : 0);
    return e->of[0] ? e : NULL;
}

struct expr *read_item(struct place at, const json_t *value, bool relative)
{
    struct bytes rest = bytes_str(at.key), name = BYTES_NONE;
    struct modifiers m = {0};
    struct rule_line item = {at, &m};
    bytes_split(&rest, '|', &name);
    bool element = bytes_ends(name, BYTES("[]"));
    if (element)
        name.n -= 2;
    struct expr *e = expr_new(at.r, EXPR_FIELD);
    if (!read_modifiers(at, rest, &m) || !bind_field(at, name, relative, e))
        return NULL;
    if (relative && (m.fieldref || element)) {
        reading_problem(at, RULE_ERROR,
                        "|fieldref and field[] cannot stand inside field[]");
        return NULL;
    }
    if (element)
        return read_element(at, value, e);
    e->negated = m.neq;
    e->all = m.all;
    e->cost = 2;
    if (m.exists)
        return read_exists(at, value, e);
    if (json_is_null(value) && !m.regex && !m.fitted)
        return read_null(at.r, e);
    if (m.all && json_array_size(value) < 2)
        reading_problem(at, RULE_WARNING, "|all does nothing to a single value");
    if (!read_terms(&item, value, e))
        return NULL;
    e->cost += term_cost(&m, e->term_count);
    return e;
}

struct expr *read_keywords(struct place at, const json_t *values, bool all)
{
    struct modifiers m = {.fit = FIT_INSIDE};
    struct rule_line item = {at, &m};
    struct expr *e = expr_new(at.r, EXPR_KEYWORDS);
    e->all = all;
    if (!read_terms(&item, values, e))
        return NULL;
    e->cost = 1000 + 100 * (unsigned)e->term_count;
    return e;
}
