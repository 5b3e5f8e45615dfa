/* Patches: what an object is after a PATCH request, from the document that was sent.
 *
 * Source: RFC 7386 (merge patch), RFC 6902 (JSON patch), and the strategic merge patch of
 * Kubernetes for what is asked here: maps are merged, `$patch` replaces or deletes, and
 * lists take the place of lists, as those of policies, rules and subjects do. Server-side
 * apply sends the part of the object that its manager owns: merged like a merge patch.
 */
#ifndef ANALYZE_KUBE_OBJECT_PATCH_H
#define ANALYZE_KUBE_OBJECT_PATCH_H

#include <jansson.h>

/* A new reference. A list is a JSON patch; those of its operations whose place the object
 * does not have are passed over, since `before` may be only a part of the object. */
json_t *object_patched(const json_t *before, const json_t *patch);

#endif
