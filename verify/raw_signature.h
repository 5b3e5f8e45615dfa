/* Signatures by bare public keys: the mathematics only. Internal to verify/. */
#ifndef VERIFY_RAW_SIGNATURE_H
#define VERIFY_RAW_SIGNATURE_H

#include <openssl/evp.h>

#include "formats/base/arena.h"
#include "formats/base/digest.h"
#include "formats/sshsig.h"

/* Over a message in memory, with the digest that the kind of key calls for (none for
 * Ed25519, SHA-256 for the others, SHA-384 and -512 for the longer curves). */
bool raw_signature_holds(EVP_PKEY *key, struct bytes message, struct bytes value);
/* The same when only a digest of the message is known; false for Ed25519. */
bool raw_signature_holds_digest(EVP_PKEY *key, const struct digest *digest,
                                struct bytes value);

/* The key of an SSH public key; NULL when it is malformed, weak or of another kind. New
 * reference. */
EVP_PKEY *ssh_public_key(const struct ssh_key *key);
/* Does the value of this SSH signature hold over `data` (sshsig_signed_data)? */
bool ssh_signature_holds(const struct sshsig *sig, struct bytes data);

#endif
