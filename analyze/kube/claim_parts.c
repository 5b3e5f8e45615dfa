#include "analyze/kube/claim_parts.h"

#include "analyze/kube/claim_words.h"

/* Acts that tell by themselves what they were done to. */
#define SELF_TOLD                                                                        \
    (CLAIMED_LABEL | CLAIMED_CORDON | CLAIMED_ISOLATE | CLAIMED_ENTER | CLAIMED_SHELL |  \
     CLAIMED_INJECTION | CLAIMED_DOWNLOAD | CLAIMED_CHECKPOINT | CLAIMED_SCALE)
/* "deleted it": an act whose object stands elsewhere in the sentence. */
#define SHORT_WORDS 2

static const char *const joining[] = {"and",   "then", "but", "und",  "dann", "danach",
                                      "sowie", "aber", "et",  "puis", "mais", "y",
                                      "luego", "pero", "&",   NULL};
static const char *const articles[] = {"the", "a",   "an",  "its",  "der",   "die",
                                       "das", "den", "ein", "eine", "le",    "la",
                                       "les", "el",  "los", "also", "later", NULL};

/* -- where a sentence may be cut ----------------------------------------------------- */

/* The length of what joins at `at`, the blank behind it included; 0 where nothing does.
 */
static size_t joint_at(struct bytes s, size_t at)
{
    struct bytes rest = bytes_from(s, at), word;
    if (rest.p[0] == ';')
        return 1;
    bool spaced = rest.n > 1 && is_blank(rest.p[1]);
    if (rest.p[0] == ',' && spaced)
        return 2;
    if (rest.p[0] == '.' && spaced && rest.n > 2 && rest.p[2] >= 'A' && rest.p[2] <= 'Z')
        return 2;
    bool begins = at > 0 && is_blank(s.p[at - 1]);
    if (!begins || !bytes_word(&rest, &word) || !word_is_one_of(word, joining))
        return 0;
    return word.n < s.n - at ? word.n + 1 : 0;
}

/* Behind what is quoted at `at`: a command is not a sentence. */
static size_t behind_quoted(struct bytes s, size_t at)
{
    size_t length = bytes_find_byte(bytes_from(s, at + 1), s.p[at]);
    return at + 1 + length < s.n ? at + length + 2 : at + 1;
}

/* The end of the piece that begins at `at`; *next is where the one behind it begins. */
static size_t piece_end(struct bytes s, size_t at, size_t *next)
{
    while (at < s.n) {
        size_t joint = joint_at(s, at);
        *next = at + joint;
        if (joint)
            return at;
        at = s.p[at] == '`' || s.p[at] == '"' ? behind_quoted(s, at) : at + 1;
    }
    *next = s.n;
    return s.n;
}

/* -- what a piece is ----------------------------------------------------------------- */

static unsigned acts_in(struct bytes text)
{
    return claim_acts(text) & ~(unsigned)(CLAIMED_OUTCOME | CLAIMED_EFFECT);
}

static size_t count_words(struct bytes text)
{
    struct bytes word;
    size_t n = 0;
    while (bytes_word(&text, &word))
        n++;
    return n;
}

static bool has_name(struct bytes text)
{
    struct bytes word;
    while (bytes_word(&text, &word))
        if (claim_is_name(claim_bare_name(word)))
            return true;
    return false;
}

/* It can be judged by itself. */
static bool is_act(struct bytes piece)
{
    unsigned acts = acts_in(piece);
    return acts && (acts & SELF_TOLD || claim_resource(piece) || has_name(piece) ||
                    count_words(piece) <= SHORT_WORDS);
}

static struct bytes behind_articles(struct bytes text)
{
    struct bytes word, rest = text;
    while (bytes_word(&rest, &word) && word_is_one_of(word, articles))
        text = rest;
    return text;
}

/* "pod b", "configmaps", "b-2 in shop": another thing that it was done to. */
static bool is_object(struct bytes piece)
{
    static const char *const where[] = {"in", "of", "from", "im", "de", "en", NULL};
    struct bytes word, rest = behind_articles(piece);
    if (acts_in(piece) || claim_acts(piece) || !bytes_word(&rest, &word))
        return false;
    bool noun = claim_resource(word), named = claim_is_name(claim_bare_name(word));
    if (!noun && !named)
        return false;
    struct bytes before = rest;
    if (noun && bytes_word(&rest, &word) && !claim_is_name(claim_bare_name(word)))
        rest = before;
    return !bytes_word(&rest, &word) || word_is_one_of(word, where);
}

static bool begins_with_verb(struct bytes piece)
{
    struct bytes word, rest = behind_articles(piece);
    return bytes_word(&rest, &word) && acts_in(word);
}

/* -- the parts ----------------------------------------------------------------------- */

struct parting {
    struct claim_part *parts;
    size_t n;
    bool pending; /* the last one is no act yet */
};

/* Longer by what stands between and the piece itself. */
static void extend(struct claim_part *last, struct bytes piece)
{
    last->text.n = (size_t)(piece.p + piece.n - last->text.p);
}

static void take(struct parting *p, struct bytes piece)
{
    struct claim_part *last = p->n ? &p->parts[p->n - 1] : NULL;
    struct claim_part part = {.text = piece, .same_act = is_object(piece)};
    part.goes_on = part.same_act || begins_with_verb(piece);
    /* "did not delete a and create b": whether b was created is not plain. */
    bool apart = (is_act(piece) || part.same_act) && p->n < CLAIM_PARTS &&
                 !(last && part.goes_on && claim_denies(last->text));
    if (!last) {
        p->parts[p->n++] = part;
        p->pending = !apart || part.same_act;
    } else if (p->pending || !apart) {
        extend(last, piece);
        p->pending &= !is_act(last->text);
    } else {
        p->parts[p->n++] = part;
    }
}

size_t claim_parts(struct bytes sentence, struct claim_part parts[CLAIM_PARTS])
{
    struct parting p = {.parts = parts};
    for (size_t at = 0, next; at < sentence.n; at = next) {
        struct bytes piece =
            bytes_trim(bytes_sub(sentence, at, piece_end(sentence, at, &next) - at));
        if (piece.n)
            take(&p, piece);
    }
    if (p.n <= 1)
        parts[0] = (struct claim_part){.text = sentence};
    return p.n ? p.n : 1;
}
