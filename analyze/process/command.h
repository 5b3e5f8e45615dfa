/* Command: what `exhibit checkpoint` was asked, and the functions that answer. */
#ifndef ANALYZE_PROCESS_COMMAND_H
#define ANALYZE_PROCESS_COMMAND_H

#include "analyze/process/describe.h"
#include "formats/base/limits.h"

#define REQUEST_YARA 16

struct checkpoint_request {
    const char *what;             /* "ps" … */
    const char *const *arguments; /* after it, NULL-terminated */
    bool one_pid;
    uint32_t pid;
    bool json, reveal;
    const char *output; /* NULL: stdout */
    const char *yara[REQUEST_YARA];
    size_t yara_count;
    size_t shortest, context;
    size_t dump;
};

bool checkpoint_knows(const char *what);
/* An exit status of commands.h. */
int checkpoint_command(struct package *p, const struct checkpoint_request *r);

/* What an answering function is given. */
struct answer {
    struct describe describe;
    const struct checkpoint_request *request;
    struct dumps *dumps;
};
/* Is this process asked for? */
bool answer_wants(const struct answer *a, const struct process *p);
/* Prints a document for machines, or for people, masked, and releases it. */
int answer_json(const struct answer *a, json_t *document);
int answer_document(const struct answer *a, json_t *document);
/* Appends "name: value" lines and tables from a document, for people. */
void answer_print(const json_t *document);
/* A text of one, on one line: a name of the evidence must not make lines of ours. Returns
 * how many bytes it took. */
size_t answer_print_text(const json_t *text);

int answer_strings(const struct answer *a);
int answer_search(const struct answer *a);
int answer_extract(const struct answer *a);
int answer_core(const struct answer *a);

#endif
