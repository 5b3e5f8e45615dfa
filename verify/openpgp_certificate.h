/* An OpenPGP certificate that the examiner gave: which of its keys made a signature, and
 * from when until when that key counts. Every binding is a signature of the primary key,
 * and is verified. Internal to verify/.
 *
 * What binds a key (its end, what it may do) is its newest self-signature, whenever that
 * was made, as gpg has it: owners move the end of a key by making another.
 */
#ifndef VERIFY_OPENPGP_CERTIFICATE_H
#define VERIFY_OPENPGP_CERTIFICATE_H

#include <openssl/evp.h>

#include "formats/openpgp_key.h"

struct openpgp_signer {
    struct openpgp_key primary, key; /* the same, or one of its subkeys */
    struct bytes user;   /* a user ID that is bound, not revoked; or nothing */
    const char *refusal; /* why it does not count at all (static), or NULL */
    instant until;       /* its end, or INSTANT_NONE */
    instant revoked; /* from when; signatures that are older count. INSTANT_NONE: never */
};

/* False when no key of the certificate is the one that the signature names. Views into
 * `certificate` (openpgp_next_certificate). */
bool openpgp_signer_of(struct bytes certificate, const struct openpgp_signature *s,
                       struct openpgp_signer *out);
/* The refusal of keys that were never to be trusted, whatever the time. */
extern const char openpgp_compromised[];
/* What is wrong with a certificate that shall be trusted (static), or NULL. */
const char *openpgp_certificate_refusal(struct bytes certificate,
                                        struct openpgp_key *primary);

/* OpenSSL's form of it; NULL for keys of an algorithm that is not known, malformed or
 * weak. New reference. */
EVP_PKEY *openpgp_public_key(const struct openpgp_key *k);
/* Does the signature's value hold over this digest, with this key? */
bool openpgp_value_holds(const struct openpgp_key *k, const struct openpgp_signature *s,
                         const struct digest *digest);

#endif
