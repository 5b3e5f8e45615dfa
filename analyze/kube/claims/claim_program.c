/* The program that a sentence says was run: "executed pg_dump in db-0". */
#include "analyze/kube/claims/claim_words.h"

/* Behind these stands what was run; the last ones are German, "führte pg_dump aus". */
static const char *const runs[] = {"executed", "executes", "executing", "ran",
                                   "runs",     "exécuté",  "ejecutó",   "eseguito",
                                   "executou", "führt",    "führte",    NULL};

/* Before these: "pg_dump was executed". */
static const char *const was_run[] = {" was executed",     " was run",
                                      " were executed",    " were run",
                                      " wurde ausgeführt", NULL};

/* What stands there as well and is no program's name. */
static const char *const others[] = {
    "a",        "an",      "the",     "some",        "another",   "arbitrary",
    "in",       "into",    "inside",  "on",          "via",       "through",
    "from",     "with",    "as",      "at",          "by",        "and",
    "it",       "this",    "that",    "several",     "multiple",  "various",
    "his",      "their",   "code",    "command",     "commands",  "shell",
    "shells",   "script",  "scripts", "interactive", "remote",    "malicious",
    "exec",     "kubectl", "pod",     "pods",        "container", "containers",
    "job",      "jobs",    "process", "processes",   "session",   "un",
    "une",      "des",     "de",      "le",          "la",        "les",
    "dans",     "una",     "uno",     "unos",        "el",        "los",
    "en",       "il",      "lo",      "nel",         "o",         "os",
    "um",       "uma",     "no",      "na",          "em",        "ein",
    "eine",     "einen",   "den",     "die",         "das",       "im",
    "zu",       "zum",     "zur",     "commande",    "commandes", "comando",
    "comandos", "comandi", "befehl",  "befehle",     "again",     "successfully",
    NULL};

static struct bytes program_of(struct bytes word)
{
    word = claim_bare_name(word);
    return word_is_one_of(word, others) ? BYTES_NONE : word;
}

struct bytes claim_program(struct bytes text)
{
    struct bytes rest = text, word, before = BYTES_NONE;
    for (size_t i = 0; was_run[i]; i++) {
        size_t at = bytes_find(text, bytes_str(was_run[i]));
        struct bytes head = bytes_sub(text, 0, at);
        while (at < text.n && bytes_word(&head, &word))
            before = word;
    }
    while (!before.n && bytes_word(&rest, &word))
        if (word_is_one_of(word, runs) && bytes_word(&rest, &word))
            before = word;
    return program_of(before);
}
