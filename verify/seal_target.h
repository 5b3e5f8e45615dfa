/* What a detached seal is over: told by its name, else by the digest in it. Internal. */
#ifndef VERIFY_SEAL_TARGET_H
#define VERIFY_SEAL_TARGET_H

#include "verify/check.h"

/* The file beside the seal whose name the seal's name begins with ("m.sha256.p7s" is over
 * "m.sha256"), or NULL. When there is one, the seal is judged over it and nothing else: a
 * seal that was put beside a file speaks of that file. */
const struct item *seal_target_by_name(const struct check *c, const struct item *seal);

/* The package-level file with this digest, manifests first, or NULL. When it is not a
 * SHA-256 and no manifest or seal has it, the package is read once more. */
const struct item *seal_target_by_digest(struct check *c, const struct digest *d);

/* The same with any of many of one algorithm. */
struct digests {
    enum digest_algorithm algorithm;
    struct bytes *v; /* octets, as many each as the algorithm gives */
    size_t n;
};
const struct item *seal_target_by_digests(struct check *c, const struct digests *want);

#endif
