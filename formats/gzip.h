/* gzip streams (RFC 1952), through ISA-L: all members, checksums and lengths verified. */
#ifndef FORMATS_GZIP_H
#define FORMATS_GZIP_H

#include "formats/frames.h"

/* Faults: TRUNCATED, CHECKSUM, VALUE (broken data) and TRAILING (bytes after the last
 * member that are not a member), all with offsets in the compressed stream. */
extern const struct frame_format gzip_frames;

#endif
