/* What the files of packages.h share. */
#ifndef ANALYZE_LAYER_PACKAGES_PRIVATE_H
#define ANALYZE_LAYER_PACKAGES_PRIVATE_H

#include "analyze/layer/packages.h"
#include "formats/base/intern.h"

enum database_kind {
    DATABASE_NONE = 0,
    DATABASE_DPKG_DIVERSIONS,
    DATABASE_DPKG_STATUS,
    DATABASE_DPKG_MD5SUMS,
    DATABASE_DPKG_LIST,
    DATABASE_APK,
    DATABASE_RPM,
    DATABASE_RPM_LOG,
    DATABASE_RPM_UNREAD,
    DATABASE_PYTHON_METADATA,
    DATABASE_PYTHON_RECORD,
    DATABASE_NPM,
};

/* One file of a database in a state. */
struct database {
    enum database_kind kind;
    uint32_t node;
    const struct item *item; /* with the bytes */
    struct bytes path, content;
    bool read, unasked;
};

struct databases {
    struct database *v; /* by kind, then path: diversions, statuses, lists */
    size_t n, capacity;
};

/* What a path is to a package manager. */
enum database_kind database_kind_of(struct bytes path);
/* All of a state, with their contents, which live as long as `arena` or their package. 0
 * or < 0. */
int databases_find(const struct packages_source *from, struct arena *arena,
                   struct databases *out);

/* While a state's databases are read. */
struct collecting {
    const struct packages_source *from;
    struct packages *out;
    size_t capacity, owned_capacity;
    struct intern *keys; /* "system NUL name NUL architecture" */
    uint32_t *by_key;    /* the package of each key */
    size_t by_key_capacity;
    uint32_t current; /* the package that files are claimed for */
    const struct database *database;
    struct bytes folder;      /* what relative paths begin with */
    struct bytes last_folder; /* of the last claim, and where it leads */
    uint32_t last_node;
    struct dpkg_diversion *diversions;
    size_t diversion_count, diversion_capacity;
};

/* The package of that name, made when there is none. Becomes the current one. */
void collect_package(struct collecting *c, enum package_system system,
                     const struct package_record *p);
void collect_file(struct collecting *c, const struct package_file *f);
void collect_node(struct collecting *c, uint32_t node, const struct package_file *f);
/* Sorts what was collected so far, so that packages_owner answers. */
void collect_settle(struct collecting *c);

/* Reads one file of a database. */
void collect_database(struct collecting *c, const struct databases *all,
                      const struct database *d);

static inline struct state state_in(const struct packages_source *from, uint32_t node)
{
    return from->after ? tree_after(from->tree, node) : tree_before(from->tree, node);
}

#endif
