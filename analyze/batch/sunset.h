/* Sunset: until when an algorithm is to be relied on for evidence. */
#ifndef ANALYZE_BATCH_SUNSET_H
#define ANALYZE_BATCH_SUNSET_H

#include "formats/base/bytes.h"
#include "formats/base/instant.h"

/* Of a digest ("sha1") or of a key with its bits ("RSA 2048"), as verdicts name them.
 * INSTANT_NONE: no end is known. *why: who says so (static). */
instant sunset_of_digest(struct bytes name, const char **why);
instant sunset_of_key(struct bytes key, const char **why);

#endif
