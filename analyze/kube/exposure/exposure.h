/* Exposure: what the attacker could read, did read, and what must be rotated. */
#ifndef ANALYZE_KUBE_EXPOSURE_H
#define ANALYZE_KUBE_EXPOSURE_H

#include "analyze/kube/incident/incident.h"
#include "analyze/kube/objects/podspec.h"

/* In the order in which to rotate. */
enum urgency {
    URGENCY_TAKEN,         /* seen in use by the attacker */
    URGENCY_TOKEN,         /* an account's token: it opens the API */
    URGENCY_AUDIENCE,      /* one for another service than the API */
    URGENCY_READ,          /* read by name */
    URGENCY_READ_AT_CLOUD, /* the same, through the cloud's own interface */
    URGENCY_HELD,          /* in the pod's environment or files */
    URGENCY_LISTED,        /* among those that a list handed out */
    URGENCY_REACHED,       /* only reachable: image pull secrets, storage credentials */
    URGENCY_CONFIG,        /* config maps: not secret by their kind */
};

/* Why it is to be rotated, in words. */
const char *urgency_text(enum urgency u);

/* One secret, token, config map or value, however often it is exposed. */
struct exposed {
    enum reference_kind kind;
    enum urgency urgency;
    struct bytes namespace, name, audience;
    struct bytes value; /* of a value in a manifest; masked when shown */
    const char *value_kind;
    json_t *how;       /* [{via, container, where, spans}] */
    struct span span;  /* of the first of them; item NULL: none */
    json_t *consumers; /* [{object, restarted, …}] */
    const struct request *first_read, *last_read;
    size_t reads;
    const struct request *listed, *rotated;
    const struct mark *ended; /* of a user of the cloud: the key, by its own interface */
    struct bytes holder;      /* of a token: the pod that it is bound to */
    bool elsewhere;           /* it is, or may be, held by more than that pod */
    bool consumers_old;       /* some consumer was not restarted after the rotation */
    const json_t *last_consumer; /* its manifest: one that names it twice is one */
};

struct exposures {
    struct incident *in;
    struct list all;     /* struct exposed *, while they are gathered by number of key */
    struct intern *keys; /* kind, namespace, name, audience */
    struct text key;     /* room for one */
    /* Users as whom the attacker acted, and the request that shows it, by number; and of
     * service accounts those that acted as they did not before. */
    struct intern *used;
    struct list uses; /* const struct request * */
    struct intern *misused;
};

/* The entry of the same kind, namespace, name and audience; NULL when there is none. */
struct exposed *exposure_find(struct exposures *e, const struct exposed *like);
/* The same; made when there is none, as urgent as what only configures. */
struct exposed *exposure_entry(struct exposures *e, const struct exposed *like);
/* It is at least as urgent as this. */
void exposure_urge(struct exposed *x, enum urgency u);
/* One more way by which something is exposed, told by `span`; `via` is static. `by` and
 * `key` may be empty. Returns the entry. */
struct exposure_way {
    const char *via;
    struct bytes by, key;
    struct span span;
};
struct exposed *exposure_add(struct exposures *e, const struct exposed *what,
                             const struct exposure_way *way);
/* What other objects of the package say of the pod's volumes and account: stores behind a
 * CSI class, storage credentials, roles at the cloud (exposure_objects.c). */
void exposure_by_objects(struct exposures *e);
/* What a role of the cloud that was stolen was used for (exposure_cloud.c). */
void exposure_by_cloud(struct exposures *e);
/* What memory and files really held, by the findings about them (exposure_held.c). */
json_t *exposure_held(const struct exposures *e);
/* A request that handed out secrets or config maps. */
bool exposure_is_read(const struct request *r);
/* What the attacker's lists of secrets handed out (exposure_lists.c). */
void exposure_by_lists(struct exposures *e);
/* Sees rotations and what consumers did since (rotation.c). */
void exposure_rotations(struct exposures *e);
json_t *render_rotation(struct exposures *e, const struct exposed *x);
/* A finding where it was not seen to be rotated, or not all that read it is new. */
void exposure_tell_rotation(struct exposures *e, const struct exposed *x);
/* What reached identities may do by RBAC, from when (reach.c). */
json_t *reach_section(struct incident *in);
/* Node and cluster credentials (cluster.c). */
json_t *node_section(struct incident *in);
json_t *cluster_section(struct incident *in);

#endif
