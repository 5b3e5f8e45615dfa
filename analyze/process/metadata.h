/* Metadata: what the container runtime put beside the images: which container of which
 * pod this is, what it was asked to run, and how the checkpoint was made.
 *
 * Sources: spec.dump and config.dump of podman, CRI-O and containerd; status.dump and
 * status of containerd; network.status of podman; bind.mounts of CRI-O; config.json of
 * runc and Docker (OCI Runtime Specification); config.v2.json of Docker; the runtime-spec
 * blob of a containerd checkpoint image; annotations of OCI images that hold checkpoints.
 */
#ifndef ANALYZE_PROCESS_METADATA_H
#define ANALYZE_PROCESS_METADATA_H

#include "analyze/process/dump.h"
#include "formats/base/mask.h"
#include "formats/json.h"

enum metadata_document {
    METADATA_SPEC,
    METADATA_CONFIG,
    METADATA_STATUS,     /* what the CRI says of the container */
    METADATA_CONTAINERD, /* containerd's own status */
    METADATA_NETWORK,
    METADATA_BIND_MOUNTS,
    METADATA_DOCKER,
    METADATA_IMAGE,           /* manifest of an OCI image that holds the checkpoint */
    METADATA_CRIO_NAME,       /* JSON inside of CRI-O's annotations: name and attempt, */
    METADATA_CRIO_LABELS,     /* the pod's labels, */
    METADATA_CRIO_ANNOTATIONS /* the kubelet's annotations */
};
#define METADATA_DOCUMENTS (METADATA_CRIO_ANNOTATIONS + 1)

struct metadata {
    const json_t *documents[METADATA_DOCUMENTS]; /* NULL where there is none */
    const struct item *items[METADATA_DOCUMENTS];
    const json_t *spec;                        /* documents[METADATA_SPEC] */
    const char *engine;                        /* "podman", "cri-o" …, or NULL */
    struct documents read[METADATA_DOCUMENTS]; /* owns the trees */
};

void metadata_read(const struct dump *d, struct metadata *out);
void metadata_release(struct metadata *m);

/* Container, pod, image, times, annotations; what is missing for its engine, and what
 * else lies beside the images. */
json_t *metadata_describe(const struct metadata *m, const struct dump *d,
                          const struct mask *mask);

/* When the checkpoint was made, and when the container was created; INSTANT_NONE. */
instant metadata_checkpointed(const struct metadata *m);
instant metadata_created(const struct metadata *m);
/* When the runtime started the container's first process, and the document that says so.
 * The images of CRIU hold no time of a process: of the others nothing is known but that
 * they started after this one and before the dump. */
instant metadata_started(const struct metadata *m);
struct span metadata_started_span(const struct metadata *m);
/* The item of config or spec, for spans. */
struct span metadata_span(const struct metadata *m);
/* The arguments that the container was asked to run. */
const json_t *metadata_arguments(const struct metadata *m);
struct bytes metadata_container(const struct metadata *m);

#endif
