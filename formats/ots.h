/* OpenTimestamps proofs: a path of hashes from a file's digest to a block of a public
 * chain.
 *
 * Source: python-opentimestamps (core/timestamp, core/op, core/notary), "Detached
 * timestamp file". The tree branches; each leaf is an attestation about the message at
 * its place.
 */
#ifndef FORMATS_OTS_H
#define FORMATS_OTS_H

#include "formats/base/arena.h"
#include "formats/base/digest.h"
#include "formats/base/fault.h"

enum ots_kind { OTS_PENDING, OTS_BITCOIN, OTS_OTHER };

struct ots_attestation {
    enum ots_kind kind;
    struct bytes message; /* for Bitcoin the Merkle root of the block, 32 octets */
    struct bytes address; /* of a pending one: the calendar */
    uint64_t height;      /* of a Bitcoin block */
};

bool ots_probe(struct bytes head);

/* Takes the attestations in the order of the file. */
struct ots_sink {
    void (*each)(void *context, const struct ots_attestation *a);
    void *context;
};

/* `digest` is what the proof begins with. The fault says when the file is malformed, goes
 * over a ceiling, or has bytes after its end; attestations before that were handed out.
 */
struct fault ots_read(struct bytes content, struct arena *arena,
                      const struct ots_sink *sink, struct digest *digest);

/* The 80 octets of a Bitcoin block header. */
struct block_header {
    struct bytes merkle_root;
    uint32_t time;   /* seconds since 1970, within two hours of the truth */
    bool work_holds; /* its double SHA-256 is below the target that it states */
};
struct block_header block_header_read(struct bytes octets);

#endif
