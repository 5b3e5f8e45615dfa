/* Stored object: is the object of which a captured answer speaks the file at hand? Every
 * checksum that the answer records is compared with the file's bytes. Internal. */
#ifndef VERIFY_STORED_OBJECT_H
#define VERIFY_STORED_OBJECT_H

#include "formats/retention.h"
#include "verify/check.h"

struct stored_comparison {
    bool differs;     /* something that it records is not so of the file */
    unsigned agreed;  /* checksums that hold */
    unsigned skipped; /* checksums that cannot be recomputed (opaque ETags, …) */
    const char *what; /* the first that differs, or "" */
};

/* `file` is read once more when a checksum needs more than its SHA-256. */
struct stored_comparison stored_object_compare(struct check *c,
                                               const struct retention_statement *s,
                                               const struct item *file);

/* Its ETag is the MD5 of the file: the store of this object keeps MD5s there. */
bool stored_object_etag_is_md5(struct check *c, const struct retention_statement *s,
                               const struct item *file);

#endif
