/* Layer: one set of changes to a root file system, in whatever dialect it was written,
 * and its application to a tree.
 *
 * Sources: OCI Image Format Specification 1.1, layer.md; the kernel's overlayfs.rst.
 */
#ifndef ANALYZE_LAYER_LAYER_H
#define ANALYZE_LAYER_LAYER_H

#include "analyze/layer/tree.h"
#include "formats/layer.h"

/* How a layer writes what is not a file: decided once for each layer, never mixed. */
enum dialect {
    DIALECT_PLAIN = 0, /* no mark of any kind was seen in it */
    DIALECT_OCI,       /* ".wh." names */
    DIALECT_OVERLAY,   /* devices 0/0 and overlay attributes: an upper folder as it was */
    DIALECT_LISTED,    /* deletions are in a list beside it (podman, CRI-O) */
    DIALECT_WHOLE,     /* a whole root (docker export): what is not there is deleted */
    DIALECT_MOUNT,     /* a file system mounted over the root: nothing in it is a mark */
    DIALECT_NAMES, /* names alone, of what was added, changed, deleted (docker diff) */
};
const char *dialect_name(enum dialect d);

/* What applying a layer met that a reader of the diff must know. */
#define LAYER_ODDITIES(ODDITY)                                                           \
    ODDITY(WHITEOUT_OF_NOTHING, "whiteout-of-nothing")                                   \
    ODDITY(WHITEOUT_INVALID, "whiteout-invalid")                                         \
    ODDITY(WHITEOUT_WITH_DATA, "whiteout-with-data")                                     \
    ODDITY(WHITEOUT_NAME, "whiteout-name-in-upper-folder")                               \
    ODDITY(WHITEOUT_UNDER_LINK, "whiteout-under-link")                                   \
    ODDITY(LINK_TO_NOTHING, "hard-link-to-nothing")                                      \
    ODDITY(REDIRECT_TO_NOTHING, "redirect-to-nothing")                                   \
    ODDITY(DATA_MISSING, "metacopy-without-data")                                        \
    ODDITY(DUPLICATE, "duplicate-entry")                                                 \
    ODDITY(UNSAFE_PATH, "unsafe-path")                                                   \
    ODDITY(LONG_PATH, "path-too-long")                                                   \
    ODDITY(MALFORMED_MARK, "malformed-overlay-attribute")                                \
    ODDITY(GVISOR_STORE, "gvisor-filestore")

enum oddity_kind {
#define ODDITY(id, name) ODDITY_##id,
    LAYER_ODDITIES(ODDITY)
#undef ODDITY
        ODDITY_COUNT
};
const char *oddity_name(enum oddity_kind k);

struct oddity {
    enum oddity_kind kind;
    const struct item *item;
};
struct oddities {
    struct oddity *v;
    size_t n, capacity;
};

struct layer {
    /* The archive or directory whose members are the entries, and the folder of it in
     * which they lie ("case/upper", or nothing). */
    const struct item *container;
    struct bytes prefix;
    const struct item *deleted; /* deleted.files of podman and CRI-O, or NULL */
    const struct item *listing; /* what docker diff printed: then nothing else, or NULL */
    enum dialect dialect;
    uint16_t number;    /* of the layer in the tree, from 1 */
    uint32_t top;       /* the node that is its root: TREE_ROOT unless it was mounted */
    bool has_xattrs;    /* some entry has attributes: they were recorded */
    bool whole_seconds; /* no entry has a fraction of a second */
    size_t entries;
    size_t overridden; /* have owner and mode from user.containers.override_stat */
    struct oddities oddities;
};

/* Looks through the entries: dialect and what the format kept. `hint` is used where the
 * layer shows no mark. */
void layer_examine(struct layer *l, enum dialect hint);
/* Without a base: puts into the state after what the layer says that lower layers had,
 * because it deletes or changes it. Only the names are known (state.claimed). */
void layer_presume_lower(struct layer *l, struct tree *t);
/* Changes the state after of `t`. */
void layer_apply(struct layer *l, struct tree *t);
/* The same for a file system that was mounted at a path. `skip` tells of entries, with
 * their paths in it, that are not to be looked at. */
struct mount_point {
    struct bytes path; /* lives as long as the tree */
    bool (*skip)(void *context, const struct item *entry, struct bytes path);
    void *context;
};
void layer_apply_at(struct layer *l, struct tree *t, const struct mount_point *at);
void layer_release(struct layer *l);

/* What was wrong with the archive that holds the layer, or with its compression: a cut
 * layer tells only a part, and bytes behind the archive's end are seen by no reader of it
 * although its digest covers them. FAULT_NONE when nothing was. */
struct fault layer_fault(const struct layer *l);

/* The path of a member without the layer's prefix, raw; false when it is no entry of the
 * layer. */
bool layer_member_path(const struct layer *l, const struct item *member,
                       struct bytes *path);

/* The container that holds the members of `item`: itself, or what its compressed streams
 * hold. NULL when it contains nothing. */
const struct item *layer_container(const struct item *item);

/* Where a root file system lies: an archive, a folder of it, a folder of a package. */
struct root_place {
    const struct item *container; /* NULL when the item contains nothing */
    struct bytes prefix;          /* folder in it, without a slash at its end */
};
struct root_place root_place_of(const struct item *item);
/* What lies inside the root file system that `root` itself is, is that one's own: a
 * container may hold images and layers as files. */
bool root_place_is_own(const struct item *root, const struct item *item);

#endif
