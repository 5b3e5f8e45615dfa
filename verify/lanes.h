/* Lanes: many streams hashed beside each other on one worker (sha256_many.h,
 * sha512_many.h). Where one ends the next one takes its lane.
 */
#ifndef VERIFY_LANES_H
#define VERIFY_LANES_H

#include "formats/base/sha256_many.h"
#include "formats/base/sha512_many.h"
#include "formats/base/source.h"

struct lane {
    struct source *from; /* to be hashed to its end */

    /* The result. Faults of the source are in from->fault. */
    uint64_t size;
    uint8_t digest[64]; /* as many octets as the algorithm has */

    union {
        struct sha256_stream sha256;
        struct sha512_stream sha512;
    } stream;
    struct bytes view;          /* of the current block, not yet compressed */
    uint8_t part[SHA512_BLOCK]; /* of a block of the algorithm that two blocks of `from`
                                   share */
    size_t part_n;
};

/* Where lanes come from, and where they go. */
struct lane_supply {
    void *context;
    /* One more, with `from` set and the rest zero; or NULL. Asked whenever there is room,
     * also after NULL, as long as `active` others go on. */
    struct lane *(*next)(void *context, size_t active);
    /* Its digest is there. */
    void (*done)(void *context, struct lane *lane);
};

/* SHA-256, SHA-512, SHA-384 or SHA-512/256. */
bool lanes_know(enum digest_algorithm algorithm);
/* 0, or < 0 on our own failure: then those that are not done stay as they are. */
int lanes_hash(const struct lane_supply *supply, enum digest_algorithm algorithm);

#endif
