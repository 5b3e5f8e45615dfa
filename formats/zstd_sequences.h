/* The sequences section of a block of zstd (RFC 8878, 3.1.1.3.2), read for what libzstd
 * 1.5.4 lets pass: octets behind no sequences, a bit stream that ends before its last
 * sequence does, and an offset of zero. */
#ifndef FORMATS_ZSTD_SEQUENCES_H
#define FORMATS_ZSTD_SEQUENCES_H

#include "formats/fse.h"

enum zstd_part { ZSTD_LITERALS, ZSTD_OFFSETS, ZSTD_MATCHES };

/* What goes on from one block of a frame to the next. */
struct zstd_sequences {
    struct fse_table tables[3];
    uint32_t recent[3]; /* offsets, the last first */
};

void zstd_sequences_begin(struct zstd_sequences *z);

/* Whether the section is as it must be; FSE_STREAM_ROOM octets behind it are read too. */
bool zstd_sequences_hold(struct zstd_sequences *z, struct bytes section);

#endif
