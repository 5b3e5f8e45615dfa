#include "analyze/kube/claims/claim_words.h"

static bool is_word_byte(uint8_t c)
{
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-';
}

size_t claim_find(struct bytes text, struct bytes word, size_t from)
{
    uint8_t first = word.n ? to_lower(word.p[0]) : 0;
    for (size_t i = from; word.n && i + word.n <= text.n; i++) {
        if (to_lower(text.p[i]) != first)
            continue;
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
    size_t end = claim_find(text, bytes_str(noun), 0);
    while (end <= text.n) {
        size_t behind = end, begin = end - strlen(noun);
        while (behind < text.n && to_lower(text.p[behind]) >= 'a' &&
               to_lower(text.p[behind]) <= 'z')
            behind++;
        bool joined = behind + 1 < text.n && text.p[behind] == '-' &&
                      is_word_byte(text.p[behind + 1]);
        bool path = begin > 0 && text.p[begin - 1] == '/';
        path |= begin > 0 && behind < text.n && text.p[begin - 1] == ':' &&
                text.p[behind] == ':'; /* "system:serviceaccount:shop:web" */
        if (!joined && !path)
            return true;
        end = claim_find(text, bytes_str(noun), end);
    }
    return false;
}

bool claim_has_word(struct bytes text, struct bytes word)
{
    size_t end = claim_find(text, word, 0);
    while (end <= text.n && end < text.n && is_word_byte(text.p[end]))
        end = claim_find(text, word, end);
    return end <= text.n;
}

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

/* Longer names first: a cluster role binding is no role. */
static const char *const nouns[][2] = {
    {"debug pod", "pods"}, /* of a node, by kubectl or oc */
    {"debugger pod", "pods"},
    {"clusterrolebinding", "clusterrolebindings"},
    {"cluster role binding", "clusterrolebindings"},
    {"rolebinding", "rolebindings"},
    {"role binding", "rolebindings"},
    {"clusterrole", "clusterroles"},
    {"cluster role", "clusterroles"},
    {"service account", "serviceaccounts"},
    {"conta de servi", "serviceaccounts"},
    {"cuenta de servicio", "serviceaccounts"},
    {"compte de service", "serviceaccounts"},
    {"account di servizio", "serviceaccounts"},
    {"dienstkonto", "serviceaccounts"},
    {"serviceaccount", "serviceaccounts"},
    {"network polic", "networkpolicies"},
    {"networkpolic", "networkpolicies"},
    {"netpol", "networkpolicies"},
    {"egress firewall", "egressfirewalls"},
    {"egressfirewall", "egressfirewalls"},
    {"netzwerkrichtlin", "networkpolicies"},
    {"netzwerk-polic", "networkpolicies"},
    {"netzwerkpolic", "networkpolicies"},
    {"netwerkbeleid", "networkpolicies"},
    {"politique réseau", "networkpolicies"},
    {"política de red", "networkpolicies"},
    {"certificate signing request", "certificatesigningrequests"},
    {"csr", "certificatesigningrequests"},
    {"webhook", "webhookconfigurations"}, /* of either kind */
    {"daemonset", "daemonsets"},
    {"daemon set", "daemonsets"},
    {"statefulset", "statefulsets"},
    {"stateful set", "statefulsets"},
    {"replicaset", "replicasets"},
    {"replica set", "replicasets"},
    {"persistentvolumeclaim", "persistentvolumeclaims"},
    {"persistent volume claim", "persistentvolumeclaims"},
    {"pvc", "persistentvolumeclaims"},
    {"volumesnapshot", "volumesnapshots"},
    {"volume snapshot", "volumesnapshots"},
    {"deploymentconfig", "deploymentconfigs"},
    {"deployment config", "deploymentconfigs"},
    {"deployment", "deployments"},
    {"replicationcontroller", "replicationcontrollers"},
    {"replication controller", "replicationcontrollers"},
    {"security context constraint", "securitycontextconstraints"},
    {"securitycontextconstraint", "securitycontextconstraints"},
    {"scc", "securitycontextconstraints"},
    {"imagestreamtag", "imagestreamtags"},
    {"image stream tag", "imagestreamtags"},
    {"imagestream", "imagestreams"},
    {"image stream", "imagestreams"},
    {"buildconfig", "buildconfigs"},
    {"build config", "buildconfigs"},
    {"cronjob", "cronjobs"},
    {"configmap", "configmaps"},
    {"config map", "configmaps"},
    {"secret", "secrets"},
    {"segredo", "secrets"},
    {"segret", "secrets"},
    {"geheim", "secrets"},
    {"node", "nodes"},
    {"knoten", "nodes"},
    {"nodo", "nodes"},
    {"nœud", "nodes"},
    {"noeud", "nodes"},
    {"pod", "pods"},
    {"role", "roles"},
    {"route", "routes"},
    {"kubelet", "nodes"}, /* where nothing else is named that it did something to */
};
#define NOUNS (sizeof nouns / sizeof *nouns)

/* What stands before a place: "of", "in". */
static const char *const of_place[] = {
    "in",         "of",   "from",    "im",       "aus", "von", "des", "de",
    "du",         "do",   "da",      "di",       "del", "nel", "en",  "em",
    "no",         "dans", "le",      "el",       "the", "dem", "o",   "namespace",
    "namespaces", "ns",   "project", "projects", NULL};

/* A namespace, OpenShift's project, is what it was done to, unless it is only said where.
 */
static bool is_done_to(struct bytes text, const char *namespace)
{
    static const char *const article[] = {"the", "le", "el", "dem",
                                          "o",   "il", "lo", NULL};
    struct bytes noun = bytes_str(namespace);
    size_t end = claim_find(text, noun, 0);
    for (; end <= text.n; end = claim_find(text, noun, end)) {
        struct bytes before = bytes_sub(text, 0, end - noun.n);
        struct bytes word = last_word(before);
        if (word_is_one_of(word, article))
            word = last_word(bytes_sub(before, 0, (size_t)(word.p - before.p)));
        if (!word_is_one_of(word, of_place) || bytes_is(word, "no"))
            return true;
    }
    return false;
}

/* What a namespace may be called. */
static bool is_label(struct bytes word)
{
    size_t n = 0;
    while (n < word.n && ((word.p[n] >= 'a' && word.p[n] <= 'z') || is_digit(word.p[n]) ||
                          word.p[n] == '-'))
        n++;
    return n && n == word.n;
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

/* "shop/db": a namespace and the name in it. */
bool claim_is_placed(struct bytes word)
{
    size_t slash = bytes_find_byte(word, '/');
    while (word.n && memchr("`\"'", word.p[0], 3)) {
        word = bytes_from(word, 1);
        slash--;
    }
    return slash < word.n && is_label(bytes_sub(word, 0, slash)) &&
           is_label(claim_bare_name(word));
}

/* The word behind a noun that is a name, with the namespace before it. */
static struct bytes object_word(struct bytes text)
{
    for (size_t i = 0; i < NOUNS; i++) {
        size_t end = claim_find(text, bytes_str(nouns[i][0]), 0);
        struct bytes word, after = end < text.n ? bytes_from(text, end) : BYTES_NONE;
        if (bytes_starts(after, BYTES("y ")))
            after = bytes_from(after, 1); /* "network policy" */
        if (!after.n || after.p[0] != ' ' || !bytes_word(&after, &word))
            continue;
        if (claim_is_placed(word) || claim_is_name(claim_bare_name(word)))
            return word;
    }
    return BYTES_NONE;
}

struct bytes claim_object_name(struct bytes text)
{
    return claim_bare_name(object_word(text));
}

struct bytes claim_named_namespace(struct bytes text)
{
    static const char *const no_name[] = {"where", "with", "that",  "by",    "and",
                                          "was",   "were", "level", "which", "of",
                                          "in",    "wide", "admin", "is",    NULL};
    size_t end = claim_find(text, BYTES("namespace"), 0);
    for (; end < text.n; end = claim_find(text, BYTES("namespace"), end)) {
        struct bytes rest = bytes_from(text, end), word;
        struct bytes before = bytes_sub(text, 0, end - strlen("namespace"));
        if (!is_blank(rest.p[0]) || !bytes_word(&rest, &word) ||
            !word_is_one_of(last_word(before), of_place))
            continue;
        word = claim_bare_name(word);
        if (is_label(word) && !word_is_one_of(word, no_name))
            return word;
    }
    struct bytes word = object_word(text);
    if (!claim_is_placed(word))
        return BYTES_NONE;
    while (!is_label(bytes_sub(word, 0, 1)))
        word = bytes_from(word, 1);
    return bytes_sub(word, 0, bytes_find_byte(word, '/'));
}

bool claim_says_in(struct bytes text, struct bytes namespace)
{
    size_t end = claim_find(text, namespace, 0);
    for (; namespace.n && end <= text.n; end = claim_find(text, namespace, end)) {
        struct bytes after = bytes_from(text, end);
        bool whole = !after.n || !is_word_byte(after.p[0]);
        if (whole &&
            (word_is_one_of(last_word(bytes_sub(text, 0, end - namespace.n)), of_place) ||
             bytes_starts(after, BYTES("/"))))
            return true;
    }
    return false;
}

/* "… listed the secrets with the pod's service account", "… pods with the node's
 * certificate": by what it was done. */
static bool is_means(struct bytes text, size_t noun)
{
    static const char *const words[] = {"with", "using", "via", "through", "mit",
                                        "avec", "con",   "com", "met",     NULL};
    struct bytes before = bytes_sub(text, 0, noun), word;
    for (int i = 0; i < 4 && (word = last_word(before)).n; i++) {
        if (word_is_one_of(word, words))
            return claim_acts(bytes_sub(before, 0, (size_t)(word.p - before.p))) != 0;
        before = bytes_sub(before, 0, (size_t)(word.p - before.p));
    }
    return false;
}

static bool is_only_means(struct bytes text, const char *noun)
{
    size_t end = claim_find(text, bytes_str(noun), 0);
    return end <= text.n && is_means(text, end - strlen(noun));
}

static const char *resource_but(struct bytes text, const char *actor)
{
    static const char *const events[] = {"event", "ereignis", "événement"};
    for (size_t i = 0; i < NOUNS; i++)
        if (strcmp(nouns[i][1], actor) != 0 && has_noun(text, nouns[i][0]) &&
            !is_only_means(text, nouns[i][0]))
            return nouns[i][1];
    /* Events are many things; those that were deleted are the cluster's. */
    for (size_t i = 0; claim_acts(text) & CLAIMED_DELETE && i < 3; i++)
        if (has_noun(text, events[i]))
            return "events";
    bool of_namespace = (has_noun(text, "namespace") && is_done_to(text, "namespace")) ||
                        (has_noun(text, "project") && is_done_to(text, "project"));
    return of_namespace ? "namespaces" : NULL;
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

bool claim_has_name(struct bytes text)
{
    struct bytes word;
    while (bytes_word(&text, &word))
        if (claim_is_name(claim_bare_name(word)))
            return true;
    return false;
}

/* There "no" is "in the". */
static bool is_portuguese(struct bytes text)
{
    static const char *const words[] = {"foi",  "foram", "pelo", "pela", "uma",
                                        "numa", "dos",   "aos",  "não",  NULL};
    struct bytes word;
    while (bytes_word(&text, &word))
        if (word_is_one_of(word, words) || (word.n > 4 && bytes_ends(word, BYTES("ou"))))
            return true;
    return false;
}

bool claim_denies(struct bytes text)
{
    static const char *const words[] = {
        "not",    "never", "nothing", "none",   "nobody", "without", "didn't",
        "wasn't", "kein",  "keine",   "keinen", "keiner", "keinem",  "nicht",
        "nichts", "nie",   "niemand", "ohne",   "aucun",  "aucune",  "jamais",
        "pas",    "nunca", "ninguna", "nadie",  "nenhum", "nenhuma", "não",
        "geen",   "niet",  "nooit",   "zonder", "nessun", "nessuna", "nessuno",
        "non",    "ningún"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (claim_has_word(text, bytes_str(words[i])))
            return true;
    return claim_has_word(text, BYTES("no")) && !is_portuguese(text);
}

static const char *const attackers[] = {
    "attacker",     "intruder", "adversar",  "hacker",     "angreifer", "attaquant",
    "threat actor", "atacante", "aanvaller", "attaccante", "invasor"};
#define ATTACKERS (sizeof attackers / sizeof *attackers)

bool claim_blames_attacker(struct bytes text)
{
    for (size_t i = 0; i < ATTACKERS; i++)
        if (claim_find(text, bytes_str(attackers[i]), 0) <= text.n)
            return true;
    return false;
}

/* -- who did it ---------------------------------------------------------------------- */

/* "… by", "… by the"; "refused for". */
static bool ends_in_by(struct bytes before, bool refused)
{
    static const char *const whom[] = {"for", "to", "pour", "para", NULL};
    static const char *const by[] = {"by",  "door", "von", "vom",  "durch", "par",
                                     "por", "da",   "dal", "pelo", "pela",  NULL};
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
    static const char *const doing[] = {
        "opened", "gained",    "got",       "obtained", "used",   "took",
        "ran",    "performed", "triggered", "issued",   "made",   "put",
        "placed", "set",       "marked",    "öffnete",  "abrió",  "abriu",
        "opende", "ouvrit",    "aprì",      "logged",   "signed", NULL};
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
    if (who != WHO_WORKLOAD && word_is_one_of(word, doing))
        return true;
    return claim_acts(word) && (who != WHO_WORKLOAD || claim_resource(after));
}

/* The stem of a word for the attacker, the whole name of anybody else. */
static bool says(struct bytes text, struct bytes name, enum who who)
{
    bool refused = claim_acts(text) & CLAIMED_DENIED;
    size_t end = claim_find(text, name, 0);
    for (; end <= text.n; end = claim_find(text, name, end)) {
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

bool claim_says_by(struct bytes text, struct bytes name)
{
    size_t end = claim_find(text, name, 0);
    for (; end <= text.n; end = claim_find(text, name, end))
        if (ends_in_by(bytes_sub(text, 0, end - name.n), false))
            return true;
    return false;
}

bool claim_says_did(struct bytes text, struct bytes name, bool workload)
{
    return name.n && says(text, name, workload ? WHO_WORKLOAD : WHO_PERSON);
}

struct bytes claim_unknown_actor(struct bytes text)
{
    struct bytes login = claim_login_at_head(text);
    bool acts = login.n && begins_with_act(bytes_from(text, login.n), WHO_PERSON);
    struct bytes self = claim_self(text);
    return acts ? login : self.n ? self : claim_by_person(text);
}
