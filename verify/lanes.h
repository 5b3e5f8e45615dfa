/* Lanes: many files hashed beside each other on one worker (sha256_many.h). */
#ifndef VERIFY_LANES_H
#define VERIFY_LANES_H

#include "formats/base/sha256_many.h"
#include "formats/base/source.h"

struct lane {
    struct source *from; /* to be hashed to its end; not closed */

    /* The result. Faults of the source are in from->fault. */
    uint64_t size;
    uint8_t sha256[32];

    struct sha256_stream stream;
    struct bytes view;          /* of the current block, not yet compressed */
    uint8_t part[SHA256_BLOCK]; /* of a SHA-256 block that two blocks of `from` share */
    size_t part_n;
};

/* Hashes all `n`; `from` is set, the rest zero. 0, or < 0 on our own failure. */
int lanes_hash(struct lane *lanes, size_t n);

#endif
