/* OpenPGP signatures (RFC 4880, RFC 9580): what the packet says of itself. It is not
 * verified: key, time and algorithms are the signer's own words. */
#ifndef FORMATS_OPENPGP_H
#define FORMATS_OPENPGP_H

#include "formats/base/arena.h"
#include "formats/base/instant.h"

struct openpgp_signature {
    unsigned version, type, key_algorithm, hash_algorithm;
    struct bytes fingerprint; /* of the key, or nothing */
    struct bytes key_id;      /* 8 octets, or nothing */
    instant made;             /* INSTANT_NONE when it does not say */
};

/* Armour, a clear-signed text, or a binary signature packet. */
bool openpgp_probe(struct bytes head);
/* The first signature packet; views live as long as content and arena. False when there
 * is none that can be read. */
bool openpgp_read(struct bytes content, struct arena *arena,
                  struct openpgp_signature *out);

/* What stands between the armour of a clear-signed text (RFC 9580, 7); nothing where it
 * is none. A view; lines that begin with a dash keep their escape. */
struct bytes openpgp_clear_text(struct bytes content);

/* "RSA", "SHA-256", or "algorithm" where the number is not known. Static. */
const char *openpgp_key_algorithm(unsigned n);
const char *openpgp_hash_algorithm(unsigned n);

#endif
