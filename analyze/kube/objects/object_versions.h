/* Object versions: what the objects of one type were, from when until when, by the
 * documents of the package and the writes of the audit log. For analyze/kube/. */
#ifndef ANALYZE_KUBE_OBJECT_VERSIONS_H
#define ANALYZE_KUBE_OBJECT_VERSIONS_H

#include "analyze/kube/objects/objects.h"

/* An object as it was in [from, until). */
struct version {
    struct bytes namespace, name;
    /* NULL: it was there, and the evidence does not tell what it was. */
    const json_t *object;
    instant from, until; /* INT64_MIN and INT64_MAX: not bounded by the evidence */
    struct bytes by;     /* who made it so; empty: a document tells it */
    struct span span;
};

/* "NetworkPolicy", "networkpolicies", "networking.k8s.io": other groups have types of
 * the same names that mean something else. */
struct object_type {
    const char *kind, *resource, *group;
    const char *also; /* another group of the same type, or NULL */
    /* Of Kubernetes' own: logs and documents may leave its group out. */
    bool foreign;
    bool of_cluster; /* it has no namespace */
};
bool object_type_is(const struct object_type *type, const struct request *r);
bool object_type_is_document(const struct object_type *type, const struct object *o);

struct object_versions {
    struct list v;     /* struct version *, in order of `from`; in the scope's arena */
    struct list owned; /* json_t * made on the way */
};
/* `out` is zero; requests are sorted. */
void object_versions(struct scope *s, const struct object_type *type,
                     struct object_versions *out);
void object_versions_release(struct object_versions *o);

/* The object after a write, a new reference; NULL where the log's level leaves out what
 * was sent and answered. `before` may be NULL: then a patch tells nothing whole. */
json_t *object_after(const struct request *r, const json_t *before);

#endif
