/* The bytes that a signature speaks of: an item of the package, or some that another
 * structure holds. Internal to verify/. */
#ifndef VERIFY_SIGNED_BYTES_H
#define VERIFY_SIGNED_BYTES_H

#include "verify/check.h"

struct signed_bytes {
    const struct package *package;
    const struct item *item; /* or NULL: `raw` */
    struct bytes raw;
};

/* False when they cannot be read. */
bool signed_bytes_digest(const struct signed_bytes *s, enum digest_algorithm algorithm,
                         struct digest *out);
/* Feeds them to digests, as they are or as text with CRLF at the ends of lines: what
 * S/MIME (RFC 8551, 3.1.1) and OpenPGP's signatures over text want. False when they
 * cannot be read. */
bool signed_bytes_feed(const struct signed_bytes *s, bool as_text,
                       struct digest_state *to);

#endif
