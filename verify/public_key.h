/* OpenSSL's keys from the integers and points that formats without DER write. Internal to
 * verify/. Each is a new reference, or NULL where OpenSSL refuses it. */
#ifndef VERIFY_PUBLIC_KEY_H
#define VERIFY_PUBLIC_KEY_H

#include <openssl/evp.h>

#include "formats/base/bytes.h"

/* Integers in big-endian octets. */
EVP_PKEY *rsa_public_key(struct bytes modulus, struct bytes exponent);
EVP_PKEY *dsa_public_key(struct bytes p, struct bytes q, struct bytes g, struct bytes y);
/* `group`: as OpenSSL names it, "P-256". The point: SEC 1, 2.3.3. */
EVP_PKEY *ec_public_key(const char *group, struct bytes point);

/* A signature of ECDSA or DSA, r and s, in DER as OpenSSL wants it. `out` has room for
 * its SIGNATURE_DER octets; nothing when the integers are too large. */
enum { SIGNATURE_DER = 160 };
struct bytes signature_der(struct bytes r, struct bytes s, uint8_t out[SIGNATURE_DER]);

#endif
