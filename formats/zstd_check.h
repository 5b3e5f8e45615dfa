/* What libzstd 1.5.4 lets pass in a zstd frame, so that other decoders refuse what we
 * should have read (RFC 8878): a sequences section that does not end where it must or has
 * an offset of zero (zstd_sequences.h), and a table of Huffman weights whose bits do not
 * fill the two states that they begin with.
 *
 * It goes by the compressed octets alone, so it stands before the decoder, where a thread
 * of its own can do it, and only when a stream is read for the first time.
 *
 * The codes of sequences are decoded a second time, which costs a third of what
 * libzstd takes: an offset is zero by what all sequences before it were, and nothing less
 * than decoding them tells. Literals, which are most of the octets, are passed over:
 * libzstd does see to it that their streams end exactly. All else it refuses itself.
 */
#ifndef FORMATS_ZSTD_CHECK_H
#define FORMATS_ZSTD_CHECK_H

#include "formats/base/bytes.h"
#include "formats/base/limits.h"
#include "formats/base/source.h"
#include "formats/zstd_sequences.h"

enum { ZSTD_BLOCK_MOST = 128 * KIB }; /* 3.1.1.2.4 */

/* Zero-initialise at the beginning of a frame. */
struct zstd_check {
    unsigned step;
    size_t n, want;    /* octets of `have` */
    uint64_t skip;     /* octets that are passed over first */
    uint64_t at;       /* how many have been looked at */
    uint64_t block;    /* where the block began */
    uint64_t literals; /* how many octets of them it has stored */
    uint32_t left;     /* of it */
    bool last, checksum, off;
    bool wrong; /* the block is not as it must be */
    struct zstd_sequences sequences;
    uint8_t have[ZSTD_BLOCK_MOST + FSE_STREAM_ROOM]; /* of what is being read */
};

/* The octets that a decoder has used, in their order. */
void zstd_check_feed(struct zstd_check *z, struct bytes b);

/* Hands out what `from` has, up to the end of the first block that is not as it must be;
 * then FAULT_VALUE, at that block. Free it with zstd_checked_free. */
struct source *zstd_checked_new(struct source *from);
void zstd_checked_free(struct source *s);

#endif
