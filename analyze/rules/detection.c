/* The detection section: search identifiers and the condition over them.
 * Source: Sigma rules specification 2.1, "Detection" and "Condition". */
#include <stdlib.h>

#include "analyze/rules/private.h"

struct expr *expr_new(struct reading *r, enum expr_kind kind)
{
    struct expr *e = arena_new(&r->rules->arena, struct expr);
    e->kind = kind;
    r->expr_count++;
    return e;
}

/* Cheap first: the order does not change what AND and OR say, only when they know it. */
static int by_cost(const void *a, const void *b)
{
    const struct expr *x = *(struct expr *const *)a, *y = *(struct expr *const *)b;
    return (x->cost > y->cost) - (x->cost < y->cost);
}

struct expr *expr_over(struct reading *r, enum expr_kind kind, struct expr **of,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!of[i])
            return NULL;
    if (count == 1)
        return of[0];
    struct expr *e = expr_new(r, kind);
    e->of = arena_array(&r->rules->arena, struct expr *, count);
    e->count = count;
    if (count)
        memcpy(e->of, of, count * sizeof *of);
    qsort(e->of, count, sizeof *e->of, by_cost);
    for (size_t i = 0; i < count; i++)
        e->cost += e->of[i]->cost;
    return e;
}

static struct expr *expr_not(struct reading *r, struct expr *of)
{
    if (!of)
        return NULL;
    struct expr *e = expr_new(r, EXPR_NOT);
    e->of = arena_array(&r->rules->arena, struct expr *, 1);
    e->of[0] = of;
    e->count = 1;
    /* What a rule leaves out is rare: ask what it looks for first, unless that is dear.
     */
    e->cost = of->cost + 100;
    return e;
}

/* -- selections --------------------------------------------------------------------- */

/* "|all: [a, b]" without a field: keywords that must all be there. */
static struct expr *read_member(struct reading *r, const json_t *map, const char *key,
                                bool relative)
{
    const json_t *value = json_object_get(map, key);
    struct place at = {r, map, key};
    if (key[0] != '|')
        return read_item(at, value, relative);
    if (strcmp(key, "|all") == 0 && !relative)
        return read_keywords(at, value, true);
    reading_problem(at, RULE_ERROR,
                    "\"%s\" has no field; only \"|all\" may stand alone, over keywords",
                    key);
    return NULL;
}

struct expr *read_map(struct reading *r, const json_t *map, bool relative, size_t depth)
{
    size_t count = json_object_size(map), n = 0;
    const char *key;
    json_t *value;
    if (count == 0 || depth > LIMIT_RULE_DEPTH) {
        reading_problem(place_at(r, map, NULL), RULE_ERROR,
                        count ? "nested too deeply" : "an empty selection says nothing");
        return NULL;
    }
    struct expr **all = arena_array(&r->rules->arena, struct expr *, count);
    json_object_foreach((json_t *)(uintptr_t)map, key, value)
    {
        all[n] = read_member(r, map, key, relative);
        if (!all[n++])
            return NULL;
    }
    return expr_over(r, EXPR_AND, all, n);
}

static struct expr *read_list(struct place at, const json_t *list)
{
    struct reading *r = at.r;
    size_t count = json_array_size(list);
    if (count == 0 || !json_is_object(json_array_get(list, 0)))
        return count ? read_keywords(at, list, false) : read_map(r, list, false, 0);
    struct expr **all = arena_array(&r->rules->arena, struct expr *, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *map = json_array_get(list, i);
        if (!json_is_object(map)) {
            reading_problem(at, RULE_ERROR,
                            "a list holds either maps or keywords, not both; make two "
                            "selections");
            return NULL;
        }
        all[i] = read_map(r, map, false, 1);
    }
    return expr_over(r, EXPR_OR, all, count);
}

struct expr *read_selection(struct place at, const json_t *value)
{
    if (json_is_object(value))
        return read_map(at.r, value, false, 0);
    if (json_is_array(value))
        return read_list(at, value);
    return read_keywords(at, value, false);
}

/* -- the condition ------------------------------------------------------------------ */

struct selection {
    const char *name;
    struct expr *expr;
    bool used;
};

struct parser {
    struct reading *r;
    const json_t *in;
    struct bytes rest;
    struct bytes token; /* empty at the end */
    struct selection *selections;
    size_t count, depth;
};

static void next_token(struct parser *p)
{
    p->rest = bytes_trim(p->rest);
    size_t n = 0;
    bool sign = p->rest.n && strchr("()|", p->rest.p[0]);
    while (!sign && n < p->rest.n && !is_blank(p->rest.p[n]) &&
           !strchr("()|", p->rest.p[n]))
        n++;
    n = sign ? 1 : n;
    p->token = bytes_sub(p->rest, 0, n);
    p->rest = bytes_from(p->rest, n);
}

static bool at_word(const struct parser *p, const char *word)
{
    return bytes_eq_nocase(p->token, bytes_str(word));
}

static struct expr *syntax_error(struct parser *p, const char *wanted)
{
    if (at_word(p, "|"))
        wanted = "the pipe (| count() …, | near …) left Sigma with version 2; write a "
                 "correlation rule";
    if (!p->r->failed)
        reading_problem(place_at(p->r, p->in, "condition"), RULE_ERROR, "condition: %s",
                        wanted);
    return NULL;
}

/* '*' stands for any run of characters. */
static bool name_fits(const char *name, struct bytes wanted, struct parser *p)
{
    struct pattern_style style = {FIT_WHOLE, true, false};
    struct pattern pattern = pattern_compile(wanted, style, &p->r->rules->arena);
    return pattern_matches(&pattern, bytes_str(name)) == TRUTH_TRUE;
}

