/* Selector expressions of Calico, decided while they are read: there is no tree. */
#include "analyze/kube/network/selector.h"

/* Each parenthesis and each "!" is one step down; written expressions have three or four.
 */
#define MOST_DEPTH 32

struct reading {
    struct bytes rest;
    const struct labels *labels;
    unsigned depth;
    bool bad;
};

static void skip_blanks(struct reading *r)
{
    while (r->rest.n && is_blank(r->rest.p[0]))
        r->rest = bytes_from(r->rest, 1);
}

static bool take(struct reading *r, const char *word)
{
    skip_blanks(r);
    bool found = bytes_starts(r->rest, bytes_str(word));
    if (found)
        r->rest = bytes_from(r->rest, strlen(word));
    return found;
}

static void need(struct reading *r, const char *word)
{
    r->bad |= !take(r, word);
}

static bool is_of_label(uint8_t c)
{
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' ||
           c == '_' || c == '.' || c == '/';
}

static struct bytes label(struct reading *r)
{
    size_t n = 0;
    skip_blanks(r);
    while (n < r->rest.n && is_of_label(r->rest.p[n]))
        n++;
    struct bytes name = bytes_sub(r->rest, 0, n);
    r->rest = bytes_from(r->rest, n);
    r->bad |= n == 0;
    return name;
}

/* A word that no letter of a label follows: "in", but not the start of "inner". */
static bool take_word(struct reading *r, const char *word)
{
    struct reading before = *r;
    if (take(r, word) && (r->rest.n == 0 || !is_of_label(r->rest.p[0])))
        return true;
    *r = before;
    return false;
}

static struct bytes literal(struct reading *r)
{
    skip_blanks(r);
    uint8_t quote = r->rest.n ? r->rest.p[0] : 0;
    struct bytes inside = bytes_from(r->rest, 1);
    size_t end = bytes_find_byte(inside, quote);
    if ((quote != '\'' && quote != '"') || end == inside.n) {
        r->bad = true;
        return BYTES_NONE;
    }
    r->rest = bytes_from(inside, end + 1);
    return bytes_sub(inside, 0, end);
}

/* Reads the whole set; is the value one of it? */
static enum truth in_set(struct reading *r, struct bytes value)
{
    bool found = false;
    need(r, "{");
    while (!r->bad && !take(r, "}")) {
        found |= bytes_eq(literal(r), value);
        if (!take(r, ",")) {
            need(r, "}");
            break;
        }
    }
    return truth_of(found);
}

/* What follows the name of a label: a comparison with its value. */
static enum truth comparison(struct reading *r)
{
    struct bytes value = BYTES_NONE;
    enum truth there = labels_get(r->labels, label(r), &value), holds;
    bool negated = false;
    if (take(r, "==")) {
        holds = truth_of(bytes_eq(literal(r), value));
    } else if (take(r, "!=")) {
        negated = true;
        holds = truth_of(bytes_eq(literal(r), value));
    } else if (take_word(r, "contains")) {
        holds = truth_of(bytes_contains(value, literal(r)));
    } else if (take_word(r, "starts")) {
        need(r, "with");
        holds = truth_of(bytes_starts(value, literal(r)));
    } else if (take_word(r, "ends")) {
        need(r, "with");
        holds = truth_of(bytes_ends(value, literal(r)));
    } else {
        negated = take_word(r, "not");
        need(r, "in");
        holds = in_set(r, value);
    }
    /* Without the label "!=" and "not in" hold, and nothing else does. */
    enum truth t = there == TRUTH_TRUE ? holds : there;
    return negated ? truth_not(t) : t;
}

static enum truth either(struct reading *r);

static enum truth unary(struct reading *r)
{
    struct bytes value;
    enum truth t;
    if (r->depth == MOST_DEPTH || r->bad) {
        r->bad = true;
        return TRUTH_UNKNOWN;
    }
    r->depth++;
    if (take(r, "!")) {
        t = truth_not(unary(r));
    } else if (take(r, "(")) {
        t = either(r);
        need(r, ")");
    } else if (take(r, "all()")) {
        t = truth_of(!r->labels->of_namespace || !r->labels->global);
    } else if (take(r, "global()")) {
        t = truth_of(!r->labels->of_namespace || r->labels->global);
    } else if (take(r, "has(")) {
        t = labels_get(r->labels, label(r), &value);
        need(r, ")");
    } else {
        t = comparison(r);
    }
    r->depth--;
    return t;
}

static enum truth both(struct reading *r)
{
    enum truth t = unary(r);
    while (!r->bad && take(r, "&&"))
        t = truth_and(t, unary(r));
    return t;
}

static enum truth either(struct reading *r)
{
    enum truth t = both(r);
    while (!r->bad && take(r, "||"))
        t = truth_or(t, both(r));
    return t;
}

enum truth expression_decide(struct bytes text, const struct labels *labels)
{
    struct reading r = {bytes_trim(text), labels, 0, false};
    if (r.rest.n == 0)
        return TRUTH_TRUE;
    enum truth t = either(&r);
    skip_blanks(&r);
    return r.bad || r.rest.n ? TRUTH_UNKNOWN : t;
}
