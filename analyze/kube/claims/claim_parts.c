#include "analyze/kube/claims/claim_parts.h"

#include "analyze/kube/claims/claim_words.h"

/* Acts that tell by themselves what they were done to. */
#define SELF_TOLD                                                                        \
    (CLAIMED_LABEL | CLAIMED_CORDON | CLAIMED_ISOLATE | CLAIMED_ENTER | CLAIMED_SHELL |  \
     CLAIMED_INJECTION | CLAIMED_DOWNLOAD | CLAIMED_CHECKPOINT | CLAIMED_SCALE |         \
     CLAIMED_ESCAPE)
/* "deleted it": an act whose object stands elsewhere in the sentence. */
#define SHORT_WORDS 2

/* What stands between two pieces; several may ("…, and then"). */
enum joint {
    JOINT_COMMA = 1 << 0,
    JOINT_PLAIN = 1 << 1,
    JOINT_THEN = 1 << 2,   /* what follows was later */
    JOINT_AFTER = 1 << 3,  /* what follows was earlier than what it hangs on */
    JOINT_BEFORE = 1 << 4, /* what follows was later than what it hangs on */
};
#define JOINT_HANGS (JOINT_AFTER | JOINT_BEFORE)

static const struct {
    const char *word;
    enum joint joint;
} joining[] = {
    {"and", JOINT_PLAIN},       {"but", JOINT_PLAIN},     {"und", JOINT_PLAIN},
    {"sowie", JOINT_PLAIN},     {"aber", JOINT_PLAIN},    {"et", JOINT_PLAIN},
    {"mais", JOINT_PLAIN},      {"y", JOINT_PLAIN},       {"pero", JOINT_PLAIN},
    {"&", JOINT_PLAIN},         {"then", JOINT_THEN},     {"subsequently", JOINT_THEN},
    {"dann", JOINT_THEN},       {"danach", JOINT_THEN},   {"anschließend", JOINT_THEN},
    {"puis", JOINT_THEN},       {"luego", JOINT_THEN},    {"after", JOINT_AFTER},
    {"following", JOINT_AFTER}, {"nachdem", JOINT_AFTER}, {"before", JOINT_BEFORE},
    {"prior to", JOINT_BEFORE}, {"bevor", JOINT_BEFORE},
};
static const char *const articles[] = {"the", "a",   "an",  "its",  "der",   "die",
                                       "das", "den", "ein", "eine", "le",    "la",
                                       "les", "el",  "los", "also", "later", NULL};

/* -- where a sentence may be cut ----------------------------------------------------- */

/* Where one piece ends, and what joins the next one to it. */
struct cut {
    size_t end, next;
    unsigned joint;
};

/* The word that joins at the start of a text, with the blank behind it. */
static size_t joining_word(struct bytes rest, unsigned *joint)
{
    for (size_t i = 0; i < sizeof joining / sizeof *joining; i++) {
        struct bytes word = bytes_str(joining[i].word);
        if (rest.n <= word.n || !bytes_eq_nocase(bytes_sub(rest, 0, word.n), word) ||
            !is_blank(rest.p[word.n]))
            continue;
        *joint = joining[i].joint;
        return word.n + 1;
    }
    return 0;
}

/* The length of what joins at `at`, the blank behind it included; 0 where nothing does.
 */
static size_t joint_at(struct bytes s, size_t at, unsigned *joint)
{
    struct bytes rest = bytes_from(s, at);
    bool spaced = rest.n > 1 && is_blank(rest.p[1]);
    *joint = JOINT_PLAIN;
    if (rest.p[0] == ';')
        return 1;
    if (rest.p[0] == ',')
        *joint = JOINT_COMMA;
    if (rest.p[0] == ',' && spaced)
        return 2;
    if (rest.p[0] == '.' && spaced && rest.n > 2 && rest.p[2] >= 'A' && rest.p[2] <= 'Z')
        return 2;
    bool begins = at == 0 || is_blank(s.p[at - 1]);
    return begins ? joining_word(rest, joint) : 0;
}

