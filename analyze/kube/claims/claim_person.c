/* Persons whom a sentence names, whether or not any log knows them: by whom something was
 * done, and who turned it down. */
#include "analyze/kube/claims/claim_mood.h"
#include "analyze/kube/claims/claim_words.h"

/* Words between "I" and what was done. */
#define OWN_ACT_NEAR 6

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

/* Not "RBAC", not "Bo's". */
static bool is_capitalised(struct bytes word)
{
    bool name = word.n > 1 && is_upper(word.p[0]);
    for (size_t i = 1; i < word.n; i++)
        name &= (word.p[i] >= 'a' && word.p[i] <= 'z') || word.p[i] >= 0x80;
    return name;
}

/* What is written with a capital as well: programs, what is part of a cluster, groups of
 * people, days. */
static bool is_no_person(struct bytes word)
{
    static const char *const others[] = {
        "kyverno",    "gatekeeper",    "helm",      "argo",       "argocd",
        "flux",       "jenkins",       "falco",     "cilium",     "calico",
        "kubernetes", "kubelet",       "terraform", "ansible",    "karpenter",
        "rancher",    "prometheus",    "tetragon",  "tracee",     "kured",
        "spinnaker",  "okta",          "github",    "gitlab",     "google",
        "amazon",     "azure",         "openshift", "vault",      "admission",
        "authorizer", "server",        "security",  "support",    "operations",
        "ops",        "platform",      "infra",     "management", "engineers",
        "responder",  "responders",    "operator",  "operators",  "admin",
        "admins",     "administrator", "team",      "analyst",    "system",
        "script",     "automation",    "scheduler", "controller", "cluster",
        "hand",       "mistake",       "accident",  "monday",     "tuesday",
        "wednesday",  "thursday",      "friday",    "saturday",   "sunday",
        "skript",     "hooks",         "policy",    "quota",      "apiserver",
        NULL};
    return word_is_one_of(word, others) || claim_resource(word) || claim_acts(word) ||
           claim_blames_attacker(word);
}

/* "ana@corp.example", "ana.sousa" */
static bool is_login(struct bytes word)
{
    size_t at = bytes_find_byte(word, '@'), dot = bytes_find_byte(word, '.');
    bool letters = word.n > 0;
    for (size_t i = 0; i < word.n; i++)
        letters &= word.p[i] == '.' || (word.p[i] >= 'a' && word.p[i] <= 'z');
    return (letters && dot > 0 && dot + 1 < word.n) || (at > 0 && at + 1 < word.n);
}

/* Behind a name, and not behind the first word of "by Dave script". */
static bool may_follow_name(struct bytes rest)
{
    static const char *const words[] = {
        "at", "on", "in",  "via",  "with", "from", "after",   "and", "using",
        "as", "um", "mit", "nach", "from", "who",  "because", "for", NULL};
    struct bytes next;
    return !bytes_word(&rest, &next) || is_upper(next.p[0]) || next.p[0] == '(' ||
           next.p[0] == '-' || next.p[0] == '|' || word_is_one_of(next, words);
}

struct bytes claim_by_person(struct bytes text)
{
    struct bytes rest = text, word;
    while (bytes_word(&rest, &word)) {
        struct bytes name = claim_bare_name(word);
        bool ends = word.n && memchr(",.:;)", word.p[word.n - 1], 5);
        bool person = is_login(name) || (is_capitalised(name) && !is_no_person(name) &&
                                         (ends || may_follow_name(rest)));
        if (person && claim_says_by(text, name))
            return name;
    }
    return BYTES_NONE;
}

/* "I deleted", "I've just deleted", "ich habe den Pod …": an act within the next words.
 */
static bool tells_own_act(struct bytes said)
{
    static const char *const own[] = {
        "I", "I've", "I\xe2\x80\x99ve", "ich", "je", "yo", "eu", "io", "ik", NULL};
    struct bytes word;
    if (!bytes_word(&said, &word) || !word_is_one_of(word, own))
        return false;
    for (int i = 0; i < OWN_ACT_NEAR && bytes_word(&said, &word); i++)
        if (claim_acts(word))
            return true;
    return false;
}

struct bytes claim_self(struct bytes text)
{
    static const char *const marks[] = {" | ", ": "};
    for (size_t i = 0; i < 2; i++) {
        size_t at = bytes_find(text, bytes_str(marks[i]));
        struct bytes said =
            bytes_from(text, at < text.n ? at + strlen(marks[i]) : text.n);
        if (at < text.n && tells_own_act(said))
            return bytes_trim(bytes_sub(text, 0, at));
    }
    return BYTES_NONE;
}

struct bytes claim_login_at_head(struct bytes text)
{
    struct bytes word, rest = text;
    return bytes_word(&rest, &word) && is_login(word) ? word : BYTES_NONE;
}

static const char *const turned[] = {"rejected",  "declined",   "refused",   "vetoed",
                                     "abgelehnt", "verweigert", "refusé",    "refusée",
                                     "rechazado", "rechazada",  "recusado",  "recusada",
                                     "rifiutato", "rifiutata",  "geweigerd", NULL};

/* "Bo rejected the deletion" */
static bool person_turns_down(struct bytes text)
{
    static const char *const article[] = {"the", "a", "an", "any", "our", NULL};
    struct bytes before = BYTES_NONE, word, next;
    for (struct bytes rest = text; bytes_word(&rest, &word); before = word) {
        struct bytes behind = rest;
        if (!word_is_one_of(word, turned) || !is_capitalised(before) ||
            is_no_person(before) || !bytes_word(&behind, &next))
            continue;
        if (word_is_one_of(next, article) || claim_acts(next))
            return true;
    }
    return false;
}

bool claim_turned_down(struct bytes text)
{
    if (person_turns_down(text))
        return true;
    for (size_t i = 0; turned[i]; i++)
        if (claim_has_word(text, bytes_str(turned[i])))
            return claim_by_person(text).n > 0;
    return false;
}
