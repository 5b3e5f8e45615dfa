#include "analyze/kube/claim_words.h"

static bool is_word_byte(uint8_t c)
{
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-';
}

/* Position after an occurrence of `word` that begins a word; text.n + 1 when none. The
 * last part of a compound is one in German ("Debug-Pod"); names have no capitals. */
static size_t find_start(struct bytes text, struct bytes word, size_t from)
{
    for (size_t i = from; word.n && i + word.n <= text.n; i++) {
        bool part = i > 0 && text.p[i - 1] == '-' && text.p[i] >= 'A' && text.p[i] <= 'Z';
        bool begins = i == 0 || part || !is_word_byte(text.p[i - 1]);
        if (begins && bytes_eq_nocase(bytes_sub(text, i, word.n), word))
            return i + word.n;
    }
    return text.n + 1;
}

/* A noun in any number; the first part of a name ("node-shell") is none, nor is a part of
 * a path ("/run/secrets"). */
static bool has_noun(struct bytes text, const char *noun)
{
    size_t end = find_start(text, bytes_str(noun), 0);
    while (end <= text.n) {
        size_t behind = end, begin = end - strlen(noun);
        while (behind < text.n && to_lower(text.p[behind]) >= 'a' &&
               to_lower(text.p[behind]) <= 'z')
            behind++;
        bool joined = behind + 1 < text.n && text.p[behind] == '-' &&
                      is_word_byte(text.p[behind + 1]);
        bool path = begin > 0 && text.p[begin - 1] == '/';
        if (!joined && !path)
            return true;
        end = find_start(text, bytes_str(noun), end);
    }
    return false;
}

bool claim_has_word(struct bytes text, struct bytes word)
{
    size_t end = find_start(text, word, 0);
    while (end <= text.n && end < text.n && is_word_byte(text.p[end]))
        end = find_start(text, word, end);
    return end <= text.n;
}

/* Stems: "label" stands for labelled, labeled, labels. */
static bool has_stem(struct bytes text, const char *stem)
{
    return find_start(text, bytes_str(stem), 0) <= text.n;
}

