/* States: what stood at the paths of a root file system, packed.
 *
 * A base image can hold a million files, and of nearly all of them the state is one item
 * and the layer that it came with: those take eight octets, and both states of a path
 * that nothing changed are one. States are put in and read by value, under a number.
 */
#ifndef ANALYZE_LAYER_STATES_H
#define ANALYZE_LAYER_STATES_H

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

/* Plain states from `first` on came with `layer`. */
struct state_run {
    uint32_t first;
    uint16_t layer;
};

struct states {
    const struct item **plain;
    size_t plain_count, plain_capacity;
    struct state_run *runs; /* with rising layers */
    size_t run_count, run_capacity;
    struct state *other;
    size_t other_count, other_capacity;
};

/* The state of where there never was anything; also of zeroed states. */
#define STATE_NEVER 0

/* The number of a state; one that equals the last is not kept twice. */
uint32_t states_put(struct states *all, const struct state *s);
struct state states_get(const struct states *all, uint32_t number);
void states_release(struct states *all);

#endif