/* "1 of them", "all of selection_*"; names that begin with "_" only when named. */
static struct expr *parse_quantified(struct parser *p, enum expr_kind kind)
{
    next_token(p);
    if (!at_word(p, "of"))
        return syntax_error(p, "\"of\" must follow \"1\", \"any\" or \"all\"");
    next_token(p);
    bool them = at_word(p, "them");
    struct expr **of = arena_array(&p->r->rules->arena, struct expr *, p->count + 1);
    size_t n = 0;
    for (size_t i = 0; i < p->count; i++) {
        struct selection *s = &p->selections[i];
        bool hidden = s->name[0] == '_' && (them || p->token.p[0] != '_');
        if (hidden || !(them || name_fits(s->name, p->token, p)))
            continue;
        s->used = true;
        of[n++] = s->expr;
    }
    if (n == 0)
        return syntax_error(p, "\"… of …\" fits no selection");
    next_token(p);
    return expr_over(p->r, kind, of, n);
}

static struct expr *parse_name(struct parser *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (!bytes_is(p->token, p->selections[i].name))
            continue;
        p->selections[i].used = true;
        next_token(p);
        return p->selections[i].expr;
    }
    const char *name = reading_shown(p->r, p->token);
    return syntax_error(
        p, arena_printf(&p->r->rules->arena, "there is no selection \"%s\"", name));
}

static struct expr *parse_or(struct parser *p);

static struct expr *parse_primary(struct parser *p)
{
    if (++p->depth > LIMIT_RULE_DEPTH)
        return syntax_error(p, "nested too deeply");
    struct expr *e;
    if (at_word(p, "not")) {
        next_token(p);
        e = expr_not(p->r, parse_primary(p));
    } else if (at_word(p, "(")) {
        next_token(p);
        e = parse_or(p);
        if (e && !at_word(p, ")"))
            return syntax_error(p, "a bracket is not closed");
        next_token(p);
    } else if (at_word(p, "1") || at_word(p, "any")) {
        e = parse_quantified(p, EXPR_OR);
    } else if (at_word(p, "all")) {
        e = parse_quantified(p, EXPR_AND);
    } else if (p->token.n == 0) {
        e = syntax_error(p, "it ends where a selection is wanted");
    } else {
        e = parse_name(p);
    }
    p->depth--;
    return e;
}

#define LIMIT_OPERANDS 256

static struct expr *parse_chain(struct parser *p, enum expr_kind kind)
{
    struct expr *of[LIMIT_OPERANDS];
    size_t n = 0;
    do {
        if (n > 0)
            next_token(p);
        if (n == LIMIT_OPERANDS)
            return syntax_error(p, "more than 256 operands in a row");
        of[n] = kind == EXPR_OR ? parse_chain(p, EXPR_AND) : parse_primary(p);
        if (!of[n++])
            return NULL;
    } while (at_word(p, kind == EXPR_OR ? "or" : "and"));
    return expr_over(p->r, kind, of, n);
}

static struct expr *parse_or(struct parser *p)
{
    return parse_chain(p, EXPR_OR);
}

static struct expr *parse_condition(struct parser *p, const json_t *text)
{
    if (!json_is_string(text))
        return syntax_error(p, "it must be text, or a list of texts");
    p->rest = bytes_of(json_string_value(text), json_string_length(text));
    next_token(p);
    struct expr *e = parse_or(p);
    if (e && p->token.n)
        return syntax_error(p, "\"and\", \"or\" or the end is wanted after a selection");
    return e;
}

/* A list of conditions is their OR. */
static struct expr *parse_conditions(struct parser *p, const json_t *condition)
{
    size_t n = json_is_array(condition) ? json_array_size(condition) : 1;
    struct expr *of[LIMIT_OPERANDS];
    if (!condition || n == 0 || n > LIMIT_OPERANDS)
        return syntax_error(p, "it is missing, or a list of more than 256");
    for (size_t i = 0; i < n; i++) {
        of[i] = parse_condition(p, json_is_array(condition) ? json_array_get(condition, i)
                                                            : condition);
        if (!of[i])
            return NULL;
    }
    return expr_over(p->r, EXPR_OR, of, n);
}

/* -- together ----------------------------------------------------------------------- */

static bool is_selection(const char *key)
{
    return strcmp(key, "condition") != 0 && strcmp(key, "rules") != 0;
}

static bool read_selections(struct parser *p, const json_t *detection)
{
    const char *key;
    json_t *value;
    bool good = true;
    p->selections = arena_array(&p->r->rules->arena, struct selection,
                                json_object_size(detection) + 1);
    json_object_foreach((json_t *)(uintptr_t)detection, key, value)
    {
        if (!is_selection(key))
            continue;
        struct place at = {p->r, detection, key};
        if (strcmp(key, "timeframe") == 0) {
            reading_problem(at, RULE_ERROR,
                            "timeframe left Sigma with version 2; write a correlation "
                            "rule with a timespan");
            return false;
        }
        struct expr *e = read_selection(at, value);
        p->selections[p->count++] = (struct selection){key, e, false};
        good = good && e;
    }
    return good;
}

struct expr *read_detection(struct reading *r, const json_t *detection)
{
    struct parser p = {.r = r, .in = detection};
    if (!json_is_object(detection)) {
        reading_problem(place_at(r, detection, NULL), RULE_ERROR,
                        "the detection must be a map of selections and a condition");
        return NULL;
    }
    if (!read_selections(&p, detection))
        return NULL;
    struct expr *e = parse_conditions(&p, json_object_get(detection, "condition"));
    for (size_t i = 0; e && i < p.count; i++)
        if (!p.selections[i].used)
            reading_problem(place_at(r, detection, p.selections[i].name), RULE_WARNING,
                            "the condition does not use this selection");
    return e;
}
