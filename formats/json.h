/* JSON documents (RFC 8259) as trees with spans, through jansson. Records of logs are
 * read by json_lines.h. */
#ifndef FORMATS_JSON_H
#define FORMATS_JSON_H

#include "formats/document.h"

/* Reads every value of `text` (values may follow each other with or without blanks).
 * Strings must be UTF-8; a member that occurs twice is FAULT_DUPLICATE and the value is
 * not handed out, because two readers would see different documents. Of a broken value
 * what stands before the fault is handed out as a partial document, and reading goes on
 * with the next value that begins a line. */
void json_read(struct bytes text, struct documents *out);

/* Does the text begin like a JSON object or array? */
bool json_looks_like(struct bytes head);

#endif
