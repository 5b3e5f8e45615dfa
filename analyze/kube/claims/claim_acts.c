/* The words that people write for an act, in the languages whose dates are read. */
#include "analyze/kube/claims/claim_words.h"

/* A thing, a state or somebody whose name begins as the act does: a Deployment may be
 * restarted, the deployer's account may be used. */
static bool is_other_word(struct bytes text, size_t begin)
{
    static const char *const others[] = {"deployment", "deployer", "listen",
                                         "ready",      "reader",   "readiness",
                                         "read-only",  "readonly", "updater"};
    struct bytes word = bytes_from(text, begin);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (bytes_eq_nocase(bytes_sub(word, 0, strlen(others[i])), bytes_str(others[i])))
            return true;
    return false;
}

/* Stems: "label" stands for labelled, labeled, labels. */
static bool has_stem(struct bytes text, const char *stem)
{
    size_t n = strlen(stem);
    if (stem[n - 1] == ' ') /* a whole word */
        return claim_has_word(text, bytes_of(stem, n - 1));
    size_t end = claim_find(text, bytes_str(stem), 0);
    while (end <= text.n && is_other_word(text, end - strlen(stem)))
        end = claim_find(text, bytes_str(stem), end);
    return end <= text.n;
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
    {"nuked", CLAIMED_DELETE},
    {"torn down", CLAIMED_DELETE},
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
    {"got a token", CLAIMED_READ},
    {"requested a token", CLAIMED_READ},
    {"minted", CLAIMED_CREATE},
    {"issued a token", CLAIMED_CREATE},
    {"patch", CLAIMED_CHANGE},
    {"chang", CLAIMED_CHANGE},
    {"modif", CLAIMED_CHANGE},
    {"escalat", CLAIMED_CHANGE},
    {"updat", CLAIMED_CHANGE},
    {"approv", CLAIMED_CHANGE}, /* of a certificate signing request */
    {"genehmigt", CLAIMED_CHANGE},
    {"approuv", CLAIMED_CHANGE},
    {"aprob", CLAIMED_CHANGE},
    {"aprov", CLAIMED_CHANGE},
    {"label", CLAIMED_LABEL},
    {"cordon", CLAIMED_CORDON},
    {"drain", CLAIMED_CORDON},
    {"unschedulable", CLAIMED_CORDON},
    {"out of scheduling", CLAIMED_CORDON},
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
    {"debug node", CLAIMED_ENTER}, /* oc's and kubectl's */
    {"debugged node", CLAIMED_ENTER},
    {"debug session on node", CLAIMED_ENTER},
    {"attach", CLAIMED_ENTER},
    {"bound", CLAIMED_BIND},
    {"bind", CLAIMED_BIND},
    {"grant", CLAIMED_BIND},
    {"clusterrolebinding", CLAIMED_BIND},
    {"rotat", CLAIMED_ROTATE},
    {"denied", CLAIMED_DENIED},
    {"forbidden", CLAIMED_DENIED},
    {"refus", CLAIMED_DENIED},
    {"reject", CLAIMED_DENIED},
    {"fail", CLAIMED_DENIED},
    {"unsuccessful", CLAIMED_DENIED},
    {"prevented", CLAIMED_DENIED},
    {"401 ", CLAIMED_DENIED},
    {"403 ", CLAIMED_DENIED},
    {"kubectl get", CLAIMED_LIST | CLAIMED_READ},
    {"tried", CLAIMED_TRIED},
    {"attempt", CLAIMED_TRIED},
    {"shell", CLAIMED_SHELL},
    {"inject", CLAIMED_INJECTION},
    {"exploit", CLAIMED_INJECTION},
    {"download", CLAIMED_DOWNLOAD},
    {"checkpoint", CLAIMED_CHECKPOINT},
    {"snapshot", CLAIMED_CHECKPOINT},
    {"scal", CLAIMED_SCALE},
    {"entered", CLAIMED_INSIDE},
    {"restart", CLAIMED_RESTART},
    {"escape", CLAIMED_ESCAPE},
    {"escaping", CLAIMED_ESCAPE},
    {"broke out", CLAIMED_ESCAPE},
    {"broken out", CLAIMED_ESCAPE},
    {"breakout", CLAIMED_ESCAPE},
    {"break-out", CLAIMED_ESCAPE},
    {"logged in", CLAIMED_LOGIN},
    {"log in", CLAIMED_LOGIN},
    {"login", CLAIMED_LOGIN},
    {"signed in", CLAIMED_LOGIN},
    {"angemeldet", CLAIMED_LOGIN},
    {"eingeloggt", CLAIMED_LOGIN},
    {"ingelogd", CLAIMED_LOGIN},
    /* German, French, Spanish, Portuguese, Italian */
    {"lösch", CLAIMED_DELETE},
    {"gelösch", CLAIMED_DELETE},
    {"entfern", CLAIMED_DELETE},
    {"supprim", CLAIMED_DELETE},
    {"elimin", CLAIMED_DELETE},
    {"borr", CLAIMED_DELETE},
    {"angeleg", CLAIMED_CREATE},
    {"erstell", CLAIMED_CREATE},
    {"erzeug", CLAIMED_CREATE},
    {"créé", CLAIMED_CREATE},
    {"creó", CLAIMED_CREATE},
    {"aufgelist", CLAIMED_LIST},
    {"gelistet", CLAIMED_LIST},
    {"ausgelesen", CLAIMED_READ},
    {"gelesen", CLAIMED_READ},
    {"liest", CLAIMED_READ},
    {"lu ", CLAIMED_READ},
    {"leyó", CLAIMED_READ},
    {"geänder", CLAIMED_CHANGE},
    {"änder", CLAIMED_CHANGE},
    {"modifi", CLAIMED_CHANGE},
    {"geändert", CLAIMED_CHANGE},
    {"cambi", CLAIMED_CHANGE},
    {"isolier", CLAIMED_ISOLATE | CLAIMED_EFFECT},
    {"isolé", CLAIMED_ISOLATE | CLAIMED_EFFECT},
    {"aisl", CLAIMED_ISOLATE | CLAIMED_EFFECT},
    {"etikett", CLAIMED_LABEL},
    {"gesperrt", CLAIMED_CORDON},
    {"sperrt", CLAIMED_CORDON},
    {"acordon", CLAIMED_CORDON},
    {"skalier", CLAIMED_SCALE},
    {"ausgeführ", CLAIMED_ENTER},
    {"exécut", CLAIMED_ENTER},
    {"ejecut", CLAIMED_ENTER},
    {"esegui", CLAIMED_ENTER},
    {"verweiger", CLAIMED_DENIED},
    {"abgelehn", CLAIMED_DENIED},
    {"gescheitert", CLAIMED_DENIED},
    {"denegad", CLAIMED_DENIED},
    {"denegó", CLAIMED_DENIED},
    {"versuch", CLAIMED_TRIED},
    {"tenté", CLAIMED_TRIED},
    {"intentó", CLAIMED_TRIED},
    {"rotier", CLAIMED_ROTATE},
    {"heruntergeladen", CLAIMED_DOWNLOAD},
    {"télécharg", CLAIMED_DOWNLOAD},
    {"descarg", CLAIMED_DOWNLOAD},
    {"netzwerkrichtlin", CLAIMED_ISOLATE},
    {"netzwerk-polic", CLAIMED_ISOLATE},
    {"netzwerkpolic", CLAIMED_ISOLATE},
    {"politique réseau", CLAIMED_ISOLATE},
    {"política de red", CLAIMED_ISOLATE},
    {"gesetzt", CLAIMED_CREATE | CLAIMED_CHANGE},
    {"angewend", CLAIMED_CREATE | CLAIMED_CHANGE},
    {"appliqu", CLAIMED_CREATE | CLAIMED_CHANGE},
    {"verwijder", CLAIMED_DELETE},
    {"gewist", CLAIMED_DELETE},
    {"aangemaakt", CLAIMED_CREATE},
    {"toegevoegd", CLAIMED_CREATE},
    {"opgesomd", CLAIMED_LIST},
    {"opgevraagd", CLAIMED_LIST},
    {"las ", CLAIMED_READ},
    {"gelezen", CLAIMED_READ},
    {"uitgelezen", CLAIMED_READ},
    {"gewijzigd", CLAIMED_CHANGE},
    {"geïsoleerd", CLAIMED_ISOLATE | CLAIMED_EFFECT},
    {"isoleer", CLAIMED_ISOLATE | CLAIMED_EFFECT},
    {"netwerkbeleid", CLAIMED_ISOLATE},
    {"geroteerd", CLAIMED_ROTATE},
    {"vervangen", CLAIMED_ROTATE},
    {"herstart", CLAIMED_RESTART},
    {"geweigerd", CLAIMED_DENIED},
    {"mislukt", CLAIMED_DENIED},
    {"probeer", CLAIMED_TRIED},
    {"gedownload", CLAIMED_DOWNLOAD},
    {"betrat", CLAIMED_INSIDE},
    {"injeç", CLAIMED_INJECTION},
    {"inyecci", CLAIMED_INJECTION},
    {"iniezion", CLAIMED_INJECTION},
    {"explorou", CLAIMED_INJECTION},
    {"explorad", CLAIMED_INJECTION},
    {"explot", CLAIMED_INJECTION},
    {"sfrutta", CLAIMED_INJECTION},
    {"ausgenutzt", CLAIMED_INJECTION},
    {"eingeschleust", CLAIMED_INJECTION},
    {"misbruik", CLAIMED_INJECTION},
    {"apag", CLAIMED_DELETE},
    {"cancell", CLAIMED_DELETE},
    {"rimoss", CLAIMED_DELETE},
    {"removi", CLAIMED_DELETE},
    {"criou", CLAIMED_CREATE},
    {"criad", CLAIMED_CREATE},
    {"cread", CLAIMED_CREATE},
    {"emitid", CLAIMED_CREATE},
    {"elenc", CLAIMED_LIST},
    {"leu ", CLAIMED_READ},
    {"lido", CLAIMED_READ},
    {"lida", CLAIMED_READ},
    {"leíd", CLAIMED_READ},
    {"letto ", CLAIMED_READ},
    {"letti ", CLAIMED_READ},
    {"acedeu", CLAIMED_READ},
    {"alterou", CLAIMED_CHANGE},
    {"alterad", CLAIMED_CHANGE},
    {"isolad", CLAIMED_ISOLATE | CLAIMED_EFFECT},
    {"isolou", CLAIMED_ISOLATE | CLAIMED_EFFECT},
    {"entrou", CLAIMED_INSIDE},
    {"entró", CLAIMED_INSIDE},
    {"entrato", CLAIMED_INSIDE},
    {"substitu", CLAIMED_ROTATE},
    {"sostitu", CLAIMED_ROTATE},
    {"rotacion", CLAIMED_ROTATE},
    {"rotó", CLAIMED_ROTATE},
    {"rotad", CLAIMED_ROTATE},
    {"ruotat", CLAIMED_ROTATE},
    {"renouvel", CLAIMED_ROTATE},
    {"erneuer", CLAIMED_ROTATE},
    {"ausgetauscht", CLAIMED_ROTATE},
    {"reinici", CLAIMED_RESTART},
    {"riavvi", CLAIMED_RESTART},
    {"redémarr", CLAIMED_RESTART},
    {"neu gestartet", CLAIMED_RESTART},
    {"neugestartet", CLAIMED_RESTART},
    {"ausgebrochen", CLAIMED_ESCAPE},
    {"ausbruch", CLAIMED_ESCAPE},
    {"brach aus", CLAIMED_ESCAPE},
    {"échapp", CLAIMED_ESCAPE},
    {"evadi", CLAIMED_ESCAPE},
    {"escapó", CLAIMED_ESCAPE},
    {"escapou", CLAIMED_ESCAPE},
    {"ontsnapt", CLAIMED_ESCAPE},
    {"recusad", CLAIMED_DENIED},
    {"negad", CLAIMED_DENIED},
    {"rifiut", CLAIMED_DENIED},
    {"tentou", CLAIMED_TRIED},
    {"tentat", CLAIMED_TRIED},
    {"descarreg", CLAIMED_DOWNLOAD},
    {"baixou", CLAIMED_DOWNLOAD},
    {"scaric", CLAIMED_DOWNLOAD},
    {"política de rede", CLAIMED_ISOLATE},
    {"aplicou", CLAIMED_CREATE | CLAIMED_CHANGE},
    {"aplicad", CLAIMED_CREATE | CLAIMED_CHANGE},
    {"aplicó", CLAIMED_CREATE | CLAIMED_CHANGE},
};