/* What people write for an act. */
static const struct {
    const char *stem;
    unsigned act;
} stems[] = {
    {"delet", CLAIMED_DELETE},
    {"remov", CLAIMED_DELETE},
    {"destroy", CLAIMED_DELETE},
    {"wiped", CLAIMED_DELETE},
    {"creat", CLAIMED_CREATE},
    {"added", CLAIMED_CREATE},
    {"deploy", CLAIMED_CREATE},
    {"launch", CLAIMED_CREATE},
    {"started", CLAIMED_CREATE},
    {"spawn", CLAIMED_CREATE},
    {"gestartet", CLAIMED_CREATE},
    {"list", CLAIMED_LIST},
    {"enumerat", CLAIMED_LIST},
    {"dump", CLAIMED_LIST},
    {"read", CLAIMED_READ},
    {"stole", CLAIMED_READ},
    {"retriev", CLAIMED_READ},
    {"obtain", CLAIMED_READ},
    {"viewed", CLAIMED_READ},
    {"exfiltrat", CLAIMED_READ},
    {"access", CLAIMED_READ},
    {"fetch", CLAIMED_READ},
    {"patch", CLAIMED_CHANGE},
    {"chang", CLAIMED_CHANGE},
    {"modif", CLAIMED_CHANGE},
    {"escalat", CLAIMED_CHANGE},
    {"updat", CLAIMED_CHANGE},
    {"label", CLAIMED_LABEL},
    {"cordon", CLAIMED_CORDON},
    {"drain", CLAIMED_CORDON},
    {"isolat", CLAIMED_ISOLATE | CLAIMED_EFFECT},
    {"quarantin", CLAIMED_ISOLATE},
    {"quarantined", CLAIMED_EFFECT},
    {"prox", CLAIMED_ENTER},
    {"port-forward", CLAIMED_ENTER},
    {"portforward", CLAIMED_ENTER},
    {"network polic", CLAIMED_ISOLATE},
    {"networkpolic", CLAIMED_ISOLATE},
    {"netpol", CLAIMED_ISOLATE},
    {"cilium", CLAIMED_ISOLATE},
    {"calico", CLAIMED_ISOLATE},
    {"applied", CLAIMED_CREATE | CLAIMED_CHANGE},
    {"exec", CLAIMED_ENTER},
    {"attach", CLAIMED_ENTER},
    {"bound", CLAIMED_BIND},
    {"bind", CLAIMED_BIND},
    {"clusterrolebinding", CLAIMED_BIND},
    {"rotat", CLAIMED_ROTATE},
    {"denied", CLAIMED_DENIED},
    {"forbidden", CLAIMED_DENIED},
    {"refus", CLAIMED_DENIED},
    {"reject", CLAIMED_DENIED},
    {"fail", CLAIMED_DENIED},
    {"unsuccessful", CLAIMED_DENIED},
    {"tried", CLAIMED_TRIED},
    {"attempt", CLAIMED_TRIED},
    {"shell", CLAIMED_SHELL},
    {"inject", CLAIMED_INJECTION},
    {"exploit", CLAIMED_INJECTION},
    {"download", CLAIMED_DOWNLOAD},
    {"checkpoint", CLAIMED_CHECKPOINT},
    {"snapshot", CLAIMED_CHECKPOINT},
    {"scal", CLAIMED_SCALE},
    /* German, French, Spanish */
    {"l\xc3\xb6sch", CLAIMED_DELETE},
    {"gel\xc3\xb6sch", CLAIMED_DELETE},
    {"entfern", CLAIMED_DELETE},
    {"supprim", CLAIMED_DELETE},
    {"elimin", CLAIMED_DELETE},
    {"borr", CLAIMED_DELETE},
    {"angeleg", CLAIMED_CREATE},
    {"erstell", CLAIMED_CREATE},
    {"erzeug", CLAIMED_CREATE},
    {"cr\xc3\xa9\xc3\xa9", CLAIMED_CREATE},
    {"cre\xc3\xb3", CLAIMED_CREATE},
    {"aufgelist", CLAIMED_LIST},
    {"ausgelesen", CLAIMED_READ},
    {"gelesen", CLAIMED_READ},
    {"liest", CLAIMED_READ},
    {"lu ", CLAIMED_READ},
    {"ley\xc3\xb3", CLAIMED_READ},
    {"ge\xc3\xa4nder", CLAIMED_CHANGE},
    {"\xc3\xa4nder", CLAIMED_CHANGE},
    {"modifi", CLAIMED_CHANGE},
    {"ge\xc3\xa4ndert", CLAIMED_CHANGE},
    {"cambi", CLAIMED_CHANGE},
    {"isolier", CLAIMED_ISOLATE | CLAIMED_EFFECT},
    {"isol\xc3\xa9", CLAIMED_ISOLATE | CLAIMED_EFFECT},
    {"aisl", CLAIMED_ISOLATE | CLAIMED_EFFECT},
    {"etikett", CLAIMED_LABEL},
    {"gesperrt", CLAIMED_CORDON},
    {"skalier", CLAIMED_SCALE},
    {"verweiger", CLAIMED_DENIED},
    {"abgelehn", CLAIMED_DENIED},
    {"gescheitert", CLAIMED_DENIED},
    {"denegad", CLAIMED_DENIED},
    {"versuch", CLAIMED_TRIED},
    {"tent\xc3\xa9", CLAIMED_TRIED},
    {"intent\xc3\xb3", CLAIMED_TRIED},
    {"rotier", CLAIMED_ROTATE},
    {"heruntergeladen", CLAIMED_DOWNLOAD},
    {"t\xc3\xa9l\xc3\xa9"
     "charg",
     CLAIMED_DOWNLOAD},
    {"descarg", CLAIMED_DOWNLOAD},
    {"netzwerkrichtlin", CLAIMED_ISOLATE},
    {"netzwerk-polic", CLAIMED_ISOLATE},
    {"netzwerkpolic", CLAIMED_ISOLATE},
    {"politique r\xc3\xa9seau", CLAIMED_ISOLATE},
    {"pol\xc3\xadtica de red", CLAIMED_ISOLATE},
    {"gesetzt", CLAIMED_CREATE | CLAIMED_CHANGE},
    {"angewend", CLAIMED_CREATE | CLAIMED_CHANGE},
    {"appliqu", CLAIMED_CREATE | CLAIMED_CHANGE},
    {"aplic\xc3\xb3", CLAIMED_CREATE | CLAIMED_CHANGE},
};

unsigned claim_acts(struct bytes text)
{
    unsigned acts = 0;
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++)
        if (has_stem(text, stems[i].stem))
            acts |= stems[i].act;
    /* "role binding x deleted" bound nobody. */
    if (acts & CLAIMED_DELETE && !has_stem(text, "bound"))
        acts &= ~(unsigned)CLAIMED_BIND;
    return acts;
}

