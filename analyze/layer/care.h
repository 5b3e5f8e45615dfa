/* Care: what the comparison of layers wants of the bytes that the walk reads. */
#ifndef ANALYZE_LAYER_CARE_H
#define ANALYZE_LAYER_CARE_H

#include "verify/walk.h"

/* Is this what docker diff printed? */
bool layer_is_listing(const struct item *item);
/* The documents of images and checkpoints and lists of changes are kept; databases of
 * packages while there is room. */
enum care layer_care(const struct item *item);
/* The same for walk_options. */
enum care layer_care_of(void *context, const struct item *item);

#endif
