/* Audit records that an export took apart: Elasticsearch's dotted members
 * ("kubernetes.audit.user.username": …, in a document or in its `fields`), and the
 * columns of Log Analytics' table AKSAudit.
 */
#ifndef FORMATS_AUDIT_PARTS_H
#define FORMATS_AUDIT_PARTS_H

#include "formats/audit.h"
#include "formats/base/text.h"

/* Appends the record as the API server would have written it, as JSON, and says from
 * where it came; AUDIT_WRAP_NONE when `text` holds no such record. */
enum audit_wrap audit_join_parts(struct bytes text, struct text *out);

#endif
