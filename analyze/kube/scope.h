/* Scope: what the incident is about: one pod, what runs in it and as whom, and every
 * identity and object that the attacker reached from there.
 *
 * The first part is found by kube_begin from the documents of the package and does not
 * change while logs stream, so any thread may read it. The second part grows on the one
 * thread that observes records (observe.h).
 */
#ifndef ANALYZE_KUBE_SCOPE_H
#define ANALYZE_KUBE_SCOPE_H

#include "analyze/analysis.h"
#include "formats/base/arena.h"

enum container_role { CONTAINER_APP = 0, CONTAINER_INIT, CONTAINER_EPHEMERAL };

/* A container of the pod, from whichever sources name it. */
struct scope_container {
    struct bytes name;
    struct bytes id; /* hex, without "containerd://"; 64 or 12 digits; may be empty */
    struct bytes image, image_id;
    enum container_role role;
};

#define SCOPE_CONTAINERS 64

/* Which pod it is, and everything that joins records to it. Empty where not known. */
struct scope_pod {
    struct bytes namespace, name, uid;
    struct bytes node;
    struct bytes service_account; /* "default" when the manifest names none */
    struct bytes username;        /* "system:serviceaccount:NS:NAME" */
    struct bytes owner_kind, owner_name;
    struct scope_container containers[SCOPE_CONTAINERS];
    size_t container_count;
    /* Container ids that sources other than the manifest gave (checkpoint, names). */
    const char *how;  /* static: how the pod was found; NULL: it was not */
    struct span span; /* of what says so */
};

struct scope; /* the rest is in journal.h: for analyze/kube/ only */

/* The pod in question. `how` is NULL when the package does not make it plain and --pod
 * was not given; then nothing is in scope but what the attacker's own marks show. */
const struct scope_pod *scope_pod(const struct scope *s);
/* When it was made, by its manifest; INSTANT_NONE without one. `s` may be NULL. */
instant scope_pod_made(const struct scope *s);

/* After kube_end: records of requests that came into scope only then, when accounts
 * turned out to be stolen; in order of item and offset, without folded ones. Borrowed.
 * `s` may be NULL. */
const struct span *scope_found_late(struct scope *s, size_t *count);

/* Images that the pod's containers ran, as the API server's log says: complete when the
 * logs were read. */
struct scope_image {
    struct bytes id;  /* "registry/name@sha256:…" */
    struct span span; /* of the first record that says so */
};
#define SCOPE_IMAGES 64
size_t scope_images(const struct scope *s, const struct scope_image **out);

/* Audit records that stand in the logs more than once, beyond the first. */
uint64_t scope_repeated(const struct scope *s);

void scope_free(struct scope *s); /* `s` may be NULL */

/* Pure tests over the part that does not change; empty arguments match nothing. */
bool scope_is_pod(const struct scope *s, struct bytes namespace, struct bytes pod);
/* 12 or 64 hex digits, with or without a runtime's prefix. */
bool scope_is_container(const struct scope *s, struct bytes id);
bool scope_is_pod_uid(const struct scope *s, struct bytes uid);

#endif
