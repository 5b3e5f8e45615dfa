/* Started: a program's start, whichever sensor saw it, under the names that Sigma's
 * taxonomy has for process_creation, so that the public rules for Linux can be asked. */
#ifndef ANALYZE_RULES_STARTED_H
#define ANALYZE_RULES_STARTED_H

#include "analyze/rules/record.h"
#include "formats/base/text.h"

#define STARTED_FACTS 6

struct started {
    struct fact facts[STARTED_FACTS];
    size_t n;
    struct text line, parent; /* what facts are views of, with the record */
};

/* False when the record of Tetragon or Tracee tells of no start. */
bool started_read(struct jsonl_value record, struct started *out);
struct record record_of_started(const struct started *s);
void started_release(struct started *s);

#endif
