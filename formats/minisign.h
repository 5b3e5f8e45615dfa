/* minisign and signify: Ed25519 signatures and keys in two or four lines of text.
 *
 * Sources: minisign's documentation ("Signature format", "Public key format"); OpenBSD
 * signify(1). Both write an untrusted comment and one line of base64 (algorithm, key id,
 * value); minisign adds a trusted comment and a second signature that covers it; signify
 * -e puts the signed message after the signature.
 */
#ifndef FORMATS_MINISIGN_H
#define FORMATS_MINISIGN_H

#include "formats/base/arena.h"
#include "formats/base/fault.h"

struct minisign_signature {
    bool prehashed;   /* "ED": over BLAKE2b-512 of the message; else over the message */
    bool has_trusted; /* minisign; signify has neither comment nor global signature */
    bool has_message; /* signify -e */
    struct bytes key_id;  /* 8 octets */
    struct bytes value;   /* 64 octets */
    struct bytes global;  /* 64 octets, over value and trusted comment */
    struct bytes trusted; /* comment, without its prefix */
    struct bytes message; /* embedded */
};

struct minisign_key {
    struct bytes key_id; /* 8 octets */
    struct bytes octets; /* 32 */
};

/* "untrusted comment:" begins both. */
bool minisign_probe(struct bytes head);
/* False, with the fault, when the text is not such a signature or key. Views live as long
 * as content and arena. */
bool minisign_read_signature(struct bytes content, struct arena *arena,
                             struct minisign_signature *out, struct fault *fault);
bool minisign_read_key(struct bytes content, struct arena *arena,
                       struct minisign_key *out, struct fault *fault);

#endif
