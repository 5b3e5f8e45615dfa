/* Item: one thing in a package, at any depth: a file, a member of an archive, the content
 * of a compressed file. Items form a tree; a package has one, and its items live as long
 * as the package.
 *
 * Path of an item: the names from the package root, "//" between a container and what is
 * in it: "checkpoint.tar.zst//checkpoint/core-1.img" (the tar between the two is not said
 * again; it is itself "checkpoint.tar.zst//checkpoint.tar"). "//" cannot occur inside a
 * name, because empty path components are removed. Offsets always count the item's own
 * bytes, after all decompression.
 */
#ifndef VERIFY_ITEM_H
#define VERIFY_ITEM_H

#include "formats/archive.h"
#include "formats/base/digest.h"
#include "formats/base/fault.h"
#include "formats/base/instant.h"
#include "formats/base/text.h"
#include "verify/verdict.h"

/* ROLE(ID, "name") */
#define ROLES(ROLE)                                                                      \
    ROLE(UNKNOWN, "unknown")                                                             \
    ROLE(POD_MANIFEST, "pod-manifest")                                                   \
    ROLE(NETWORK_POLICY, "network-policy")                                               \
    ROLE(KUBERNETES_OBJECTS, "kubernetes-objects")                                       \
    ROLE(KUBERNETES_EVENTS, "kubernetes-events")                                         \
    ROLE(POD_DESCRIBE, "pod-describe")                                                   \
    ROLE(AUDIT_LOG, "audit-log")                                                         \
    ROLE(FALCO_ALERTS, "falco-alerts")                                                   \
    ROLE(CONTAINER_LOG, "container-log")                                                 \
    ROLE(RUNTIME_LOG, "runtime-log")                                                     \
    ROLE(CLOUD_LOG, "cloud-log")                                                         \
    ROLE(FOREIGN_LOG, "unread-log")                                                      \
    ROLE(CRIU_CHECKPOINT, "criu-checkpoint")                                             \
    ROLE(WRITABLE_LAYER, "writable-layer")                                               \
    ROLE(BASE_IMAGE, "base-image")                                                       \
    ROLE(WRITTEN_TIMELINE, "written-timeline")                                           \
    ROLE(MANIFEST, "manifest")                                                           \
    ROLE(SIGNATURE, "signature")                                                         \
    ROLE(TIMESTAMP, "timestamp")                                                         \
    ROLE(RETENTION, "retention")                                                         \
    ROLE(CUSTODY, "custody")                                                             \
    ROLE(CRIU_IMAGE, "criu-image")                                                       \
    ROLE(CHECKPOINT_METADATA, "checkpoint-metadata")                                     \
    ROLE(IMAGE_METADATA, "image-metadata")

enum role {
#define ROLE(id, name) ROLE_##id,
    ROLES(ROLE)
#undef ROLE
        ROLE_COUNT
};
const char *role_name(enum role r);
bool role_by_name(struct bytes name, enum role *out);

/* How the role was found. */
enum identified { BY_NOTHING = 0, BY_CONTENT, BY_NAME, BY_CONTEXT, BY_OPTION };
const char *identified_name(enum identified how);

/* A manifest's statement about an item. */
struct claim {
    const struct item *manifest;
    uint64_t line;   /* from 1; 0 where the format has no lines */
    uint64_t offset; /* the span of the statement in the manifest */
    uint64_t length;
    struct digest digest;
    enum verdict verdict : 8; /* beside the digest: manifests list millions */
    bool has_size : 1;
    uint64_t size;
    struct claim *next;
};

/* What few items have: containers, documents, what a manifest tells of, what is broken.
 */
struct item_more {
    struct item *child; /* first child; then by `next`, in the container's own order */
    uint32_t children;
    struct digest_state *digests; /* what manifests asked for besides SHA-256, or NULL */
    /* The latest first (claim_add). */
    struct claim *claims;
    struct fault fault;          /* the first one; FAULT_NONE while all is well */
    const struct faults *faults; /* of an archive with several, all of them; else NULL */
    const struct bytes *headers; /* of its members (member_header.h), or NULL */
    union {
        struct bytes content; /* the item's bytes when the walk was asked to keep them */
        const struct item *linked; /* of a hard link without bytes: package_linked() */
        const struct member_parts *parts; /* of what they make up (member_join.h) */
    };
};

