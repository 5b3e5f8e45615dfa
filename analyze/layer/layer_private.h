/* What layer.c (what a layer is) and layer_apply.c (what it does to a tree) share. */
#ifndef ANALYZE_LAYER_LAYER_PRIVATE_H
#define ANALYZE_LAYER_LAYER_PRIVATE_H

#include "analyze/layer/layer.h"

void layer_odd(struct layer *l, enum oddity_kind kind, const struct item *item);

/* Takes the folder off a path; false when it does not lie there. */
bool layer_strip_folder(struct bytes folder, struct bytes *path);
/* The entry's own name and the path of its folder. The root itself has no name. */
void layer_split_path(struct bytes path, struct bytes *folder, struct bytes *name);

/* The next member at or after `m` that can be applied. */
const struct item *layer_usable(const struct layer *l, const struct item *m,
                                struct bytes *path);
#define EACH_MEMBER(l, m, path)                                                          \
    for (const struct item *m =                                                          \
             layer_usable((l), item_more((l)->container)->child, &(path));               \
         m; m = layer_usable((l), m->next, &(path)))

/* layer_names.c: DIALECT_NAMES. */
void layer_apply_names(struct layer *l, struct tree *t);
/* layer_apply.c: calls back for each path of deleted.files. */
void layer_each_deleted(const struct layer *l,
                        void (*each)(void *context, struct bytes path), void *context);

#endif
