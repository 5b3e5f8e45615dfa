/* Digests: the algorithms that manifests and seals name, computed by OpenSSL's EVP.
 *
 * One struct computes any set of algorithms over the same bytes in one pass.
 */
#ifndef FORMATS_BASE_DIGEST_H
#define FORMATS_BASE_DIGEST_H

#include "formats/base/bytes.h"

enum digest_algorithm {
    DIGEST_SHA256, /* the one that every item gets */
    DIGEST_SHA512,
    DIGEST_SHA384,
    DIGEST_SHA224,
    DIGEST_SHA1,
    DIGEST_MD5,
    DIGEST_BLAKE2B,
    DIGEST_SHA3_256,
    DIGEST_SHA3_384,
    DIGEST_SHA3_512,
    DIGEST_SHA512_256,
    DIGEST_COUNT
};

#define DIGEST_MAX 64 /* octets of the longest */

/* A set of algorithms, one bit each. */
typedef uint32_t digest_set;
#define DIGEST_BIT(algorithm) ((digest_set)1 << (algorithm))

struct digest {
    enum digest_algorithm algorithm;
    uint8_t octets[DIGEST_MAX]; /* the first digest_size() of them */
};

struct digest_info {
    const char *name; /* as in outputs: "sha256" */
    const char *tag;  /* as in BSD lines: "SHA256" */
    const char *evp;  /* OpenSSL's name */
    size_t size;      /* octets */
    bool weak;        /* collisions are practical: cannot carry a verdict alone */
};

const struct digest_info *digest_info(enum digest_algorithm algorithm);
/* Octets. */
size_t digest_size(enum digest_algorithm algorithm);
/* By `name` or `tag`, ASCII case and '-' ignored ("SHA-256", "sha2-256"); false if
 * unknown. */
bool digest_by_name(struct bytes name, enum digest_algorithm *out);

/* Streaming. digest_state_new never returns NULL; freed by digest_state_free. */
struct digest_state;
struct digest_state *digest_state_new(digest_set set);
void digest_state_update(struct digest_state *s, struct bytes block);
/* The result for each algorithm in the set, once, after the last update. */
void digest_state_final(struct digest_state *s);
/* NULL if `algorithm` was not in the set. Borrowed from s. */
const struct digest *digest_state_result(const struct digest_state *s,
                                         enum digest_algorithm algorithm);
/* One that has ended (or NULL), with this result as well; takes the place of `s`. */
struct digest_state *digest_state_with(struct digest_state *s,
                                       const struct digest *result);
void digest_state_free(struct digest_state *s);

/* One shot. */
struct digest digest_bytes(enum digest_algorithm algorithm, struct bytes all);
bool digest_eq(const struct digest *a, const struct digest *b);
/* Lower-case hex and a NUL; `out` has room for 2*DIGEST_MAX+1. Returns out. */
const char *digest_hex(const struct digest *d, char *out);

#endif
