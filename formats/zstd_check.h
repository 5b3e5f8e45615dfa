/* What libzstd 1.5.4 lets pass in a zstd frame: a block whose sequences section has no
 * sequences ends with that (RFC 8878, 3.1.1.3.2.1); octets behind it are in no output,
 * and other decoders refuse the frame.
 *
 * Only the headers of frames, blocks and sections are looked at; what is between them is
 * passed over. An offset of zero and a cut Huffman table, which libzstd 1.5.4 lets pass
 * as well, show only to who decodes the entropy coding a second time; that is not done.
 */
#ifndef FORMATS_ZSTD_CHECK_H
#define FORMATS_ZSTD_CHECK_H

#include "formats/base/bytes.h"

/* Zero-initialise at the beginning of a frame. */
struct zstd_check {
    unsigned step;
    uint8_t have[8]; /* of the header that is being read */
    unsigned n, want;
    uint64_t skip; /* octets that are passed over first */
    uint32_t left; /* of the block */
    bool last, checksum, off;
    bool wrong; /* a section is longer than it may be */
};

/* The octets that a decoder has used, in their order. */
void zstd_check_feed(struct zstd_check *z, struct bytes b);

#endif