/* Behind what is quoted at `at`: a command is not a sentence. */
static size_t behind_quoted(struct bytes s, size_t at)
{
    size_t length = bytes_find_byte(bytes_from(s, at + 1), s.p[at]);
    return at + 1 + length < s.n ? at + length + 2 : at + 1;
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

/* It can be judged by itself. */
static bool is_act(struct bytes piece)
{
    unsigned acts = acts_in(piece);
    return acts && (acts & SELF_TOLD || claim_resource(piece) || claim_has_name(piece) ||
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

/* "reading secret a-1": by who did what it hangs on; "isolation" may be anybody's. */
static bool begins_with_gerund(struct bytes piece)
{
    struct bytes word, rest = piece;
    return bytes_word(&rest, &word) && bytes_ends(word, BYTES("ing")) && acts_in(word);
}

/* -- cutting ------------------------------------------------------------------------- */

/* "alice then deleted": no act stands before the word, so nothing ends there. */
static bool splits_subject(struct bytes before, unsigned joint)
{
    before = bytes_trim(before);
    return joint & JOINT_THEN && before.n && !is_act(before) && !is_object(before);
}

/* The piece that begins at `at`. */
static struct cut cut_at(struct bytes s, size_t at)
{
    size_t from = at;
    while (at < s.n) {
        unsigned joint;
        size_t length = joint_at(s, at, &joint);
        if (length && !splits_subject(bytes_sub(s, from, at - from), joint))
            return (struct cut){at, at + length, joint};
        at = s.p[at] == '`' || s.p[at] == '"' ? behind_quoted(s, at) : at + 1;
    }
    return (struct cut){s.n, s.n, 0};
}

/* Does somebody do something here: "the attacker deleted", "pod a-1 was"? */
static bool begins_clause(struct bytes text)
{
    static const char *const helping[] = {"was", "were", "has", "had", "could", NULL};
    static const char *const linking[] = {"of", "in", "on",  "by",  "from", "with",
                                          "to", "at", "for", "was", "were", NULL};
    struct bytes word, rest = behind_articles(text);
    for (int words = 0; words < 3 && bytes_word(&rest, &word); words++) {
        bool verb = acts_in(word) && !claim_resource(word);
        if (verb || word_is_one_of(word, helping))
            return words > 0;
        if (word_is_one_of(word, linking))
            return false;
    }
    return false;
}

/* Where the main clause begins in "isolation the attacker deleted pod a-1"; text.n where
 * that is not plain. */
static size_t main_clause(struct bytes text)
{
    for (size_t i = 1; i < text.n; i++)
        if (is_blank(text.p[i - 1]) && is_act(bytes_trim(bytes_sub(text, 0, i))) &&
            begins_clause(bytes_from(text, i)) && is_act(bytes_from(text, i)))
            return i;
    return text.n;
}

/* -- the parts ----------------------------------------------------------------------- */

struct parting {
    struct claim_part *parts;
    size_t n;
    bool pending; /* the last one is no act yet */
    bool loose;   /* what is no act was added to it */
    /* In the clause of an "after" that stands before what it tells of: how that lies to
     * it. */
    enum claim_order lead;
    const uint8_t *lead_from;
};

struct piece {
    struct bytes text;
    unsigned joints;     /* between the one before and this */
    const uint8_t *from; /* where these begin */
};

/* Longer by what stands between and the piece itself. */
static void extend(struct claim_part *last, struct bytes piece)
{
    last->text.n = (size_t)(piece.p + piece.n - last->text.p);
}

/* "After 14:00, the attacker deleted …": no act, so it is no clause of its own. */
static void extend_pending(struct parting *p, const struct piece *piece)
{
    struct claim_part *last = &p->parts[p->n - 1];
    if (p->lead && piece->joints & JOINT_COMMA) {
        last->text.n += (size_t)(last->text.p - p->lead_from);
        last->text.p = p->lead_from;
        last->other_time = false;
        p->lead = ORDER_UNTOLD;
    }
    extend(last, piece->text);
    p->pending &= !is_act(last->text);
}

/* How a new act lies to the one before it. */
static void order(struct parting *p, const struct piece *piece, struct claim_part *part)
{
    struct claim_part *last = &p->parts[p->n - 1];
    bool hangs = piece->joints & JOINT_HANGS;
    if (p->lead && piece->joints & JOINT_COMMA) {
        part->order = p->lead;
        p->lead = ORDER_UNTOLD;
    } else if (p->lead) {
        part->other_time = true;
    } else if (hangs) {
        part->order = piece->joints & JOINT_AFTER ? ORDER_EARLIER : ORDER_LATER;
        part->other_time = true;
    } else if (piece->joints & JOINT_THEN) {
        part->order = ORDER_LATER;
    } else if (last->other_time && piece->joints == JOINT_COMMA) {
        last->order = ORDER_UNTOLD; /* "a, after b, c": b may hang on either */
    }
}

static void take(struct parting *p, const struct piece *piece)
{
    struct claim_part *last = p->n ? &p->parts[p->n - 1] : NULL;
    bool hangs = piece->joints & JOINT_HANGS;
    struct claim_part part = {.text = piece->text, .same_act = is_object(piece->text)};
    part.goes_on = part.same_act || (hangs ? begins_with_gerund(piece->text)
                                           : begins_with_verb(piece->text));
    /* "did not delete a and create b": whether b was created is not plain. */
    bool apart =
        (is_act(piece->text) || (part.same_act && !hangs)) && p->n < CLAIM_PARTS &&
        !(last && part.goes_on && !hangs && !p->lead && claim_denies(last->text));
    if (!last) {
        p->parts[p->n++] = part;
        p->pending = !apart || part.same_act;
    } else if (p->pending) {
        extend_pending(p, piece);
    } else if (!apart) {
        extend(last, piece->text);
        p->loose = true;
        p->lead = ORDER_UNTOLD;
    } else {
        order(p, piece, &part);
        p->parts[p->n++] = part;
        p->loose = false;
    }
}

/* Does the clause stand before what it hangs on? */
static bool leads(const struct parting *p, const struct piece *piece)
{
    return piece->joints & JOINT_HANGS && (p->n == 0 || p->pending || p->loose ||
                                           piece->joints & (JOINT_PLAIN | JOINT_THEN));
}

/* "Shortly" before "after …" belongs to the clause. */
static void take_back_pending(struct parting *p, struct piece *piece)
{
    const struct claim_part *last = &p->parts[--p->n];
    const uint8_t *end = piece->text.p + piece->text.n;
    piece->from = p->lead ? p->lead_from : last->text.p;
    piece->text = bytes_of(piece->from, (size_t)(end - piece->from));
}

static void take_leading(struct parting *p, struct piece *piece)
{
    if (p->pending)
        take_back_pending(p, piece);
    size_t main = main_clause(piece->text);
    struct bytes clause = bytes_trim(bytes_sub(piece->text, 0, main));
    struct bytes rest = bytes_from(piece->text, main);
    if (p->n && (p->n == CLAIM_PARTS || !is_act(clause))) {
        take(p, piece);
        return;
    }
    p->parts[p->n++] = (struct claim_part){
        .text = clause, .other_time = true, .goes_on = begins_with_gerund(clause)};
    p->pending = !is_act(clause);
    p->loose = false;
    p->lead = piece->joints & JOINT_AFTER ? ORDER_LATER : ORDER_EARLIER;
    p->lead_from = piece->from;
    if (rest.n)
        take(p, &(struct piece){rest, JOINT_COMMA, rest.p});
}

size_t claim_parts(struct bytes sentence, struct claim_part parts[CLAIM_PARTS])
{
    struct parting p = {.parts = parts};
    struct piece piece = {.from = sentence.p};
    struct cut cut;
    for (size_t at = 0; at < sentence.n; at = cut.next) {
        cut = cut_at(sentence, at);
        piece.text = bytes_trim(bytes_sub(sentence, at, cut.end - at));
        if (piece.text.n) {
            if (leads(&p, &piece))
                take_leading(&p, &piece);
            else
                take(&p, &piece);
            piece.joints = 0;
            piece.from = sentence.p + cut.end;
        }
        piece.joints |= cut.joint;
    }
    if (p.n <= 1)
        parts[0] = (struct claim_part){.text = sentence};
    return p.n ? p.n : 1;
}
