/* Fault: what a decoder saw wrong in the evidence, and where.
 *
 * Bad evidence is data, not an error of ours. A fault has no text and no severity; the
 * layers above turn it into a finding. Decoders collect faults and read on.
 */
#ifndef FORMATS_BASE_FAULT_H
#define FORMATS_BASE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_code {
    FAULT_NONE = 0,
#define FAULT(id, name, text) FAULT_##id,
#include "formats/base/faults.def"
#undef FAULT
    FAULT_COUNT
};

struct fault {
    enum fault_code code;
    uint64_t offset; /* bytes from the start of what the decoder was given */
    uint64_t want;   /* what the format asks for, where a number says it */
    uint64_t have;   /* what stands there */
};

/* The first LIMIT_FAULTS faults; later ones are only counted. Zero-initialise; owns `v`.
 */
struct faults {
    struct fault *v;
    size_t n;
    size_t capacity;
    uint64_t more; /* faults that were counted but not kept */
};

/* `list` may be NULL: then nothing is kept. */
void faults_add(struct faults *list, struct fault f);
void faults_release(struct faults *list);

/* Stable names for outputs, and the sentence for people. Static strings. */
const char *fault_name(enum fault_code code);
const char *fault_text(enum fault_code code);

#endif
