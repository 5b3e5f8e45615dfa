/* The command line of `exhibit batch`. */
#ifndef ANALYZE_BATCH_OPTIONS_H
#define ANALYZE_BATCH_OPTIONS_H

#include "analyze/analyze_options.h"
#include "analyze/batch/batch.h"

enum batch_action {
    BATCH_RUN,
    BATCH_LIST,
    BATCH_PLAN,
    BATCH_SHARD,
    BATCH_MERGE,
    BATCH_REVERIFY,
};

/* An option that is handed on, as "--name=value". */
struct batch_passed {
    struct text text;
    bool of_verify;
};

struct batch_command {
    struct batch_options options;
    struct analyze_arguments shared; /* checks what is handed on before anything starts */
    enum batch_action action;
    struct batch_passed *passed;
    size_t passed_count, passed_capacity;
    const char **vectors[2]; /* for analyze, for verify */
    bool memory_given, json;
    unsigned within;
};

/* Fills *c, whatever it returns: -1 to go on, else an exit status. */
int batch_options_parse(struct batch_command *c, int argc, char **argv);
void batch_options_release(struct batch_command *c);

#endif
