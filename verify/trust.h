/* Trust: what the examiner brought to judge seals with: certificate anchors, revocation
 * lists, public keys and allowed signers. Never anything that the package itself says.
 *
 * The files are read when they are added, before the package is opened.
 */
#ifndef VERIFY_TRUST_H
#define VERIFY_TRUST_H

#include <stdbool.h>

struct trust;

struct trust *trust_new(void);
void trust_free(struct trust *t);

/* Each returns 0, or 1 with a static or `trust`-owned sentence in *why: what is wrong
 * with the file and what was expected. */

/* PEM or DER certificates (several in one PEM file). */
int trust_add_anchors(struct trust *t, const char *path, const char **why);
/* PEM or DER certificate revocation list. */
int trust_add_crl(struct trust *t, const char *path, const char **why);
/* Public keys: OpenPGP (gpg --export), minisign, signify, OpenSSH one-line, or PEM
 * SubjectPublicKeyInfo. */
int trust_add_key(struct trust *t, const char *path, const char **why);
/* OpenSSH allowed_signers (ssh-keygen(1)). */
int trust_add_allowed_signers(struct trust *t, const char *path, const char **why);
/* A trusted_root.json of a Sigstore instance. */
int trust_add_root(struct trust *t, const char *path, const char **why);
/* Who may have signed by such an instance's certificate (an e-mail address or a URI, as
 * it stands in the certificate), and which issuer must have vouched for the name. */
int trust_add_identity(struct trust *t, const char *name, const char **why);
int trust_add_issuer(struct trust *t, const char *name, const char **why);
/* Bitcoin block headers, 80 octets each, as hex lines or raw (OpenTimestamps). */
int trust_add_block_headers(struct trust *t, const char *path, const char **why);

/* False when nothing was added: then seals are not asked to be checked. */
bool trust_given(const struct trust *t);

#endif
