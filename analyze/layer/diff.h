/* Diff: what differs between the two states of a tree, exactly and of what kind. */
#ifndef ANALYZE_LAYER_DIFF_H
#define ANALYZE_LAYER_DIFF_H

#include "analyze/layer/tree.h"

enum change_type { CHANGE_ADDED, CHANGE_MODIFIED, CHANGE_DELETED };
const char *change_type_name(enum change_type t);

/* What of a modified path is different: a set of bits. */
enum change_kind {
    CHANGED_TYPE = 1 << 0,
    CHANGED_CONTENT = 1 << 1,
    CHANGED_MODE = 1 << 2,
    CHANGED_OWNER = 1 << 3,
    CHANGED_XATTR = 1 << 4, /* file capabilities and ACLs among them */
    CHANGED_TIME = 1 << 5,
    CHANGED_LINK = 1 << 6, /* target of a symbolic link, or which names share the file */
    CHANGED_DEVICE = 1 << 7,
};
#define CHANGE_KINDS 8
/* Of the bit 1 << n. */
const char *change_kind_name(unsigned n);

/* What few changes have to do with other paths; TREE_NONE where they have not. */
struct relations {
    /* A file that is gone and had these bytes, or that overlayfs says was renamed. */
    uint32_t renamed_from;
    uint32_t copied_from; /* a file of the base that has these bytes */
    uint32_t linked_with; /* another name of the same file in the state after */
};

/* A layer can add a million: the path is the node's, by tree_path(). */
struct change {
    uint32_t node;
    uint32_t relations; /* change_relations() */
    enum change_type type : 8;
    uint8_t kinds;
    bool content_unknown; /* the bytes of one side are not in the evidence */
};

struct diff_options {
    uint16_t first_layer;   /* layers from this number on are the changes */
    bool whole_seconds;     /* the layer has no fractions: compare seconds */
    bool xattrs_unrecorded; /* what is absent from the layer's attributes says nothing */
};

struct diff {
    const struct tree *tree;
    struct diff_options options;
    struct change *v; /* bytewise by path */
    size_t n, capacity;
    struct relations *relations; /* the first is of all changes that have none */
    size_t relation_count, relation_capacity;
    size_t added, modified, deleted;
    uint32_t *unchanged; /* nodes that are in the layer and equal the base; no folders */
    size_t unchanged_count, unchanged_capacity;
    size_t compared; /* paths present in either state */
};

/* For reading; never NULL. */
static inline const struct relations *change_relations(const struct diff *d,
                                                       const struct change *x)
{
    return &d->relations[x->relations];
}

void diff_make(struct diff *d, const struct tree *t, const struct diff_options *options);
void diff_release(struct diff *d);
/* The change of a node, or NULL. */
const struct change *diff_find(const struct diff *d, uint32_t node);

/* The type of what stands there; a folder that is only implied is one too. */
enum entry_type state_type(const struct state *s);
/* Its name, or "unknown". */
const char *state_type_name(const struct state *s);
/* A file with bytes that may be run. */
bool state_is_executable(const struct state *s);
/* False when the bytes are not known. */
bool state_same_content(const struct state *a, const struct state *b, bool *unknown);

#endif
