/* zstd streams (RFC 8878), through libzstd: all frames, skippable ones passed over. */
#ifndef FORMATS_ZSTD_FRAMES_H
#define FORMATS_ZSTD_FRAMES_H

#include "formats/frames.h"

/* Faults: TRUNCATED, CHECKSUM, VALUE and TRAILING, with offsets in the compressed stream.
 * Windows over 128 MiB are refused as UNSUPPORTED: they would take that much memory. */
extern const struct frame_format zstd_frames;

#endif