/* Longer names first: a cluster role binding is no role. */
static const char *const nouns[][2] = {
    {"clusterrolebinding", "clusterrolebindings"},
    {"cluster role binding", "clusterrolebindings"},
    {"rolebinding", "rolebindings"},
    {"role binding", "rolebindings"},
    {"clusterrole", "clusterroles"},
    {"cluster role", "clusterroles"},
    {"service account", "serviceaccounts"},
    {"serviceaccount", "serviceaccounts"},
    {"network polic", "networkpolicies"},
    {"networkpolic", "networkpolicies"},
    {"netpol", "networkpolicies"},
    {"netzwerkrichtlin", "networkpolicies"},
    {"netzwerk-polic", "networkpolicies"},
    {"netzwerkpolic", "networkpolicies"},
    {"politique r\xc3\xa9seau", "networkpolicies"},
    {"pol\xc3\xadtica de red", "networkpolicies"},
    {"certificate signing request", "certificatesigningrequests"},
    {"csr", "certificatesigningrequests"},
    {"daemonset", "daemonsets"},
    {"deployment", "deployments"},
    {"cronjob", "cronjobs"},
    {"configmap", "configmaps"},
    {"config map", "configmaps"},
    {"secret", "secrets"},
    {"node", "nodes"},
    {"knoten", "nodes"},
    {"kubelet", "nodes"},
    {"pod", "pods"},
    {"role", "roles"},
};
#define NOUNS (sizeof nouns / sizeof *nouns)

static const char *resource_but(struct bytes text, const char *actor)
{
    for (size_t i = 0; i < NOUNS; i++)
        if (strcmp(nouns[i][1], actor) != 0 && has_noun(text, nouns[i][0]))
            return nouns[i][1];
    /* Events are many things; those that were deleted are the cluster's. */
    if (claim_acts(text) & CLAIMED_DELETE && has_noun(text, "event"))
        return "events";
    return has_noun(text, "namespace") ? "namespaces" : NULL;
}

const char *claim_resource(struct bytes text)
{
    return resource_but(text, "");
}

const char *claim_resource_beside_account(struct bytes text)
{
    const char *other = resource_but(text, "serviceaccounts");
    return other ? other : claim_resource(text);
}

/* DNS labels, with a "-" or a digit in them: "cluster" is a word, "pay-0" a name. */
bool claim_is_name(struct bytes word)
{
    bool telling = false, letters = false;
    for (size_t i = 0; i < word.n; i++) {
        uint8_t c = word.p[i];
        bool lower = c >= 'a' && c <= 'z';
        if (!lower && !is_digit(c) && c != '-' && c != '.')
            return false;
        letters |= lower;
        telling |= i > 0 && (c == '-' || is_digit(c));
    }
    return telling && letters && !claim_acts(word) && !claim_resource(word) &&
           !bytes_is(word, "cluster-wide") && !bytes_is(word, "cluster-scoped");
}

struct bytes claim_bare_name(struct bytes word)
{
    while (word.n && memchr("`\"'", word.p[0], 3))
        word = bytes_from(word, 1);
    while (word.n && memchr("`\"',.:;)", word.p[word.n - 1], 8))
        word.n--;
    size_t slash = bytes_find_byte(word, '/');
    return slash < word.n ? bytes_from(word, slash + 1) : word;
}

bool claim_has_name(struct bytes text)
{
    struct bytes word;
    while (bytes_word(&text, &word))
        if (claim_is_name(claim_bare_name(word)))
            return true;
    return false;
}

struct bytes claim_object_name(struct bytes text)
{
    for (size_t i = 0; i < NOUNS; i++) {
        size_t end = find_start(text, bytes_str(nouns[i][0]), 0);
        struct bytes word, after = end < text.n ? bytes_from(text, end) : BYTES_NONE;
        if (bytes_starts(after, BYTES("y ")))
            after = bytes_from(after, 1); /* "network policy" */
        if (!after.n || after.p[0] != ' ' || !bytes_word(&after, &word))
            continue;
        word = claim_bare_name(word);
        if (claim_is_name(word))
            return word;
    }
    return BYTES_NONE;
}

