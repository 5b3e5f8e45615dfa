/* SSHSIG: signatures of `ssh-keygen -Y sign`, and OpenSSH public keys.
 *
 * Source: OpenSSH's PROTOCOL.sshsig; RFC 4253 section 6.6, RFC 8709 (Ed25519), RFC 5656
 * (ECDSA), RFC 8332 (RSA with SHA-2) and PROTOCOL.u2f for the encodings inside.
 */
#ifndef FORMATS_SSHSIG_H
#define FORMATS_SSHSIG_H

#include "formats/base/arena.h"
#include "formats/base/digest.h"
#include "formats/base/fault.h"

struct sshsig {
    struct bytes key;                 /* public key in wire form */
    struct bytes signature_namespace; /* "file", "git", … never empty */
    struct bytes reserved;
    struct bytes hash_name;
    enum digest_algorithm hash; /* SHA-256 or SHA-512 */
    struct bytes algorithm;     /* "ssh-ed25519", "rsa-sha2-512", … */
    struct bytes value;         /* what the algorithm made */
    struct bytes tail;          /* sk- keys: flags and counter */
};

/* A public key, taken out of its wire form. */
struct ssh_key {
    struct bytes type;
    struct bytes ed25519;           /* 32 octets */
    struct bytes curve, point;      /* ECDSA: "nistp256", uncompressed point */
    struct bytes exponent, modulus; /* RSA, big-endian, without leading zero */
    struct bytes application;       /* sk- keys */
};

bool sshsig_probe(struct bytes head);
/* Armour off, all fields, nothing left over. Views live as long as the arena. */
bool sshsig_read(struct bytes content, struct arena *arena, struct sshsig *out,
                 struct fault *fault);
/* The octets that are signed when the message has this digest (of `sig->hash`). */
struct bytes sshsig_signed_data(const struct sshsig *sig, struct bytes message_digest,
                                struct arena *arena);

/* Wire form to fields; false when it is malformed or of a type that is not known. */
bool ssh_key_read(struct bytes blob, struct ssh_key *out);
/* "ssh-ed25519 AAAA… comment": the blob and the comment. */
bool ssh_key_line(struct bytes line, struct arena *arena, struct bytes *blob,
                  struct bytes *comment);

#endif
