/* hashdeep and md5deep audit files.
 *
 * Source: hashdeep(1), "%%%% HASHDEEP-1.0". Columns are named in the second line: size,
 * digests, filename last. Names are neither quoted nor escaped, so a name with a newline
 * breaks its record in two: both halves are faults here. Every column of a record counts,
 * the size and each digest.
 */
#ifndef FORMATS_HASHDEEP_H
#define FORMATS_HASHDEEP_H

#include "formats/manifest.h"

bool hashdeep_probe(struct bytes head);
void hashdeep_read(struct bytes content, struct arena *arena,
                   const struct manifest_sink *sink);

#endif
