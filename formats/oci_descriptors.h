/* Descriptors of the OCI image format: what an index or manifest says of its blobs.
 *
 * Source: OCI image specification, "Content descriptors", "Image index", "Image
 * manifest", "Image layout": the blob of a descriptor lies at blobs/ALGORITHM/HEX. An
 * index may name manifests of platforms that are not in the layout; those entries are
 * optional. What a manifest names must be there, unless it has addresses elsewhere.
 */
#ifndef FORMATS_OCI_DESCRIPTORS_H
#define FORMATS_OCI_DESCRIPTORS_H

#include "formats/manifest.h"

bool oci_descriptors_probe(struct bytes head);
void oci_descriptors_read(struct bytes content, struct arena *arena,
                          const struct manifest_sink *sink);

#endif
