/* Kubernetes objects in files: YAML or JSON, one, several, or in a List, as `kubectl get
 * -o yaml`, `kubectl get -o json` and manifests hold them.
 *
 * Source of the format: k8s.io/apimachinery meta/v1 (TypeMeta, ObjectMeta, List).
 */
#ifndef FORMATS_KOBJECT_H
#define FORMATS_KOBJECT_H

#include "formats/base/instant.h"
#include "formats/document.h"

struct kobject {
    const json_t *object;
    const struct document *document; /* for the spans of its parts */
    uint64_t offset, length;         /* of the object in the text */
    struct bytes api_version;        /* "networking.k8s.io/v1"; "v1": core */
    struct bytes kind;
    struct bytes namespace, name, uid;
    bool partial;             /* the text ends or breaks inside it: members may lack */
    instant created, deleted; /* INSTANT_NONE where absent */
};

/* Zero-initialise; free with kobjects_release, which ends all views and trees. */
struct kobjects {
    struct kobject *v; /* in the order of the text */
    size_t n, capacity;
    struct documents documents;
    struct faults faults;
};

/* Reads all objects of `text`, JSON or YAML by its first character. Lists are unfolded;
 * items without kind and apiVersion get them from a typed list ("PodList"). What has no
 * kind is no object and gives FAULT_UNKNOWN_TYPE. A Table (what the API server prints for
 * `kubectl get`) gives the objects of its rows; of metadata alone (PartialObjectMetadata)
 * the kind is told by the columns, for pods, secrets and nodes. */
void kobjects_read(struct bytes text, struct kobjects *out);
void kobjects_release(struct kobjects *all);

/* Wraps the object at `node` of a tree (an audit record's responseObject, say). */
struct kobject kobject_of(const json_t *node);

bool kobject_looks_like(struct bytes head);

#endif
