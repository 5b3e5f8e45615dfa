#include "analyze/kube/claims/claim_mood.h"

#include "analyze/kube/claims/claim_words.h"

static bool is_letter(uint8_t c)
{
    return (to_lower(c) >= 'a' && to_lower(c) <= 'z') || is_digit(c);
}

static bool has_any(struct bytes text, const char *const *words)
{
    for (; *words; words++)
        if (claim_has_word(text, bytes_str(*words)))
            return true;
    return false;
}

/* The word behind each of them: is it as `test` has it? */
static bool is_followed(struct bytes text, const char *const *words,
                        bool (*test)(struct bytes word))
{
    for (; *words; words++) {
        struct bytes word = bytes_str(*words), next;
        size_t end = claim_find(text, word, 0);
        for (; end < text.n; end = claim_find(text, word, end)) {
            struct bytes rest = bytes_from(text, end);
            if (is_blank(rest.p[0]) && bytes_word(&rest, &next) && test(next))
                return true;
        }
    }
    return false;
}

/* -- meant and not done -------------------------------------------------------------- */

/* Somebody called Will did something: "Will deleted". */
static bool is_infinitive(struct bytes word)
{
    return !bytes_ends(word, BYTES("ed")) && !bytes_ends(word, BYTES("s"));
}

static bool is_gerund(struct bytes word)
{
    return bytes_ends(word, BYTES("ing"));
}

/* "va supprimer" */
static bool is_french_infinitive(struct bytes word)
{
    return bytes_ends(word, BYTES("er")) || bytes_ends(word, BYTES("ir")) ||
           bytes_ends(word, BYTES("re"));
}

/* "wird den Knoten sperren", and not "wird gelesen". */
static bool is_german_future(struct bytes text)
{
    struct bytes word = BYTES_NONE, rest = text;
    while (bytes_word(&rest, &word))
        ;
    word = claim_bare_name(word);
    return (claim_has_word(text, BYTES("wird")) ||
            claim_has_word(text, BYTES("werden"))) &&
           bytes_ends(word, BYTES("en")) && !bytes_contains(word, BYTES("ge")) &&
           !bytes_is(word, "werden") && !bytes_is(word, "worden");
}

/* Between who is asked and what: "bittet Bo, den Pod web-0 zu loeschen". */
#define ORDER_WORDS 6

/* "asked Bo to delete": an infinitive within the next words. */
static bool has_to_behind(struct bytes text, const char *const *words)
{
    static const char *const to[] = {"to", "zu", "de", "que", "di", "om", NULL};
    for (; *words; words++) {
        struct bytes word = bytes_str(*words), next;
        size_t end = claim_find(text, word, 0);
        struct bytes rest = end < text.n ? bytes_from(text, end) : BYTES_NONE;
        for (int i = 0; i < ORDER_WORDS && bytes_word(&rest, &next); i++)
            if (word_is_one_of(next, to))
                return true;
    }
    return false;
}

static const char *const ordering[] = {
    "asked",    "requested", "decided",  "decision", "agreed",      "told",
    "ordered",  "approval",  "plan",     "plans",    "wanted",      "intends",
    "intended", "preparing", "proposed", "request",  "gebeten",     "demande",
    "pide",     "pede",      "chiede",   "vraagt",   "beschlossen", "entschieden",
    "bittet",   "demandé",   "décidé",   "pidió",    "decidió",     "pediu",
    "decidiu",  "chiesto",   "deciso",   "gevraagd", "besloten",    NULL};

static const char *const meaning[] = {
    "wollen",   "wollte",  "faut",          "va a",    "van a",    "hay que", "vai",
    "shall",    "would",   "wouldn't",      "hätte",   "hätten",   "wäre",    "würde",
    "würden",   "aurait",  "auraient",      "habría",  "wants to", "should",  "going to",
    "about to", "need to", "needs to",      "has to",  "have to",  "must",    "planning",
    "to be",    "whether", "soll",          "sollte",  "sollen",   "sollten", "muss",
    "ob",       "geplant", "vorgeschlagen", "devrait", "doit",     "doivent", "prévu",
    "va être",  "debería", "debe",          "planea",  "previsto", "deverá",  "dovrebbe",
    "deve",     "moet",    "zal",           NULL};

static const char *const considering[] = {"considered",  "considering", "discussed",
                                          "discussing",  "suggested",   "proposed",
                                          "recommended", NULL};