/* "Bo killed pod web-0", and not a process in it. */
static bool kills_pod(struct bytes text)
{
    static const char *const killed[] = {"kill", "getötet", "tué", "mató"};
    static const char *const others[] = {"process", "pid",   "prozess", "proceso", "oom",
                                         "session", "shell", "miner ",  "xmrig"};
    bool kills = false, other = false;
    for (size_t i = 0; i < sizeof killed / sizeof *killed; i++)
        kills |= has_stem(text, killed[i]);
    for (size_t i = 0; kills && i < sizeof others / sizeof *others; i++)
        other |= has_stem(text, others[i]);
    return kills && !other && has_stem(text, "pod");
}

/* "Node snapshot created": that made no node. A volume's snapshot is an object. */
static bool is_snapshot(struct bytes text)
{
    return has_stem(text, "snapshot") && !has_stem(text, "volume snapshot") &&
           !has_stem(text, "volumesnapshot") && !has_stem(text, "from a snapshot") &&
           !has_stem(text, "from snapshot");
}

unsigned claim_acts(struct bytes text)
{
    unsigned acts = 0;
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++)
        if (has_stem(text, stems[i].stem))
            acts |= stems[i].act;
    if (acts & CLAIMED_RESTART)
        acts &= ~(unsigned)CLAIMED_CREATE; /* "neu gestartet" */
    if (is_snapshot(text))
        acts &= ~(unsigned)CLAIMED_CREATE;
    if (kills_pod(text))
        acts |= CLAIMED_DELETE;
    if (claim_program(text).n)
        acts |= CLAIMED_ENTER;
    if (acts & (CLAIMED_DENIED | CLAIMED_TRIED))
        acts &= ~(unsigned)CLAIMED_LOGIN; /* that was refused: by whom, nobody knows */
    /* "role binding x deleted" bound nobody. */
    if (acts & CLAIMED_DELETE && !has_stem(text, "bound"))
        acts &= ~(unsigned)CLAIMED_BIND;
    return acts;
}
