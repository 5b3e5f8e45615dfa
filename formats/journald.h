/* journald's JSON export (journalctl -o json, and Cloud Logging's copies of it): all
 * values are strings, an array of numbers where they are not UTF-8, an array of strings
 * where a field occurs twice, null where they were too long.
 *
 * Source of the format: systemd JOURNAL_EXPORT_FORMATS, "Journal JSON Format". */
#ifndef FORMATS_JOURNALD_H
#define FORMATS_JOURNALD_H

#include "formats/runtime_event.h"

/* True when `v` is such a record. `text` holds what had to be put together. */
bool journald_read(struct jsonl_value v, struct text *text, struct runtime_event *out);

#endif
