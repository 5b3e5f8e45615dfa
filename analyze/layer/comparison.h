/* Comparison: a writable layer against the image under it, or one image against another,
 * with everything that must be known to believe the result. */
#ifndef ANALYZE_LAYER_COMPARISON_H
#define ANALYZE_LAYER_COMPARISON_H

#include <jansson.h>

#include "analyze/casefile/casefile.h"
#include "analyze/layer/diff.h"
#include "analyze/layer/image.h"
#include "analyze/layer/mounts.h"

/* What the changed side is to be taken for. */
enum taken_as {
    TAKE_AS_FOUND = 0,
    TAKE_AS_LAYER, /* only what changed is in it */
    TAKE_AS_ROOT,  /* everything is in it: what is missing was deleted */
};

/* The changed side: where it lies and how it is to be read. */
struct subject {
    const struct item *item; /* what is named in outputs */
    struct layer layer;      /* unless it is an image */
    struct image image;
    bool is_image;
    /* The container of a checkpoint of the same container, or NULL: what was mounted over
     * its root comes from there. */
    const struct item *checkpoint;
};

struct study; /* study.h: what the changed files hold, and whose they are */

struct comparison {
    struct study *study; /* NULL until somebody makes one; freed with the comparison */
    struct image base;
    struct subject subject;
    struct tree tree;
    struct mounts mounts; /* layers of their own, above that of the subject */
    struct diff diff;
    struct arena arena;
    /* Entries that overlayfs copied up from a lower file, and those of them for which the
     * base has none: 0 unless that is most of them, because a file that was renamed and
     * rewritten has lost its lower one in a base that fits. */
    size_t copied_up, unmatched_origins;
};

/* The image in a package: the package itself, the image in it, else its root as a root
 * file system. False when there is nothing that could be one. */
bool comparison_base(const struct item *root, const struct image_wish *wish,
                     struct arena *arena, struct image *out);
/* The changed side in a package: an image, a checkpoint's rootfs-diff.tar, a layer, a
 * folder. */
struct subject_wish {
    enum taken_as as;
    struct image_wish image;
};
bool comparison_subject(const struct item *root, const struct subject_wish *wish,
                        struct arena *arena, struct subject *out);
/* One item that is known to be a writable layer, a checkpoint with one in it, or a list
 * of changed names. */
bool subject_of_item(const struct item *item, struct subject *out);

/* The mount that a changed path lies in, or NULL. */
const struct mounted *comparison_mount(const struct comparison *c,
                                       const struct change *x);

/* Takes over base and subject. A base of IMAGE_NONE is none: then what the layer itself
 * says of lower files is all that is known of them. */
void comparison_make(struct comparison *c, const struct image *base,
                     const struct subject *subject, enum taken_as as);
/* Tables of contents of the images' layers; the packages are those that they are in. */
void comparison_check_tocs(struct comparison *c, const struct package *base,
                           const struct package *changed);
void comparison_release(struct comparison *c);

/* {schema, base, subject, counts, changes, unchanged, oddities, limits}: strings are
 * escaped, and masked with `mask`. `casefile` may be NULL. */
json_t *comparison_json(const struct comparison *c, const struct casefile *casefile);
/* The same on its way out, masked, without ever being whole in memory. */
void comparison_print_json(const struct comparison *c, const struct mask *mask, FILE *to);
/* What the form of the evidence cannot show: an array of sentences. */
json_t *comparison_limits(const struct comparison *c);

#endif
