/* Tracee's JSON output, v1beta1 (workload, data) and before (eventName, args).
 *
 * Source of the format: aquasecurity/tracee api/v1beta1 and types/trace. */
#ifndef FORMATS_TRACEE_H
#define FORMATS_TRACEE_H

#include "formats/runtime_event.h"

/* True when `v` is such a record. `text` holds what had to be put together. */
bool tracee_read(struct jsonl_value v, struct text *text, struct runtime_event *out);
/* Appends the words with which a program was started, from the `first` on, counted from 0
 * (the name that it was given), with blanks between them; `arguments` are the record's
 * "args" or "data". Nothing where none are told. */
void tracee_add_arguments(struct jsonl_value arguments, size_t first, struct text *text);

#endif
