#include "analyze/kube/claim_words.h"

static bool is_word_byte(uint8_t c)
{
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-';
}

/* Position after an occurrence of `word` that begins a word; text.n + 1 when none. */
static size_t find_start(struct bytes text, struct bytes word, size_t from)
{
    for (size_t i = from; word.n && i + word.n <= text.n; i++) {
        bool begins = i == 0 || !is_word_byte(text.p[i - 1]);
        if (begins && bytes_eq_nocase(bytes_sub(text, i, word.n), word))
            return i + word.n;
    }
    return text.n + 1;
}

/* A noun in any number; the first part of a name ("node-shell") is none. */
static bool has_noun(struct bytes text, const char *noun)
{
    size_t end = find_start(text, bytes_str(noun), 0);
    while (end <= text.n) {
        size_t behind = end;
        while (behind < text.n && to_lower(text.p[behind]) >= 'a' &&
               to_lower(text.p[behind]) <= 'z')
            behind++;
        bool joined = behind + 1 < text.n && text.p[behind] == '-' &&
                      is_word_byte(text.p[behind + 1]);
        if (!joined)
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

unsigned claim_acts(struct bytes text)
{
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
        {"list", CLAIMED_LIST},
        {"enumerat", CLAIMED_LIST},
        {"dump", CLAIMED_LIST},
        {"read", CLAIMED_READ},
        {"stole", CLAIMED_READ},
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
        {"rotier", CLAIMED_ROTATE},
        {"heruntergeladen", CLAIMED_DOWNLOAD},
        {"t\xc3\xa9l\xc3\xa9"
         "charg",
         CLAIMED_DOWNLOAD},
        {"descarg", CLAIMED_DOWNLOAD},
    };
    unsigned acts = 0;
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++)
        if (has_stem(text, stems[i].stem))
            acts |= stems[i].act;
    return acts;
}

const char *claim_resource(struct bytes text)
{
    /* Longer names first: a cluster role binding is no role. */
    static const char *const names[][2] = {
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
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (has_noun(text, names[i][0]))
            return names[i][1];
    return has_noun(text, "namespace") ? "namespaces" : NULL;
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

bool claim_blames_attacker(struct bytes text)
{
    static const char *const words[] = {"attacker",  "intruder",     "adversar",
                                        "hacker",    "threat actor", "angreifer",
                                        "attaquant", "atacante"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (has_stem(text, words[i]))
            return true;
    return false;
}
