/* Tree: a root file system in two states, before and after.
 *
 * The base image is built up in `after`, tree_settle() makes that the state before, and
 * the container's layer changes `after` again. What differs is the diff. Nothing is
 * copied: a state points to the items that made it, and names are views of theirs. A node
 * takes forty octets, because an image can have a million.
 */
#ifndef ANALYZE_LAYER_TREE_H
#define ANALYZE_LAYER_TREE_H

#include "analyze/layer/states.h"
#include "formats/base/arena.h"
#include "formats/base/text.h"

#define TREE_NONE UINT32_MAX
#define TREE_ROOT 0

/* What overlayfs did to few nodes. */
struct node_marks {
    uint32_t renamed_from; /* a folder or file that was redirected, or TREE_NONE */
    uint16_t whiteout;     /* the layer whose whiteout stands here, or 0 */
    uint16_t emptied;      /* the layer that made it opaque, or 0 */
};

struct node {
    uint32_t parent, child, next; /* TREE_NONE where there is none */
    uint32_t chain;               /* in the hash table */
    const uint8_t *name;          /* one component, raw: node_name() */
    uint32_t name_length;
    uint32_t before, after; /* states: tree_before(), tree_after() */
    uint32_t marks;         /* tree_marks() */
};

struct tree {
    struct node *v;
    size_t n, capacity;
    uint32_t *table;
    size_t slots; /* a power of two */
    struct states states;
    struct node_marks *marks; /* the first is of all nodes that have none */
    size_t marks_count, marks_capacity;
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
static inline struct bytes node_name(const struct node *n)
{
    return bytes_of(n->name, n->name_length);
}

static inline struct state tree_before(const struct tree *t, uint32_t n)
{
    return states_get(&t->states, t->v[n].before);
}
static inline struct state tree_after(const struct tree *t, uint32_t n)
{
    return states_get(&t->states, t->v[n].after);
}
void tree_set_before(struct tree *t, uint32_t n, const struct state *s);
void tree_set_after(struct tree *t, uint32_t n, const struct state *s);
/* For reading. */
static inline const struct node_marks *tree_marks(const struct tree *t, uint32_t n)
{
    return &t->marks[t->v[n].marks];
}
/* For writing; valid until the next one. */
struct node_marks *tree_mark(struct tree *t, uint32_t n);

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
/* The same as a copy in `a`. */
struct bytes tree_path_in(const struct tree *t, uint32_t n, struct arena *a);
/* The lowest node that both are or lie in. */
uint32_t tree_common(const struct tree *t, uint32_t a, uint32_t b);
/* The bytewise order of two paths, as bytes_compare(), without making them. */
int tree_compare_paths(const struct tree *t, uint32_t a, uint32_t b);

/* Depth-first successor in the subtree of `top`, or TREE_NONE. */
uint32_t tree_next(const struct tree *t, uint32_t n, uint32_t top);

#endif
