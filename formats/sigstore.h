/* Sigstore bundles: a signature with the material to verify it, and entries of the public
 * log (Rekor).
 *
 * Sources: sigstore/protobuf-specs, sigstore_bundle.proto, versions 0.1 to 0.3; the
 * entry types of sigstore/rekor (hashedrekord, dsse, intoto). Numbers of 64 bits are JSON
 * strings there; octets are base64. What cosign wrote before (sign-blob --bundle:
 * "base64Signature", "cert", "rekorBundle") is read as version 0.1.
 */
#ifndef FORMATS_SIGSTORE_H
#define FORMATS_SIGSTORE_H

#include "formats/base/digest.h"
#include "formats/base/fault.h"
#include "formats/dsse.h"
#include "formats/transparency.h"

/* More than any client writes: a chain has three certificates, a bundle one entry. */
#define SIGSTORE_CERTIFICATES 8
#define SIGSTORE_ENTRIES      8
#define SIGSTORE_TOKENS       8

/* A number that JSON holds as a string, as protocol buffers write it, or as a number;
 * false when it is neither or negative. */
bool sigstore_number(const json_t *value, uint64_t *out);
/* Base64 of either alphabet; false when the value is no such string. */
bool sigstore_octets(const json_t *value, struct arena *arena, struct bytes *out);

struct sigstore_entry {
    struct bytes log_id;  /* SHA-256 of the log's key, or what its checkpoint says */
    uint64_t index;       /* in the whole log, which may have several trees */
    uint64_t integrated;  /* seconds since 1970; 0: the log states no time */
    struct bytes promise; /* signedEntryTimestamp, or empty */
    struct bytes body;    /* canonicalizedBody: rekor_entry_read */
    struct inclusion_proof proof; /* size 0: there is none */
    struct bytes root;            /* that the proof states */
    struct bytes checkpoint;      /* a signed note */
};

struct sigstore_bundle {
    unsigned version; /* 1, 2 or 3: of 0.1, 0.2, 0.3 */
    bool by_key;      /* signed by a key that is known otherwise */
    struct bytes certificates[SIGSTORE_CERTIFICATES]; /* DER, the signer's first */
    size_t certificate_count;
    struct sigstore_entry entries[SIGSTORE_ENTRIES];
    size_t entry_count;
    struct bytes tokens[SIGSTORE_TOKENS]; /* RFC 3161, over the signature's octets */
    size_t token_count;
    struct bytes signature;
    bool enveloped; /* over `envelope`, else over the file */
    struct dsse envelope;
    bool has_digest; /* what the file is said to be, which nobody signed */
    struct digest digest;
};

bool sigstore_probe(struct bytes head);
/* False, with the fault, when the text is no bundle, of a version that is not known, or
 * lacks something that its version requires. Views live as long as the arena. */
bool sigstore_read(struct bytes content, struct arena *arena, struct sigstore_bundle *out,
                   struct fault *fault);

/* What an entry of the log says was signed, and by whom. */
struct rekor_entry {
    bool has_digest; /* hashedrekord: of the file, or of what an envelope signs */
    struct digest digest;
    bool has_payload; /* dsse, intoto: of the envelope's payload */
    struct digest payload;
    struct bytes signatures[DSSE_SIGNATURES];
    struct bytes verifiers[DSSE_SIGNATURES]; /* PEM or DER, of certificate or key */
    size_t count;
};
/* False when the body is of no kind that is known here. */
bool rekor_entry_read(struct bytes body, struct arena *arena, struct rekor_entry *out);

#endif
