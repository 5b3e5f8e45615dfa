/* Custody log: who examined a package, when, with what, and what came out.
 *
 * One JSON object a line, schema "exhibit.custody/1":
 *   {"schema", "sequence": 1…, "time", "who", "what", "tool": {"name", "version",
 *    "sha256"}, "package", "listing_sha256", "verdict", "previous"}
 * `previous` is the SHA-256 of the line before (without its newline), null in the first.
 * So an edit, a removal and a move each break the chain at their place. What is cut off
 * at the end cannot show in a chain: the head file beside it, "SEQUENCE DIGEST", does.
 */
#ifndef FORMATS_CUSTODY_H
#define FORMATS_CUSTODY_H

#include "formats/base/digest.h"
#include "formats/base/fault.h"
#include "formats/base/instant.h"

struct custody_chain {
    uint64_t entries;
    struct digest head; /* of the last line */
    instant last_time;
    struct fault fault; /* FAULT_NONE: the chain holds; else the offset of the line, and
                         * in `have` its number */
};

bool custody_probe(struct bytes head);
struct custody_chain custody_read(struct bytes content);
/* "SEQUENCE DIGEST"; false when it is not that. */
bool custody_read_head(struct bytes content, uint64_t *sequence, struct digest *out);

#endif
