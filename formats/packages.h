/* Packages: what the databases of package managers state, in one shape for all of them.
 *
 * A reader calls `package` and then `file` for each of its files. Views are borrowed from
 * the text that is read, or from the arena that the reader is given.
 */
#ifndef FORMATS_PACKAGES_H
#define FORMATS_PACKAGES_H

#include "formats/base/arena.h"
#include "formats/base/digest.h"
#include "formats/base/fault.h"

struct package_record {
    struct bytes name, version, architecture;
    bool removed; /* the database remembers it, but its files are gone */
};

struct package_file {
    struct bytes path; /* absolute, or relative to where the database says */
    bool has_digest;
    struct digest digest;
    bool partial; /* only the first 20 octets of the digest are known */
    bool config;  /* the administrator may change it */
    bool ghost;   /* belongs to the package, but did not come with it */
    bool has_mode;
    uint32_t mode, uid, gid; /* 07777 */
};

struct package_sink {
    void *context;
    void (*package)(void *context, const struct package_record *p);
    void (*file)(void *context, const struct package_file *f); /* of the last package */
    struct faults *faults; /* offsets in the text; may be NULL */
};

#endif
