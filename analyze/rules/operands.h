/* Operands: the values of one line of a rule on their way to terms: placeholders filled
 * in, transforming modifiers applied. */
#ifndef ANALYZE_RULES_OPERANDS_H
#define ANALYZE_RULES_OPERANDS_H

#include "analyze/rules/private.h"

enum transform { AS_WINDASH = 1, AS_UTF16LE, AS_UTF16BE, AS_UTF16, AS_BASE64, AS_OFFSET };

#define TRANSFORMS 8

/* Values while they go through the transformations. */
struct operand {
    struct bytes text;
    bool plain; /* encoded: nothing in it is a wildcard, and case counts */
};
struct operands {
    struct operand *v;
    size_t n, capacity;
};

struct operand_steps {
    bool expand;
    const enum transform *transforms;
    size_t count;
};

/* False after an error; `all` is to be freed (its `v`) in both cases. */
bool operands_read(struct place at, const json_t *value,
                   const struct operand_steps *steps, struct operands *all);

#endif
