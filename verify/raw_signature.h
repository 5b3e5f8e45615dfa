/* Signatures by bare public keys: the mathematics only. Internal to verify/. */
#ifndef VERIFY_RAW_SIGNATURE_H
#define VERIFY_RAW_SIGNATURE_H

#include <openssl/evp.h>

#include "formats/base/arena.h"
#include "formats/base/digest.h"
#include "formats/sshsig.h"

/* Over a message in memory, with SHA-256, -384 or -512 (Ed25519 and Ed448 bring their own
 * digest); of RSA, with the padding of PKCS #1 v1.5 or PSS. RSA keys under 2048 bits hold
 * nothing. */
bool raw_signature_holds(EVP_PKEY *key, struct bytes message, struct bytes value);
/* False for keys of RSA and DSA that can be broken, or whose lengths nobody uses. */
bool raw_signature_key_strong(const EVP_PKEY *key);
/* Ed25519 and Ed448 sign the message itself; the others a digest of it. */
bool raw_signature_needs_message(const EVP_PKEY *key);
/* The same when only a digest of the message is known; false where that is not enough. */
bool raw_signature_holds_digest(EVP_PKEY *key, const struct digest *digest,
                                struct bytes value);

/* The same where the format knows no other padding than PKCS #1 v1.5. */
bool raw_signature_holds_pkcs1(EVP_PKEY *key, const struct digest *digest,
                               struct bytes value);

/* The key of an SSH public key; NULL when it is malformed, weak or of another kind. New
 * reference. */
EVP_PKEY *ssh_public_key(const struct ssh_key *key);
/* Does the value of this SSH signature hold over `data` (sshsig_signed_data)? */
bool ssh_signature_holds(const struct sshsig *sig, struct bytes data);

#endif
