#include "analyze/kube/claims/claim_bound.h"

#include "analyze/kube/claims/claim_words.h"

/* Further words tell of something else. */
#define BOUND_WORDS 64
#define BOUND_NEAR  7
#define DENIED_NEAR 9

struct sentence {
    struct bytes v[BOUND_WORDS];
    size_t n;
};

static struct sentence words_of(struct bytes text)
{
    struct sentence s = {.n = 0};
    while (s.n < BOUND_WORDS && bytes_word(&text, &s.v[s.n]))
        s.n++;
    return s;
}

/* -- verbs -- */

static const char *const infinitives[] = {
    "delete",  "remove",   "destroy",   "create",   "add",        "deploy",
    "launch",  "list",     "enumerate", "dump",     "change",     "modify",
    "update",  "patch",    "label",     "isolate",  "quarantine", "cordon",
    "drain",   "rotate",   "restart",   "scale",    "apply",      "bind",
    "approve", "download", "escalate",  "retrieve", "obtain",     "fetch",
    "attach",  "access",   "start",     "exploit",  "restarts",   NULL};

static bool ends_as(struct bytes word, const char *const *endings)
{
    for (; *endings; endings++)
        if (bytes_ends(word, bytes_str(*endings)))
            return true;
    return false;
}

/* A form that tells of a finished act, and no infinitive, gerund or noun. */
static bool is_done(struct bytes word)
{
    static const char *const open[] = {"ing", "ion", "ung", "er", "ir", "re", "ar", NULL};
    word = claim_bare_name(word);
    bool german = bytes_ends(word, BYTES("en")) && !bytes_contains(word, BYTES("ge"));
    return claim_acts(word) && !claim_is_name(word) && !claim_resource(word) && !german &&
           !word_is_one_of(word, infinitives) && !ends_as(word, open);
}

/* -- nouns -- */

/* The words from one to another, as they stand in the text. */
static struct bytes span_of(const struct sentence *s, size_t from, size_t to)
{
    return bytes_of(s->v[from].p, (size_t)(s->v[to].p + s->v[to].n - s->v[from].p));
}

/* The noun or name of an object, or the last word of such a noun ("role binding"). */
static bool is_object_at(const struct sentence *s, size_t at)
{
    struct bytes word = s->v[at];
    return claim_is_name(claim_bare_name(word)) || claim_is_placed(word) ||
           claim_resource(word) ||
           (at >= 1 && claim_resource(span_of(s, at - 1, at)) &&
            !claim_resource(s->v[at - 1]));
}

/* Behind these begins what the act is not about. */
static bool parts(struct bytes word)
{
    static const char *const words[] = {
        "for",   "from",   "about",  "on",      "to",    "with", "without", "how",
        "that",  "which",  "who",    "whether", "so",    "if",   "because", "while",
        "after", "before", "during", "why",     "where", "für",  "aus",     "dass",
        "weil",  "ohne",   "mit",    "pour",    "avec",  "sans", "que",     "para",
        "con",   "sin",    "since",  NULL};
    return word_is_one_of(word, words);
}

/* "fully", "vollständig", "totalmente" */
static bool is_adverb(struct bytes word)
{
    static const char *const words[] = {"now",     "finally",     "nun",      "jetzt",
                                        "sofort",  "vollständig", "komplett", "endgültig",
                                        "manuell", NULL};
    bool ends = bytes_ends(word, BYTES("ly")) || bytes_ends(word, BYTES("mente")) ||
                bytes_ends(word, BYTES("ement"));
    return word_is_one_of(word, words) || (ends && word.n > 4 && !claim_resource(word));
}

/* May stand between what was done to and the verb: "pod a in shop was finally deleted".
 */
static bool goes_on_to_verb(struct bytes word)
{
    static const char *const words[] = {
        "was",   "were",   "is",    "are",          "has",  "had",    "have",  "been",
        "got",   "in",     "of",    "by",           "also", "then",   "and",   "|",
        "wurde", "wurden", "ist",   "sind",         "hat",  "im",     "von",   "vom",
        "a",     "ont",    "été",   "est",          "dans", "du",     "de",    "par",
        "fue",   "fueron", "ha",    "en",           "por",  "foi",    "foram", "em",
        "è",     "sono",   "stato", "stati",        "werd", "werden", "op",    "the",
        "no",    "not",    "never", "successfully", "&",    NULL};
    return word_is_one_of(word, words) || is_adverb(word);
}

static bool is_bound(const struct sentence *s, size_t verb, size_t object)
{
    size_t from = verb < object ? verb : object, to = verb < object ? object : verb;
    if (to - from > BOUND_NEAR)
        return false;
    for (size_t i = from + 1; i < to; i++)
        if (parts(s->v[i]))
            return false;
    size_t next = object + 1;
    while (object < verb && next < verb &&
           (claim_is_name(claim_bare_name(s->v[next])) || is_object_at(s, next)))
        next++;
    if (object > verb || next == verb || goes_on_to_verb(s->v[next]))
        return true;
    /* "deployment web scaled": a name that is a plain word. */
    return next + 1 <= verb && claim_resource(s->v[object]) &&
           (next + 1 == verb || goes_on_to_verb(s->v[next + 1])) && next == object + 1 &&
           !claim_acts(s->v[next]);
}

/* The act of two words together: "debugged node", "logged in". */
static unsigned done_by_two(const struct sentence *s, size_t at)
{
    static const char *const done[] = {"torn", "broke", "broken", "brach", NULL};
    struct bytes word = s->v[at];
    bool tells = bytes_ends(word, BYTES("ed")) || word_is_one_of(word, done);
    return tells && at + 1 < s->n && !claim_acts(word)
               ? claim_acts(span_of(s, at, at + 1))
               : 0;
}

/* Or "by creating a role binding". */
static bool is_done_at(const struct sentence *s, size_t at)
{
    struct bytes word = s->v[at], before = at ? s->v[at - 1] : BYTES_NONE;
    bool by =
        bytes_is(before, "by") && bytes_ends(word, BYTES("ing")) && claim_acts(word);
    return by || done_by_two(s, at) || is_done(word);
}

bool claim_tells_done(struct bytes text)
{
    struct sentence s = words_of(text);
    for (size_t verb = 0; verb < s.n; verb++) {
        if (done_by_two(&s, verb) & CLAIMED_LOGIN)
            return true; /* to what needs no saying */
        for (size_t object = 0; is_done_at(&s, verb) && object < s.n; object++)
            if (object != verb && is_object_at(&s, object) && is_bound(&s, verb, object))
                return true;
    }
    return false;
}

bool claim_denies_act(struct bytes text)
{
    struct sentence s = words_of(text);
    for (size_t i = 0; i < s.n; i++) {
        bool denies = claim_denies(s.v[i]);
        for (size_t k = i + 1; denies && k < s.n && k <= i + DENIED_NEAR; k++) {
            if (parts(s.v[k]))
                break;
            if (claim_acts(s.v[k]))
                return true;
        }
    }
    return false;
}

/* -- what hangs on it -- */

struct bytes claim_head(struct bytes text)
{
    static const char *const tails[] = {", without ", " without ",  ", so that ",
                                        " so that ",  ", so no ",   " so no ",
                                        " ohne ",     ", damit ",   " sans ",
                                        " sin ",      " to avoid ", " instead of "};
    size_t cut = text.n;
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        size_t at = bytes_find(text, bytes_str(tails[i]));
        cut = at < cut ? at : cut;
    }
    struct bytes head = bytes_sub(text, 0, cut);
    return claim_acts(head) && !claim_denies(head) ? head : text;
}
