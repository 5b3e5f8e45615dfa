/* Tetragon's JSON export: one object for each event, with exactly one member
 * process_exec, process_exit, process_kprobe …
 *
 * Source of the format: cilium/tetragon api/v1/tetragon (events.proto), docs. */
#ifndef FORMATS_TETRAGON_H
#define FORMATS_TETRAGON_H

#include "formats/runtime_event.h"

/* True when `v` is such a record. `text` holds what had to be put together. */
bool tetragon_read(struct jsonl_value v, struct text *text, struct runtime_event *out);

#endif
