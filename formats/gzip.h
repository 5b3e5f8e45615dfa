/* gzip streams (RFC 1952), through ISA-L: all members, checksums and lengths verified. */
#ifndef FORMATS_GZIP_H
#define FORMATS_GZIP_H

#include "formats/base/source.h"

/* The decompressed bytes of `from`, which must outlive it. Faults: TRUNCATED, CHECKSUM,
 * VALUE (broken data) and TRAILING (bytes after the last member that are not a member),
 * all with offsets in the compressed stream. Free with gzip_source_free. */
struct source *gzip_source_new(struct source *from);
void gzip_source_free(struct source *s);

#endif
