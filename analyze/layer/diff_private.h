/* What diff.c (what differs) and origins.c (where it came from) share. */
#ifndef ANALYZE_LAYER_DIFF_PRIVATE_H
#define ANALYZE_LAYER_DIFF_PRIVATE_H

#include "analyze/layer/diff.h"

/* For writing; valid until the next one. */
struct relations *diff_relate(struct diff *d, struct change *x);
/* Sets renamed_from and copied_from of all changes. */
void diff_find_origins(struct diff *d);

#endif
