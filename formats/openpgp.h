/* OpenPGP (RFC 9580, RFC 4880): packets, and signatures of versions 3, 4 and 6. Nothing
 * is verified here: what a signature says is its maker's word until verify/ has judged
 * it.
 */
#ifndef FORMATS_OPENPGP_H
#define FORMATS_OPENPGP_H

#include "formats/base/arena.h"
#include "formats/base/digest.h"
#include "formats/base/instant.h"

/* RFC 9580, 5 and 5.2.1: those that are asked for here. */
enum openpgp_packet_type {
    OPENPGP_SIGNATURE = 2,
    OPENPGP_PUBLIC_KEY = 6,
    OPENPGP_USER_ID = 13,
    OPENPGP_PUBLIC_SUBKEY = 14,
    OPENPGP_USER_ATTRIBUTE = 17,
};
enum openpgp_signature_type {
    OPENPGP_OVER_BINARY = 0x00,
    OPENPGP_OVER_TEXT = 0x01, /* with CRLF at the ends of lines */
    OPENPGP_CERTIFIES = 0x10, /* a user ID; to 0x13 */
    OPENPGP_CERTIFIES_LAST = 0x13,
    OPENPGP_BINDS_SUBKEY = 0x18,
    OPENPGP_BINDS_PRIMARY = 0x19, /* by the subkey: it wants to be bound */
    OPENPGP_DIRECT = 0x1f,        /* over the key alone */
    OPENPGP_REVOKES_KEY = 0x20,
    OPENPGP_REVOKES_SUBKEY = 0x28,
    OPENPGP_REVOKES_CERTIFICATION = 0x30,
};
enum { OPENPGP_MAY_SIGN = 0x02 }; /* of the flags of a key: data */

struct openpgp_packet {
    unsigned type;
    struct bytes body;
};
/* Takes the next packet off `rest`. False at the end, or where no packet of a known
 * length begins: partial lengths have no place in keys and signatures. */
bool openpgp_next(struct bytes *rest, struct openpgp_packet *out);

struct openpgp_signature {
    unsigned version, type, key_algorithm, hash_algorithm;
    struct bytes fingerprint; /* of the key that made it, or nothing */
    struct bytes key_id;      /* 8 octets, or nothing */
    instant made;             /* INSTANT_NONE when it does not say */
    uint32_t lifetime;        /* seconds from `made`; 0: without end */
    uint32_t key_lifetime;    /* the same for the key that it is over, from its making */
    bool has_flags, primary_user;
    unsigned flags;        /* OPENPGP_MAY_SIGN and others */
    int reason;            /* of a revocation (RFC 9580, 5.2.3.31); -1: none is given */
    bool unknown_critical; /* says something that must be understood, and is not here */
    struct bytes embedded; /* body of a signature inside it, or nothing */
    struct bytes salt;     /* hashed before everything else; only version 6 has one */
    struct bytes hashed;   /* hashed behind what it is over, before a trailer */
    struct bytes value;    /* integers, or octets, as the key's algorithm wants them */
};
/* Views into `body`. False when it is none of version 3 to 6, or ends too early. */
bool openpgp_signature_read(struct bytes body, struct openpgp_signature *out);
/* Feeds what is hashed behind the content: the signed part of the signature itself, and
 * its trailer (5.2.4). */
void openpgp_signature_end(const struct openpgp_signature *s, struct digest_state *to);
/* False when it is of no algorithm that is computed here, or when its salt is not of the
 * length that belongs to it. */
bool openpgp_digest(const struct openpgp_signature *s, enum digest_algorithm *out);

/* Armour of a signature or a message, a clear-signed text, or a binary signature packet
 * or signed message. */
bool openpgp_probe(struct bytes head);
/* The packets of binary content, or of the armour whose header begins so
 * ("-----BEGIN PGP SIGNATURE"), wherever it stands. Nothing when it is not there. */
struct bytes openpgp_packets(struct bytes content, const char *header,
                             struct arena *arena);
/* The signature packets of content, as packets: of each armour, which may stand behind a
 * text. */
struct bytes openpgp_signatures(struct bytes content, struct arena *arena);
/* What a clear-signed text signs (RFC 9580, 7): lines without the escape of dashes and
 * without blanks at their ends, LF between them and none behind the last. Nothing where
 * content is no such text, is several, or has headers that could pass for text. A view
 * where nothing had to be taken out, else in the arena.
 */
struct bytes openpgp_clear_text(struct bytes content, struct arena *arena);

/* A message that holds what it signs, as gpg --sign makes it; compressed by ZIP or ZLIB,
 * or not. */
enum openpgp_message_kind {
    OPENPGP_NO_MESSAGE = 0,
    OPENPGP_NOT_READ, /* damaged, of another form, or compressed otherwise */
    OPENPGP_ENCRYPTED,
    OPENPGP_STORED, /* without a signature */
    OPENPGP_SIGNED,
};
struct openpgp_message {
    struct bytes content;    /* the literal data; views, or in the arena */
    struct bytes signatures; /* packets, and nothing else */
};
enum openpgp_message_kind openpgp_message_read(struct bytes content, struct arena *arena,
                                               struct openpgp_message *out);
/* Does binary content begin like a signed one? */
bool openpgp_message_probe(struct bytes head);

/* "RSA", "SHA-256", or "algorithm" where the number is not known. Static. */
const char *openpgp_key_algorithm(unsigned n);
const char *openpgp_hash_algorithm(unsigned n);

#endif
