/* Public keys of OpenPGP (RFC 9580, 5.5 and 10.1): a certificate is a primary key, then
 * user IDs and subkeys, each followed by the signatures that bind it. What is bound, and
 * by signatures that hold, is verify/'s question.
 */
#ifndef FORMATS_OPENPGP_KEY_H
#define FORMATS_OPENPGP_KEY_H

#include "formats/openpgp.h"

struct openpgp_key {
    unsigned version; /* 4 or 6 */
    unsigned algorithm;
    instant made;
    struct bytes body;         /* of the packet */
    struct bytes material;     /* what the algorithm wants */
    struct digest fingerprint; /* SHA-1 of version 4, SHA-256 of version 6 */
};
/* Views into `body`. False for version 3, whose fingerprints are of MD5, and for what
 * ends too early. */
bool openpgp_key_read(struct bytes body, struct openpgp_key *out);
/* Does the signature say that this key made it? By its fingerprint, else by its key id.
 * Keys of version 6 make signatures of version 6 only, and nobody else makes those. */
bool openpgp_key_is_of(const struct openpgp_key *k, const struct openpgp_signature *s);
/* Feeds what is hashed of a key, or of a user ID or attribute, that a signature is over
 * (5.2.4). */
void openpgp_key_feed(const struct openpgp_key *k, struct digest_state *to);
void openpgp_user_feed(const struct openpgp_packet *user, struct digest_state *to);
/* "0123…CDEF", as gpg prints it, and a NUL: 40 or 64 digits. Returns out. */
const char *openpgp_fingerprint(const struct openpgp_key *k, char out[static 65]);

/* A multiprecision integer (3.2), or a curve's object identifier (9.2), taken off the
 * front; nothing when it is not there. */
struct bytes openpgp_take_number(struct bytes *rest);
struct bytes openpgp_take_curve(struct bytes *rest);

/* The next certificate of packets: up to the next primary key. What stands before the
 * first is passed over. False when there is none. */
bool openpgp_next_certificate(struct bytes *packets, struct bytes *out);

#endif