bool claim_intends(struct bytes text)
{
    static const char *const will[] = {"will", NULL};
    static const char *const goes[] = {"va", "vont", "allons", NULL};
    return claim_intends_all(text) || claim_turned_down(text) || has_any(text, meaning) ||
           is_followed(text, will, is_infinitive) ||
           is_followed(text, goes, is_french_infinitive) || is_german_future(text) ||
           is_followed(text, considering, is_gerund) || has_to_behind(text, ordering);
}

bool claim_intends_all(struct bytes text)
{
    static const char *const labels[] = {"plan",
                                         "todo",
                                         "to do",
                                         "to-do",
                                         "action item",
                                         "next",
                                         "next step",
                                         "next steps",
                                         "decision",
                                         "proposal",
                                         "recommendation",
                                         "entscheidung",
                                         "vorschlag",
                                         "nächste schritte",
                                         "offen",
                                         "aufgabe",
                                         "à faire",
                                         "décision",
                                         "pendiente",
                                         "decisión",
                                         NULL};
    text = bytes_trim(text);
    size_t colon = bytes_find_byte(text, ':');
    bool todo = bytes_starts(text, BYTES("TODO"));
    return todo || (text.n && text.p[text.n - 1] == '?') ||
           (colon < text.n &&
            word_is_one_of(bytes_trim(bytes_sub(text, 0, colon)), labels));
}

/* -- perhaps ------------------------------------------------------------------------- */

bool claim_hedges(struct bytes text)
{
    static const char *const words[] = {"may have",
                                        "might have",
                                        "could have",
                                        "possibly",
                                        "probably",
                                        "likely",
                                        "presumably",
                                        "perhaps",
                                        "maybe",
                                        "suspected",
                                        "assumed",
                                        "apparently",
                                        "supposedly",
                                        "unclear",
                                        "unconfirmed",
                                        "vermutlich",
                                        "wahrscheinlich",
                                        "möglicherweise",
                                        "vielleicht",
                                        "mutmaßlich",
                                        "anscheinend",
                                        "probablement",
                                        "peut-être",
                                        "sans doute",
                                        "posiblemente",
                                        "probablemente",
                                        "quizás",
                                        "quizá",
                                        "possivelmente",
                                        "provavelmente",
                                        "talvez",
                                        "forse",
                                        "probabilmente",
                                        "mogelijk",
                                        "waarschijnlijk",
                                        "misschien",
                                        NULL};
    return has_any(text, words);
}

/* -- what was not so ----------------------------------------------------------------- */

bool claim_says_unable(struct bytes text)
{
    static const char *const words[] = {
        "could not",     "couldn't",       "cannot",        "can't",     "unable",
        "not able",      "not allowed",    "not permitted", "failed to", "konnte nicht",
        "konnten nicht", "n'a pas pu",     "n'a pu",        "no pudo",   "no pudieron",
        "não conseguiu", "non è riuscito", "kon niet",      NULL};
    /* "konnte das Secret nicht lesen" */
    bool german =
        claim_has_word(text, BYTES("konnte")) && claim_has_word(text, BYTES("nicht"));
    return german || has_any(text, words);
}

bool claim_denies_always(struct bytes text)
{
    static const char *const words[] = {
        "never",      "ever",         "at any time", "at no time", "further",
        "subsequent", "subsequently", "afterwards",  "after",      "later",
        "anymore",    "any more",     "again",       "until",      "nie",
        "niemals",    "weiter",       "weitere",     "weiteren",   "danach",
        "jamais",     "plus",         "après",       "nunca",      "más",
        "depois",     "mai",          "nooit",       "verder",     NULL};
    return has_any(text, words);
}

static const char *const reporting[] = {
    "found",         "noticed",       "discovered", "reviewed",   "reviewing",
    "checked",       "confirmed",     "verified",   "learned",    "realised",
    "realized",      "determined",    "identified", "documented", "analysed",
    "analyzed",      "reconstructed", "we see",     "assessed",   "investigated",
    "investigating", "festgestellt",  "bemerkt",    "entdeckt",   "geprüft",
    "bestätigt",     "fand",          "constaté",   "découvert",  "remarqué",
    "vérifié",       "confirmé",      "descubrió",  "constató",   "confirmó",
    "verificó",      "descobriu",     "confirmou",  "scoperto",   "verificato",
    "ontdekt",       "gecontroleerd", NULL};

