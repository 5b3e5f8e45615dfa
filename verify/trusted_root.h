/* Trusted root of a Sigstore instance: whose certificates, logs and time-stamps count,
 * and when. Internal to verify/.
 *
 * Source: sigstore/protobuf-specs, sigstore_trustroot.proto ("trusted_root.json"). An
 * examiner brings the file; what a bundle says about authorities is never trusted.
 */
#ifndef VERIFY_TRUSTED_ROOT_H
#define VERIFY_TRUSTED_ROOT_H

#include <openssl/x509.h>

#include "formats/base/arena.h"
#include "formats/base/instant.h"

/* Both ends count; `to` is INSTANT_NONE while it is open. */
struct validity {
    instant from, to;
};

/* A log of signatures (Rekor) or of certificates (CT). */
struct trusted_log {
    EVP_PKEY *key;
    struct bytes id;   /* as entries name it */
    struct bytes host; /* of its address: the name in its checkpoints */
    struct validity valid;
    struct trusted_log *next;
};

/* An authority for certificates (Fulcio) or for time-stamps. */
struct trusted_authority {
    STACK_OF(X509) * chain; /* the root last */
    struct validity valid;
    struct trusted_authority *next;
};

struct trusted_root {
    struct trusted_log *logs, *certificate_logs;
    struct trusted_authority *authorities, *timestamp_authorities;
};

/* Adds what the file names; NULL, or a static sentence saying what is wrong. */
const char *trusted_root_read(struct trusted_root *root, struct arena *arena,
                              struct bytes all);
void trusted_root_release(struct trusted_root *root);

bool valid_at(const struct validity *v, instant at);

#endif
