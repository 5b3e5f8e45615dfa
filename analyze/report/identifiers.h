/* Identifiers and times as STIX and CASE/UCO want them. */
#ifndef ANALYZE_REPORT_IDENTIFIERS_H
#define ANALYZE_REPORT_IDENTIFIERS_H

#include "formats/base/instant.h"
#include "formats/base/text.h"

/* A UUID of version 5 (RFC 9562, 5.5) from kind and content, in a name space of our own:
 * the same content always gets the same identifier, so that outputs can be compared.
 * Appends. */
void word_uuid(struct text *t, const char *kind, struct bytes content);
/* The same in the name space that STIX 2.1 (2.9) gives for observables, whose `name` is
 * the JSON of the properties that identify them. */
void word_uuid_of_observable(struct text *t, struct bytes name);
/* RFC 3339 with milliseconds, as STIX 2.1 (3.14) recommends. Appends. */
void word_milliseconds(struct text *t, instant when);

#endif
