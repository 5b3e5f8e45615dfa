/* Mounts: file systems of a container that are in no layer, and that its checkpoint
 * holds: tmpfs as CRIU saved it, /dev/shm and named volumes as podman put them beside.
 */
#ifndef ANALYZE_LAYER_MOUNTS_H
#define ANALYZE_LAYER_MOUNTS_H

#include "analyze/layer/layer.h"

struct mounted {
    struct layer layer; /* everything that was in it */
    struct bytes path;  /* where it was mounted: "/dev/shm" */
    const char *kind;   /* "tmpfs", "shm", "volume"; static */
};

struct mounts {
    struct mounted *v; /* in the order of the checkpoint's members */
    size_t n;
};

/* Is this an image that tells where things were mounted (mountpoints-N.img)? It must be
 * kept by the walk. */
bool mounts_are_told_by(const struct item *item);
/* What the checkpoint in `container` holds; arrays and paths live as long as the arena.
 * What the runtime itself puts into /dev is left out when it is applied. */
void mounts_find(const struct item *container, struct arena *arena, struct mounts *out);
/* Puts it into the state after, as layer `number`. */
void mounted_apply(struct mounted *m, struct tree *t, uint16_t number);

#endif
