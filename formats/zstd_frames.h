/* zstd streams (RFC 8878), through libzstd: all frames, skippable ones passed over. */
#ifndef FORMATS_ZSTD_FRAMES_H
#define FORMATS_ZSTD_FRAMES_H

#include "formats/base/source.h"

/* The decompressed bytes of `from`, which must outlive it. Faults: TRUNCATED, CHECKSUM,
 * VALUE and TRAILING, with offsets in the compressed stream. Windows over 128 MiB are
 * refused as UNSUPPORTED: they would take that much memory. Free with zstd_source_free.
 */
struct source *zstd_source_new(struct source *from);
void zstd_source_free(struct source *s);

#endif
