/* Machine: for which platform a checkpoint was taken, as its own images say. */
#ifndef ANALYZE_LAYER_MACHINE_H
#define ANALYZE_LAYER_MACHINE_H

#include "formats/oci.h"
#include "verify/item.h"

/* Is this an image that tells the machine (core-PID.img)? It must be kept by the walk. */
bool machine_is_told_by(const struct item *item);
/* From the first such image below `root`; false when there is none. Static views. */
bool machine_platform(const struct item *root, struct oci_platform *out);

#endif
