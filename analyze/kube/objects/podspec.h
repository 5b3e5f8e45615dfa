/* Pod specifications: what a pod can read and how close to its node it is.
 *
 * Works on a Pod and on every kind that holds a pod template (Deployment, DaemonSet,
 * StatefulSet, ReplicaSet, ReplicationController, Job, CronJob, PodTemplate).
 * Source: core/v1 PodSpec, Volume, EnvVar, EnvFromSource; pod admission's defaults.
 */
#ifndef ANALYZE_KUBE_PODSPEC_H
#define ANALYZE_KUBE_PODSPEC_H

#include <jansson.h>

#include "formats/base/bytes.h"

enum reference_kind {
    REFERENCE_SECRET,
    REFERENCE_CONFIGMAP,
    REFERENCE_TOKEN,    /* a service account's token, by its audience */
    REFERENCE_VALUE,    /* a value in the manifest that looks like a credential */
    REFERENCE_EXTERNAL, /* fetched from outside the API: CSI driver, injected by Vault */
    REFERENCE_CERTIFICATE, /* a key and certificate that the kubelet asked for */
    REFERENCE_CLOUD,       /* a role or account at the cloud */
    REFERENCE_USER,        /* the credential of a person or of a certificate's name */
};
const char *reference_kind_name(enum reference_kind k);

struct reference {
    enum reference_kind kind;
    struct bytes name;      /* of the secret or config map; of a value its variable */
    struct bytes key;       /* one key of it, or empty: all */
    struct bytes container; /* of env and envFrom; of volumes the first that mounts it */
    struct bytes where;     /* variable, mount path, driver */
    struct bytes audience;  /* of tokens; empty: the API server */
    struct bytes value;     /* of REFERENCE_VALUE: the secret itself; mask it */
    const char *value_kind; /* what it looks like, static; or NULL */
    const char *via;        /* static: "environment variable", "projected volume", … */
    int64_t lifetime;       /* of tokens, seconds; 0 where not told */
    bool optional;
    bool mounted_token; /* a secret where programs look for their account's token */
    bool readable;      /* false: only the kubelet holds it (image pull secret), or no
                           container mounts the volume */
    const json_t *node; /* what says so */
    bool by_default;    /* a token that is there unless the account refuses it */
};

/* The spec of the pod or of its template; NULL when there is none. */
const json_t *podspec_of(const json_t *object);
/* metadata of the pod or of its template. */
const json_t *podspec_metadata(const json_t *object);

/* Calls back for each thing that the pod's manifest makes readable, in its order. Views
 * and nodes are borrowed from the object. */
void podspec_references(const json_t *object,
                        void (*each)(void *context, const struct reference *r),
                        void *context);

/* One reason why whoever holds the pod may hold its node. */
struct host_access {
    const char *what;       /* static: "privileged container", "host path", … */
    struct bytes container; /* or empty: the whole pod */
    struct bytes detail;    /* path, capability */
    bool whole;             /* by itself enough for root on the node */
    const json_t *node;
};
void podspec_host_access(const json_t *object,
                         void (*each)(void *context, const struct host_access *h),
                         void *context);

/* Calls back for init, regular and ephemeral containers, in that order. */
void podspec_containers(const json_t *spec,
                        void (*each)(void *context, const json_t *container,
                                     const char *list),
                        void *context);

/* The account that it runs as: "default" when it names none. */
struct bytes podspec_account(const json_t *object);

#endif