/* A package can hold millions, and an image of a million files is compared in 256 MiB:
 * members are packed, and what is rare stands apart. */
struct item {
    uint32_t id; /* depth-first order, names bytewise; final once walk_package returned */

    enum container container : 5; /* when it contains others, else CONTAINER_NONE */
    enum role role : 5;
    enum identified how : 3;
    enum verdict verdict : 4;
    bool whole : 1;    /* every byte of it was read */
    bool hashed : 1;   /* and sha256 covers them all */
    bool kept : 1;     /* `content` is the whole item */
    bool tail : 1;     /* `content` is its end (CARE_TAIL) */
    bool split : 1;    /* the first of the files of a split archive (split.h) */
    bool volume : 1;   /* the last file of a split zip, whose name says "zip" */
    bool prefixed : 1; /* a zip with other data before it: one that extracts itself */
    bool recalled : 1; /* what is in it comes from an index (blob_index.h) */
    bool in_root : 1;  /* lies in a folder that is an image or a layer: the container's */

    struct item *parent; /* NULL for the root: the package itself */
    struct item *next;
    struct bytes name;  /* raw bytes as stored, relative to `parent` */
    struct entry entry; /* type, mode, owner, times, link, xattrs as stored (archive.h) */
    uint64_t size;      /* bytes read (see entry.size for what was claimed) */
    uint8_t sha256[32];
    struct item_more *more; /* NULL while there is nothing of it: read by item_more() */
};

extern const struct item_more item_more_none;
/* For reading; never NULL. */
static inline const struct item_more *item_more(const struct item *item)
{
    return item->more ? item->more : &item_more_none;
}
/* What is kept of its end, or nothing. */
static inline struct bytes item_tail(const struct item *item)
{
    return item->tail ? item_more(item)->content : BYTES_NONE;
}
/* For writing: made when there is none. */
struct item_more *item_more_make(struct item *item);
/* Frees that of an item and of all that is in it. */
void item_release(struct item *top);

/* Where a statement comes from. */
struct span {
    const struct item *item;
    uint64_t offset; /* bytes in the item */
    uint64_t length;
};

/* Appends the path, raw bytes. The root gives nothing. */
void item_path(const struct item *item, struct text *t);
/* `name` without "./", "//" and trailing "/" (archives write all of them): appended raw.
 */
void path_normalise(struct bytes name, struct text *t);
/* The name without leading "./" and "/", and without trailing slashes: a view. */
struct bytes item_plain_name(const struct item *item);
/* What is in a root file system (an image, a layer, a checkpoint) is the container's, and
 * no evidence that somebody collected. */
bool item_in_root_file_system(const struct item *item);
/* Takes the roles of an item and of all that is in it, but an image's own documents:
 * those say how its layers lie on each other. */
void item_forget_roles(struct item *top);
/* The same as a view of `name` where that needs no more than leaving out its beginning or
 * end, which is so for nearly all, else as a copy in `a`. */
struct bytes path_normalised(struct bytes name, struct arena *a);
/* The order of two names by their normalised bytes, as bytes_compare(), without a copy.
 */
int path_compare(struct bytes a, struct bytes b);
/* For qsort of pointers to members of one container: by path, then as they come. */
int item_by_path(const void *a, const void *b);
/* The package that it is in: the topmost item. */
const struct item *item_root(const struct item *item);
/* Depth-first successor within the subtree of `top`, or NULL. */
struct item *item_next(const struct item *item, const struct item *top);
/* The child whose normalised name is `name`, or NULL. */
struct item *item_child(const struct item *item, struct bytes name);
/* As verdict_set() (verdict.h). */
void item_verdict_set(struct item *item, enum verdict to);
/* Records a fault unless there is one; the first says where reading went wrong. */
void item_fault(struct item *item, struct fault fault);
/* The first of an archive's faults as that of the item, and all where there are more. */
void item_faults(struct item *item, const struct faults *faults, struct arena *into);

#endif
