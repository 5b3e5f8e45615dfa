/* Metadata: what the container runtime put beside the images: which container of which
 * pod this is, what it was asked to run, and how the checkpoint was made.
 *
 * Sources: spec.dump and config.dump of podman, CRI-O and containerd, status.dump of
 * containerd, network.status of podman, config.json of runc and Docker (OCI Runtime
 * Specification), and the runtime-spec blob of a containerd checkpoint image.
 */
#ifndef ANALYZE_PROCESS_METADATA_H
#define ANALYZE_PROCESS_METADATA_H

#include "analyze/process/dump.h"
#include "formats/base/mask.h"
#include "formats/json.h"

struct metadata {
    struct documents documents[4]; /* spec, config, status, network */
    const struct item *items[4];
    const json_t *spec, *config, *status, *network; /* NULL where there is none */
    const char *engine;                             /* "podman", "cri-o" …, or NULL */
    uint8_t *blob;                                  /* owned bytes of an OCI blob */
};

void metadata_read(const struct dump *d, struct metadata *out);
void metadata_release(struct metadata *m);

/* Container, pod, image, times, annotations, and what is missing for its engine. */
json_t *metadata_describe(const struct metadata *m, const struct dump *d,
                          const struct mask *mask);

/* When the checkpoint was made, and when the container was created; INSTANT_NONE. */
instant metadata_checkpointed(const struct metadata *m);
instant metadata_created(const struct metadata *m);
/* The item of spec or config, for spans. */
struct span metadata_span(const struct metadata *m);
/* The arguments that the container was asked to run. */
const json_t *metadata_arguments(const struct metadata *m);
struct bytes metadata_container(const struct metadata *m);

#endif
