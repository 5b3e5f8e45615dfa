/* Which image of an index is wanted: for another platform, or under another name, an
 * index holds other ones. Between the files of image only. */
#ifndef ANALYZE_LAYER_IMAGE_CHOOSE_H
#define ANALYZE_LAYER_IMAGE_CHOOSE_H

#include "analyze/layer/image.h"

/* "sha256:ab…", "ab…", "repository@sha256:ab…", or the first 12 digits of it. */
bool image_id_matches(struct bytes digest, struct bytes wanted);

/* Is this the name of the image, where it may say its registry or its tag alone? */
bool image_reference_matches(struct bytes reference, struct bytes wanted);

struct image_choice {
    const struct oci_descriptor *taken; /* NULL: nothing is for the platform asked for */
    size_t images;                      /* that are in the index; no attestations */
    bool ambiguous;                     /* several platforms, and none was asked for */
};
/* `here[k]` tells whether the blob of manifest k is in the evidence: what is not is taken
 * only when nothing else can be. */
void image_choose(const struct oci_index *index, const bool *here,
                  const struct image_wish *wish, struct image_choice *out);

/* "linux/arm64/v8", appended. */
void platform_text(const struct oci_platform *p, struct text *t);

#endif
