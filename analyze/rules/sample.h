/* Sample: records of one log source read line by line, for `exhibit rules test`. */
#ifndef ANALYZE_RULES_SAMPLE_H
#define ANALYZE_RULES_SAMPLE_H

#include "analyze/rules/rules.h"
#include "formats/audit.h"
#include "formats/falco.h"

struct sample_reader;
struct sample_reader *sample_reader_new(void);
void sample_reader_free(struct sample_reader *r);

/* One record: an audit event or Falco alert as the log has it; a JSON object with the
 * source's fields for the others. False when the line is none. The record lives until the
 * next call; *event tells its time and span (`line` at `offset` of `item`). */
struct sample {
    struct record record;
    struct event event;
    struct audit_event audit;
    struct falco_alert falco;
};
bool sample_read(struct sample_reader *r, enum log_source source, struct bytes line,
                 struct sample *out);

#endif
