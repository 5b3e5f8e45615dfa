/* Transparency logs: Merkle inclusion proofs and signed checkpoints.
 *
 * Sources: RFC 9162 sections 2.1.1 to 2.1.3 (the hashes are those of RFC 6962); C2SP
 * signed-note and tlog-checkpoint. Whose signature counts is not decided here.
 */
#ifndef FORMATS_TRANSPARENCY_H
#define FORMATS_TRANSPARENCY_H

#include "formats/base/arena.h"

#define MERKLE_HASH 32
/* A proof has one hash for each level at most; sizes are 64-bit numbers. */
#define MERKLE_LEVELS 64

struct inclusion_proof {
    uint64_t index, size; /* of the leaf, and of the tree: index < size */
    struct bytes hashes[MERKLE_LEVELS];
    size_t count;
};

void merkle_leaf(struct bytes entry, uint8_t out[MERKLE_HASH]);
/* The root that the proof leads to from this leaf. False when the proof is too short, too
 * long, or has a hash of another length. */
bool merkle_root(const struct inclusion_proof *proof, const uint8_t leaf[MERKLE_HASH],
                 uint8_t out[MERKLE_HASH]);

/* A text and the lines of signatures under it. */
struct signed_note {
    struct bytes text;       /* what is signed: ends with the newline */
    struct bytes signatures; /* for signed_note_next */
};
/* False when there is no blank line or what follows it is not signatures. */
bool signed_note_read(struct bytes note, struct signed_note *out);

struct note_signature {
    struct bytes name;  /* of the key */
    struct bytes hint;  /* 4 octets of the key's id */
    struct bytes value; /* what comes after them */
};
/* Takes the next line off *signatures; false at the end or when it is malformed. */
bool signed_note_next(struct bytes *signatures, struct arena *arena,
                      struct note_signature *out);

/* The state of a log, from the text of a note. */
struct checkpoint {
    struct bytes origin;
    uint64_t size;
    uint8_t root[MERKLE_HASH];
};
bool checkpoint_read(struct bytes text, struct arena *arena, struct checkpoint *out);

#endif
