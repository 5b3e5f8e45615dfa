/* Packages: what the databases of package managers in a root say of its files, in the
 * state before and in the state after.
 *
 * dpkg (also the single stanzas of distroless images, and opkg), apk, rpm (SQLite form),
 * Python distributions, npm. Which files they are follows from places alone, so that the
 * walk can keep them as they pass.
 */
#ifndef ANALYZE_LAYER_PACKAGES_H
#define ANALYZE_LAYER_PACKAGES_H

#include "analyze/layer/tree.h"
#include "formats/packages.h"
#include "verify/package.h"

enum package_system {
    PACKAGES_DPKG,
    PACKAGES_APK,
    PACKAGES_RPM,
    PACKAGES_PYTHON,
    PACKAGES_NPM,
    PACKAGE_SYSTEMS
};
const char *package_system_name(enum package_system s);

struct installed {
    enum package_system system;
    struct bytes name, version, architecture;
    const struct item *source; /* the file that says so */
    uint32_t files;            /* that it claims */
};

/* One claim on one path. */
struct owned {
    uint32_t node, package;
    enum digest_algorithm algorithm : 8;
    uint8_t known; /* octets of the digest that are stated; 0: none */
    bool config;   /* the administrator may change it */
    bool ghost;    /* did not come with the package */
    uint8_t octets[32];
};

/* What one state's databases say. */
struct packages {
    struct installed *v; /* by system, name, architecture, version */
    size_t n;
    struct owned *owned; /* by node; the first claim on a node counts */
    size_t owned_count;
    size_t nowhere; /* files with a digest that are claimed and not there */
    size_t unasked; /* databases that were not read because that is not in the budget */
    const struct item *unread[4]; /* databases of a form that is not read, or damaged */
    size_t unread_count;
    struct arena arena;
};

struct packages_source {
    const struct tree *tree;
    bool after; /* which state */
    const struct package
        *opened[2];  /* that the items belong to; the second may be NULL */
    uint64_t budget; /* bytes that may be read again for what the walk did not keep */
};

/* 0 or < 0. */
int packages_read(const struct packages_source *from, struct packages *out);
void packages_release(struct packages *p);

/* The claim on a path, or NULL. */
const struct owned *packages_owner(const struct packages *p, uint32_t node);
/* Is `d` what the claim says? False when it says nothing. */
bool owned_holds(const struct owned *o, const struct digest *d);

#endif
