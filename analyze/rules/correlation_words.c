/* Conditions of temporal correlations that are words ("a and not b"), as pySigma has
 * them: which of the rules must have matched within the time span, and which must not. */
#include "analyze/rules/private.h"

#define SEEN_DEPTH 32 /* nobody nests a condition that deep */

enum seen_kind {
    SEEN_RULE,
    SEEN_NOT,
    SEEN_AND,
    SEEN_OR,
};
struct seen {
    enum seen_kind kind;
    size_t rule; /* of SEEN_RULE: which of the correlation's rules */
    const struct seen *a, *b;
};

static struct bytes next_word(struct bytes *rest)
{
    size_t n = 0;
    *rest = bytes_trim(*rest);
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t' && rest->p[n] != '\n' &&
           rest->p[n] != '(' && rest->p[n] != ')')
        n++;
    n += n == 0 && rest->n > 0; /* a bracket */
    struct bytes word = bytes_sub(*rest, 0, n);
    *rest = bytes_from(*rest, n);
    return word;
}

static bool is_operator(struct bytes word)
{
    return bytes_eq_nocase(word, BYTES("and")) || bytes_eq_nocase(word, BYTES("or")) ||
           bytes_eq_nocase(word, BYTES("not")) || bytes_is(word, "(") ||
           bytes_is(word, ")");
}

static size_t place_of(struct bytes name, const struct bytes *names, size_t n)
{
    size_t i = 0;
    while (i < n && !bytes_eq(names[i], name))
        i++;
    return i;
}

size_t seen_names(struct bytes condition, struct bytes *names, size_t room)
{
    size_t n = 0;
    for (struct bytes word; (word = next_word(&condition)).n;) {
        if (is_operator(word) || place_of(word, names, n) < n)
            continue;
        if (n == room)
            return room + 1;
        names[n++] = word;
    }
    return n;
}

/* -- or < and < not < brackets ------------------------------------------------------- */

struct seen_reader {
    struct bytes rest;
    const struct bytes *names;
    size_t count, depth;
    struct arena *arena;
};

static const struct seen *read_either(struct seen_reader *r);

static bool takes(struct seen_reader *r, const char *wanted)
{
    struct bytes rest = r->rest;
    if (!bytes_eq_nocase(next_word(&rest), bytes_str(wanted)))
        return false;
    r->rest = rest;
    return true;
}

static const struct seen *made(struct seen_reader *r, enum seen_kind kind,
                               const struct seen *a, const struct seen *b)
{
    struct seen *s = arena_new(r->arena, struct seen);
    *s = (struct seen){.kind = kind, .a = a, .b = b};
    return a && (b || kind == SEEN_NOT) ? s : NULL;
}

static const struct seen *read_one(struct seen_reader *r)
{
    if (r->depth == SEEN_DEPTH)
        return NULL;
    r->depth++;
    const struct seen *s = NULL;
    if (takes(r, "not")) {
        s = made(r, SEEN_NOT, read_one(r), NULL);
    } else if (takes(r, "(")) {
        s = read_either(r);
        s = takes(r, ")") ? s : NULL;
    } else {
        struct bytes name = next_word(&r->rest);
        struct seen *rule = arena_new(r->arena, struct seen);
        *rule =
            (struct seen){.kind = SEEN_RULE, .rule = place_of(name, r->names, r->count)};
        s = rule->rule < r->count ? rule : NULL;
    }
    r->depth--;
    return s;
}

static const struct seen *read_both(struct seen_reader *r)
{
    const struct seen *s = read_one(r);
    while (s && takes(r, "and"))
        s = made(r, SEEN_AND, s, read_one(r));
    return s;
}

static const struct seen *read_either(struct seen_reader *r)
{
    const struct seen *s = read_both(r);
    while (s && takes(r, "or"))
        s = made(r, SEEN_OR, s, read_both(r));
    return s;
}

const struct seen *seen_parse(struct bytes condition, const struct bytes *names, size_t n,
                              struct arena *arena)
{
    struct seen_reader r = {condition, names, n, 0, arena};
    const struct seen *s = read_either(&r);
    return bytes_trim(r.rest).n == 0 ? s : NULL;
}

/* -- what they say ------------------------------------------------------------------- */

bool seen_holds(const struct seen *s, const uint32_t *counts)
{
    switch (s->kind) {
    case SEEN_RULE:
        return counts[s->rule] > 0;
    case SEEN_NOT:
        return !seen_holds(s->a, counts);
    case SEEN_AND:
        return seen_holds(s->a, counts) && seen_holds(s->b, counts);
    default:
        return seen_holds(s->a, counts) || seen_holds(s->b, counts);
    }
}

bool seen_has(const struct seen *s, enum seen_word word)
{
    enum seen_kind kind = word == SEEN_WORD_NOT ? SEEN_NOT : SEEN_OR;
    return s && (s->kind == kind || seen_has(s->a, word) || seen_has(s->b, word));
}