bool claim_reports(struct bytes text)
{
    return has_any(text, reporting);
}

/* In the singular; an "s" behind it makes no difference. */
static const char *const outside[] = {
    "page",         "wiki",        "confluence",  "ticket",
    "jira",         "channel",     "slack",       "teams",
    "e-mail",       "email",       "mail",        "call",
    "meeting",      "report",      "document",    "doc",
    "runbook",      "playbook",    "dashboard",   "alert",
    "firewall",     "dns",         "repository",  "repo",
    "git",          "github",      "gitlab",      "commit",
    "pull request", "branch",      "laptop",      "workstation",
    "backup",       "dump",        "capture",     "copy",
    "copies",       "list of",     "vm",          "bucket",
    "okta",         "vpn",         "spreadsheet", "timeline",
    "falco rule",   "siem",        "edr",         "phone",
    "gist",         "paste",       "environment", "sandbox",
    "lab",          "key vault",   "keepass",     "hsm",
    "kms",          "status page", "staging",     "kanal",
    "seite",        "bericht",     "meldung",     "alarm",
    "sicherung",    "kopie",       "liste der",   "rapport",
    "alerte",       "canal",       "copie",       "sauvegarde",
    "liste des",    "informe",     "alerta",      "copia",
    "página",       "lista de",    NULL};

/* "values.yaml" */
static bool has_document(struct bytes text)
{
    struct bytes word;
    while (bytes_word(&text, &word)) {
        word = claim_bare_name(word);
        if (bytes_ends(word, BYTES(".yaml")) || bytes_ends(word, BYTES(".yml")) ||
            bytes_ends(word, BYTES(".json")))
            return true;
    }
    return false;
}

/* "Secret removed from vault": a store of secrets that has nothing to do with the
 * cluster's, though a namespace or a pod may be called so. */
static bool speaks_of_vault(struct bytes text)
{
    static const char *const before[] = {"from", "in", "into", "to", "aus", "the", NULL};
    struct bytes last = BYTES_NONE, word, next;
    while (bytes_word(&text, &word)) {
        struct bytes rest = text;
        bool thing = bytes_word(&rest, &next) && claim_resource(next);
        if (bytes_eq_nocase(claim_bare_name(word), BYTES("vault")) &&
            !bytes_contains(word, BYTES("/")) && word_is_one_of(last, before) && !thing)
            return true;
        last = word;
    }
    return false;
}

bool claim_is_outside(struct bytes text)
{
    for (size_t i = 0; outside[i]; i++) {
        struct bytes word = bytes_str(outside[i]);
        size_t end = claim_find(text, word, 0);
        for (; end <= text.n; end = claim_find(text, word, end)) {
            size_t plural = end < text.n && text.p[end] == 's';
            struct bytes behind = bytes_from(text, end + plural);
            if (end > word.n && text.p[end - word.n - 1] == '_')
                continue; /* pg_dump */
            struct bytes before = bytes_trim(bytes_sub(text, 0, end - word.n));
            if (bytes_ends(before, BYTES("alse")))
                continue; /* "false alarm" says nothing of what it was about */
            if (!behind.n || !(behind.p[0] == '-' || is_letter(behind.p[0])))
                return true;
        }
    }
    return has_document(text) || speaks_of_vault(text);
}

bool claim_says_only(struct bytes text)
{
    static const char *const words[] = {"only",       "solely",     "exclusively",
                                        "nur",        "lediglich",  "ausschließlich",
                                        "seul",       "seule",      "seulement",
                                        "uniquement", "sólo",       "solo",
                                        "solamente",  "únicamente", "único",
                                        "apenas",     "somente",    "soltanto",
                                        "alleen",     "slechts",    NULL};
    return has_any(text, words);
}

bool claim_tells_state(struct bytes text)
{
    static const char *const words[] = {
        "is",    "are",  "now",         "fully",    "completely", "remains",
        "still", "ist",  "vollständig", "komplett", "bleibt",     "reste",
        "est",   "está", "totalmente",  "è",        NULL};
    return has_any(text, words);
}

bool claim_says_wholly(struct bytes text)
{
    static const char *const words[] = {"fully",         "completely",   "totally",
                                        "entirely",      "vollständig",  "komplett",
                                        "totalmente",    "entièrement",  "volledig",
                                        "completamente", "complètement", NULL};
    return has_any(text, words);
}
