/* Findings of Amazon GuardDuty, as the console, EventBridge ("detail"), the export to S3
 * (names in small letters) and `aws guardduty get-findings` (in capitals) give them.
 *
 * Source of the format: Amazon GuardDuty API Reference, Finding; "GuardDuty finding
 * format". A finding stands for all that was seen of one kind: it has a first and a last
 * time, by Amazon's clock. */
#ifndef FORMATS_GUARDDUTY_H
#define FORMATS_GUARDDUTY_H

#include "formats/runtime_event.h"

/* True when `v` is such a finding. `text` holds what had to be put together. */
bool guardduty_read(struct jsonl_value v, struct text *text, struct runtime_event *out);

#endif