bool claim_denies(struct bytes text)
{
    static const char *const words[] = {
        "no",     "not",     "never", "nothing", "none",   "nobody",        "without",
        "didn't", "wasn't",  "kein",  "keine",   "keinen", "nicht",         "nichts",
        "nie",    "niemand", "aucun", "aucune",  "jamais", "ning\xc3\xban", "nunca"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (claim_has_word(text, bytes_str(words[i])))
            return true;
    return false;
}

static const char *const attackers[] = {"attacker",     "intruder",  "adversar",
                                        "hacker",       "angreifer", "attaquant",
                                        "threat actor", "atacante"};
#define ATTACKERS (sizeof attackers / sizeof *attackers)

bool claim_blames_attacker(struct bytes text)
{
    for (size_t i = 0; i < ATTACKERS; i++)
        if (has_stem(text, attackers[i]))
            return true;
    return false;
}

/* -- who did it ---------------------------------------------------------------------- */

bool word_is_one_of(struct bytes word, const char *const *words)
{
    while (*words && !bytes_eq_nocase(word, bytes_str(*words)))
        words++;
    return *words != NULL;
}

/* The last word of a text. */
static struct bytes last_word(struct bytes text)
{
    text = bytes_trim(text);
    size_t from = text.n;
    while (from && !is_blank(text.p[from - 1]))
        from--;
    return bytes_from(text, from);
}

/* "… by", "… by the"; "refused for". */
static bool ends_in_by(struct bytes before, bool refused)
{
    static const char *const whom[] = {"for", "to", "pour", "para", NULL};
    static const char *const by[] = {"by",  "von", "vom", "durch",
                                     "par", "por", "da",  NULL};
    static const char *const article[] = {"the", "an", "dem", "den", "l", "el", NULL};
    struct bytes word = last_word(before);
    if (word_is_one_of(word, article))
        word = last_word(bytes_sub(bytes_trim(before), 0, bytes_trim(before).n - word.n));
    return word_is_one_of(word, by) || (refused && word_is_one_of(word, whom));
}

enum who { WHO_ATTACKER, WHO_PERSON, WHO_WORKLOAD };

/* "… listed secrets", "… has then tried to", "… | pod deleted": a column of a table; that
 * of a person may tell who wrote it down. */
static bool begins_with_act(struct bytes after, enum who who)
{
    static const char *const passed[] = {"then", "also",         "again", "next",
                                         "now",  "successfully", NULL};
    static const char *const helping[] = {"has", "had", "have",  "hat", "hatte",
                                          "a",   "ha",  "could", NULL};
    struct bytes word;
    if (bytes_starts(after, BYTES(" | ")))
        return who == WHO_ATTACKER;
    if (!after.n || !is_blank(after.p[0]))
        return false; /* "attacker's", "alice-test" */
    do {
        if (!bytes_word(&after, &word))
            return false;
    } while (word_is_one_of(word, passed));
    if (word_is_one_of(word, helping))
        return true;
    return claim_acts(word) && (who != WHO_WORKLOAD || claim_resource(after));
}

/* The stem of a word for the attacker, the whole name of anybody else. */
static bool says(struct bytes text, struct bytes name, enum who who)
{
    bool refused = claim_acts(text) & CLAIMED_DENIED;
    size_t end = find_start(text, name, 0);
    for (; end <= text.n; end = find_start(text, name, end)) {
        struct bytes before = bytes_sub(text, 0, end - name.n);
        size_t behind = end;
        /* "alice@shop.example" */
        if (behind < text.n && text.p[behind] == '@')
            behind += bytes_find_byte(bytes_from(text, behind), ' ');
        while (who == WHO_ATTACKER && behind < text.n && is_word_byte(text.p[behind]))
            behind++;
        bool last = behind == text.n;
        if (last && who == WHO_ATTACKER && bytes_is(last_word(before), "|"))
            return true;
        if ((last || !is_word_byte(text.p[behind])) &&
            (ends_in_by(before, refused) ||
             begins_with_act(bytes_from(text, behind), who)))
            return true;
    }
    return false;
}

bool claim_says_attacker_did(struct bytes text)
{
    for (size_t i = 0; i < ATTACKERS; i++)
        if (says(text, bytes_str(attackers[i]), WHO_ATTACKER))
            return true;
    return false;
}

bool claim_says_did(struct bytes text, struct bytes name, bool workload)
{
    return name.n && says(text, name, workload ? WHO_WORKLOAD : WHO_PERSON);
}
