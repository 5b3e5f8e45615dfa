/* YAML 1.1 streams as trees with spans, through libyaml: the same trees as json.h gives.
 *
 * Plain scalars become null, booleans (true, yes, on and their opposites), integers
 * (decimal, 0x, 0o, 0b, octal by a leading 0) and reals, all others strings, as the
 * Kubernetes reader resolves them; merge keys are followed. Keys are made strings. Each
 * alias shares the node of its anchor, but counts as if it were copied: more than
 * LIMIT_YAML_NODES nodes, or LIMIT_YAML_DEPTH levels, end the document with FAULT_LIMIT.
 */
#ifndef FORMATS_YAML_H
#define FORMATS_YAML_H

#include "formats/base/text.h"
#include "formats/document.h"

/* Reads every document of the stream. A key that occurs twice in a mapping is
 * FAULT_DUPLICATE and the document is not handed out. After a fault reading goes on
 * behind the next "---" line. */
void yaml_read(struct bytes text, struct documents *out);

/* One record (yaml_split.h): a document, or a list of one element. Appends it as JSON; of
 * a broken one (*partial) what stands before the fault, if anything. The fault's place is
 * in the YAML. */
struct fault yaml_record(struct bytes text, struct text *json, bool *partial);

#endif
