/* Tree: a root file system in two states, before and after.
 *
 * The base image is built up in `after`, tree_settle() makes that the state before, and
 * the container's layer changes `after` again. What differs is the diff. Nothing is
 * copied: a state points to the items that made it, and names are views of theirs.
 */
#ifndef ANALYZE_LAYER_TREE_H
#define ANALYZE_LAYER_TREE_H

#include "formats/base/arena.h"
#include "formats/base/text.h"
#include "verify/item.h"

/* Why there is nothing in a state. */
enum absence {
    ABSENT_NEVER = 0, /* there never was anything */
    ABSENT_WHITEOUT,  /* deleted by a whiteout of its own, or a list of deletions */
    ABSENT_PARENT,    /* a folder above it was deleted */
    ABSENT_OPAQUE,    /* a folder above it was emptied and made anew */
    ABSENT_REPLACED,  /* a folder above it became something else */
    ABSENT_MISSING,   /* not in a whole root that was compared */
};

/* What stands at a path in one state. */
struct state {
    const struct item *item;  /* the entry that put it there, or took it away; NULL: a
                                 folder that only the paths of others imply */
    const struct item *inode; /* whose type, owner, times and attributes hold: `item`, or
                                 what it is a hard link to */
    const struct item *data;  /* whose bytes: `inode`, or with metacopy a lower file */
    uint16_t layer;           /* number of the layer that put it there, from 1 */
    bool present;
    bool copied_up; /* overlay: began as a file of a lower layer */
    bool claimed;   /* a list or a mark says that something is there, and no more */
    enum absence absence : 8;
};

#define TREE_NONE UINT32_MAX
#define TREE_ROOT 0

struct node {
    uint32_t parent, child, next; /* TREE_NONE where there is none */
    uint32_t chain;               /* in the hash table */
    struct bytes name;            /* one component, raw */
    uint32_t renamed_from; /* a folder or file that overlayfs redirected, or NONE */
    uint16_t whiteout;     /* the layer whose whiteout stands here, or 0 */
    uint16_t emptied;      /* the layer that made it opaque, or 0 */
    struct state before, after;
};

struct tree {
    struct node *v;
    size_t n, capacity;
    uint32_t *table;
    size_t slots;       /* a power of two */
    struct arena names; /* that are no view of an item's; items as a driver tells them */
};

/* With the root alone, implied in both states. */
void tree_init(struct tree *t);
void tree_release(struct tree *t);

/* Nodes are never taken out, so numbers stay valid; pointers only until the next
 * tree_add. */
static inline struct node *tree_node(const struct tree *t, uint32_t n)
{
    return &t->v[n];
}
/* TREE_NONE when no state ever had it. */
uint32_t tree_find(const struct tree *t, uint32_t folder, struct bytes name);
uint32_t tree_add(struct tree *t, uint32_t folder, struct bytes name);
/* The same for a name that does not live as long as the tree. */
uint32_t tree_add_copy(struct tree *t, uint32_t folder, struct bytes name);

/* The node that a path leads to in the state after, symbolic links followed inside the
 * root as the kernel would in a chroot; the last component only with `follow`. TREE_NONE
 * when there is nothing, or too many links. */
uint32_t tree_resolve(const struct tree *t, struct bytes path, bool follow);
/* The same from a folder, for a path of a symbolic link. */
uint32_t tree_resolve_from(const struct tree *t, uint32_t folder, struct bytes path,
                           bool follow);
/* As tree_resolve, without following any link. */
uint32_t tree_walk(const struct tree *t, struct bytes path);

/* Nothing is there afterwards, nor below. `why` of what is below is ABSENT_PARENT,
 * REPLACED or OPAQUE as fits; `by` is what took it away. */
void tree_remove(struct tree *t, uint32_t n, enum absence why, const struct item *by);
/* What is below is gone; the folder stays. */
void tree_empty(struct tree *t, uint32_t n, enum absence why, const struct item *by);

/* The state after becomes the state before. */
void tree_settle(struct tree *t);
/* Nothing is there after, with ABSENT_MISSING: a whole root will be put in. */
void tree_clear_after(struct tree *t);

/* "/etc/passwd"; the root is "/". */
void tree_path(const struct tree *t, uint32_t n, struct text *out);

/* Depth-first successor in the subtree of `top`, or TREE_NONE. */
uint32_t tree_next(const struct tree *t, uint32_t n, uint32_t top);

#endif
