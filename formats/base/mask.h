/* Mask: credentials found in evidence do not leave it (DESIGN, principle 9).
 *
 * A masked value reads "<kind 40 bytes #1a2b3c4d>": its kind, its length, and a short
 * keyed hash, so that equal values can be matched within one run and between runs of one
 * key, but not guessed from a dictionary without the key.
 */
#ifndef FORMATS_BASE_MASK_H
#define FORMATS_BASE_MASK_H

#include "formats/base/text.h"

/* The key of the short hash (HMAC-SHA-256), and whether to mask at all (--reveal). */
struct mask {
    uint8_t key[32];
    bool reveal;
};
/* Derived from what identifies the package, so that the same input gives the same output.
 */
struct mask mask_of(struct bytes identity, bool reveal);

/* A credential found by its form: JWT, private key block, AWS/GCP/GitHub/Slack/Stripe…
 * key, URL userinfo, "password=", Authorization header, Vault token, … */
struct credential {
    const char *kind;      /* static: "jwt", "aws-access-key", "private-key" … */
    size_t offset, length; /* of the secret value itself, in what was searched */
};
/* The first credential at or after `from`; false if there is none. */
bool credential_find(struct bytes b, size_t from, struct credential *out);
/* The same, and queries of URIs whose encoding hides a credential: then it is the whole
 * query; and credentials in UTF-16. What mask_text masks. */
bool credential_next(struct bytes b, size_t from, struct credential *out);
/* Does a key of this name (environment variable, JSON or YAML key, flag) hold a secret?
 */
bool credential_name(struct bytes name);

/* Appends `b`, raw but with every credential in it masked; the caller escapes afterwards.
 */
void mask_text(const struct mask *m, struct bytes b, struct text *t);
/* The same, escaped for a terminal. */
void mask_terminal(const struct mask *m, struct bytes b, struct text *t);
/* Appends the mask of one value that is known to be secret (or the value with reveal). */
void mask_value(const struct mask *m, const char *kind, struct bytes value,
                struct text *t);

#endif
