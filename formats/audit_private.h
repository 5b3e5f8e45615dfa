/* Between the files of the audit decoder only. */
#ifndef FORMATS_AUDIT_PRIVATE_H
#define FORMATS_AUDIT_PRIVATE_H

#include "formats/audit.h"
#include "formats/base/arena.h"

/* Reads the members of an Event. True when it is one; *twice tells of a member that
 * occurs twice. */
bool audit_from_event(struct jsonl_value v, struct audit_event *out, bool *twice);
/* Reads a LogEntry of Google Cloud Logging; false when it is not of Kubernetes. */
bool audit_from_log_entry(struct jsonl_value v, struct audit_event *out);
/* Reads an event of Azure's activity log; false when it is not about a cluster's objects.
 * Names that are written otherwise in Kubernetes live in `arena`. */
bool audit_from_activity(struct jsonl_value v, struct arena *arena,
                         struct audit_event *out);
/* Reads a line of the legacy backend; unescaped values live in `arena`. */
bool audit_from_text(struct bytes line, struct arena *arena, struct audit_event *out);

/* RFC 3339, and what databases make of it. */
bool audit_read_time(struct bytes text, instant *out, enum precision *p);

void audit_list_add(struct audit_list *list, struct bytes value);

#endif
