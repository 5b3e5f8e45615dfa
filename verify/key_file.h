/* Public keys and allowed signers, from the files that their tools write. Internal. */
#ifndef VERIFY_KEY_FILE_H
#define VERIFY_KEY_FILE_H

#include "verify/trust_store.h"

/* Adds the key(s) in `all`; NULL, or a static sentence saying what is wrong. */
const char *key_file_read(struct trust *t, struct bytes all, const char *path);
/* Adds the lines of an allowed_signers file; *line is where it went wrong. */
const char *allowed_signers_read(struct trust *t, struct bytes all, uint64_t *line);
/* Raw 80-octet headers, or hex lines. */
bool block_headers_read(struct arena *arena, struct bytes all, struct bytes *out);

/* An Ed25519 public key that is a point of small order, or not in canonical form: with
 * one of the former any message has a valid signature, and OpenSSL takes both. */
bool ed25519_key_weak(const uint8_t key[32]);
/* NULL when the key is weak or OpenSSL refuses it. New reference. */
EVP_PKEY *ed25519_key(struct bytes octets);

#endif
