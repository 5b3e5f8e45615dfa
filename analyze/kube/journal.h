/* Journal: what analyze/kube keeps of the stream until the end, and the scope with it.
 *
 * For analyze/kube/ only. Of components' routine nothing is kept (note.c). Of every
 * other request the pattern is counted (who does what, where, with which client), and it
 * is kept whole while there is room for what it is worth (room.h), so that memory does
 * not grow with the log. Everything is sorted by time at the end; the order of logs in
 * the package does not matter.
 */
#ifndef ANALYZE_KUBE_JOURNAL_H
#define ANALYZE_KUBE_JOURNAL_H

#include "analyze/kube/observe.h"
#include "formats/base/intern.h"
#include "formats/kobject.h"

#define REQUEST_SPANS 6

/* What the body of a write says of what the object is for (the values of a secret or
 * config map, which are not kept; the specification of others). */
enum written_values {
    VALUES_NOT_TOLD = 0, /* no body is in the record */
    VALUES_SENT,
    VALUES_LEFT, /* a patch of something else alone: labels, annotations, owners */
};

/* What a GitOps tool was told to make: orders.h. */
struct order {
    struct bytes resource, namespace, name; /* "applications"; namespace may be unknown */
};

/* One API request; after grouping (group.h) one action of a user. Views are empty where
 * the record does not tell. What is asked of all requests comes first: it shares cache
 * lines. */
struct request {
    instant time, end; /* received, last stage */
    int64_t code;
    bool truncated, partial, baseline, in_scope, weighty;
    bool folded;       /* part of another request */
    bool only_counted; /* of it nothing but the pattern is kept */
    bool stored;   /* in scope when it was read, so that its event is in the case file */
    bool dry_run;  /* only tried (kubectl --dry-run=server): validated and not stored */
    unsigned acts; /* enum claimed_act, while claims are judged */
    enum audit_stage stage;
    struct bytes verb, resource, subresource, namespace, name;
    struct bytes user, as; /* `as`: impersonated, by the caller's own wish */
    struct bytes via;      /* the gateway's account with which the user came */
    struct bytes login;    /* by the request, nobody's yet, that one was let in */
    struct bytes known_as; /* the user, as people call him, where the record tells */
    struct bytes decision, uri;
    struct bytes agent, source; /* source: the socket's peer, the last address */
    size_t hops;                /* addresses that the record names */
    struct bytes audit_id, group, reason, message;
    struct bytes credential; /* "JTI=…", "X509SHA256=…" of the caller */
    struct bytes issued;     /* credential that a TokenRequest gave out */
    struct bytes from_pod;   /* the pod that a bound token belongs to */
    struct bytes owner_kind, owner_name;
    struct order order;   /* by which the object is made, where it says so */
    struct bytes groups;  /* of the effective user, separated by "," */
    struct bytes command; /* that an exec runs, its words separated by blanks */
    struct bytes node;    /* of a binding: where the pod is to run */
    struct bytes hooks;   /* webhook configurations that changed it, one on each line */
    struct bytes handed; /* by a list of secrets: NAMESPACE/NAME of each, one on a line */
    bool handed_whole;   /* the record has the whole answer, and all names are there */
    struct span spans[REQUEST_SPANS]; /* the first is the record that decides */
    size_t span_count, parts;         /* records that are this action */
    enum precision precision;
    enum audit_level level;
    enum written_values written;
    uint32_t copies; /* how often the same record stands in the logs beside this one */
    uint64_t hash;   /* equal for the same record again (journal_hash) */
    json_t *request, *response;   /* bodies of the kinds that are needed, or NULL */
    size_t values;                /* in both bodies */
    const struct request *caused; /* by this one: the work of a controller */
    bool ordered;                 /* `caused` is the order of a GitOps tool */
    bool others; /* the account's other pods do so all the time (incident/others.c) */
};

/* A Falco alert, or an event of another runtime sensor. */
struct alert {
    instant time;
    enum precision precision;
    enum falco_priority priority;
    struct span span;
    struct bytes rule, container_id, container, image, namespace, pod, node;
    struct bytes process, parent, command, file, user, output, tags;
    struct bytes peer, peer_port, peer_protocol; /* of a connection that it tells of */
    bool in_scope, drop_notice;
};

/* Any other event beside which the turning points are seen. */
struct mark {
    enum event_kind kind;
    instant time, end;
    enum precision precision;
    struct span span;
    struct bytes actor, action, object, message;
    struct bytes address; /* of a request to the cloud: where it came from */
    /* A log line carries an injection; a grave rule finds the process. */
    bool suspicious;
    bool found; /* by a cloud, which says in its message what it was */
    bool in_scope;
    bool zone_assumed;   /* a statement whose time names no zone: taken as UTC */
    bool before, after;  /* of a statement: its time is only the end, or the beginning */
    bool loose;          /* of a statement: it was about this time */
    bool said;           /* of a statement: written then, about what was before */
    bool failed, stored; /* a request to the cloud; its event is in the case file */
    bool discloses; /* a request to the cloud hands out a secret, a file, a key's use */
    struct bytes key, issued; /* of those: by the id of which key; the new session's */
    struct bytes policy,
        policy_scope; /* of those: EKS' access policy, and where it holds:
                         "cluster", or namespaces with ", " between */
};

/* A pod that a kubelet took in, or for which a runtime made the first sandbox, of
 * whatever workload. */
struct arrival {
    instant time;
    struct span span;
    struct bytes namespace, pod;
    bool perhaps_again; /* CRI-O does not tell whether it had one before */
    /* At the end: some request of the log names it; the one that made it, or NULL. */
    bool told;
    const struct request *maker;
};

/* Who does what, where, with which client: a line of an identity's pattern. */
struct pattern {
    uint32_t user, verb, resource, namespace, agent, source, reason; /* words */
    bool denied, baseline;
    uint32_t by; /* a word: who impersonated `user`, else `user` */
    uint64_t count;
    instant first, last;
    struct span span; /* of the first */
    uint64_t left;    /* of `count`: that are not kept one by one (room.h) */
    /* At the end: the next with the same `by`, with the same `source`, from 1; or 0. */
    uint32_t next_by, next_from;
};

/* The first pattern of each account and of each address, from 1; indices are words. */
struct pattern_chains {
    uint32_t *by, *from;
    uint32_t words;
};

/* How an account is reached that a certificate signing request names. */
#define CERTIFICATE_ASKED "a certificate was asked for by"

/* An identity or object that the attacker reached, with the proof. */
struct reached {
    struct bytes what; /* a user name, or "resource namespace/name" */
    bool identity;
    bool taken;     /* its token was used by the attacker, as far as can be told */
    bool borrowed;  /* only its name or rights: what it does itself is its own */
    bool of_pod;    /* only the token in a pod that the attacker made */
    bool insider;   /* its owner did it, as far as can be told */
    bool issuer;    /* had the token issued that the attacker used */
    bool anonymous; /* it is nobody's account */
    bool stranger;  /* its owner's habits say that somebody else held it */
    bool node;      /* only what its node's kubelet does not do (incident/node.h) */
    struct bytes
        from; /* only what came from this address is the attacker's; empty: all */
    instant since;
    const char *how; /* static sentence part: "created by", … */
    struct bytes by;
    struct span span;
    struct reached *next; /* of the same `what`, in order; scope_reach() sets it */
};

struct list {
    void **v;
    size_t n, capacity;
};
void list_add(struct list *l, void *element);

/* An object of the package's documents. */
struct object {
    const struct item *item;
    const struct kobject *k;
    instant seen; /* in an answer of the API server (shown.h); 0: it is a document's */
};

struct request_slot {
    uint32_t number; /* from 1; 0 is empty */
    uint32_t hash;   /* the upper half */
};

/* What was reached, by name: every request is asked about. */
struct reached_index {
    struct intern *names;   /* NULL while nothing is */
    struct reached **first; /* of each name */
    size_t capacity;
    size_t objects; /* of what is reached: that are no identities */
};

struct clusters; /* clusters.h */
struct crowd;    /* crowd.h */
struct rates;    /* rates.h */

struct scope {
    struct analysis *analysis;
    struct arena arena;
    struct scope_pod pod;
    /* From documents; fixed after kube_begin. */
    struct list kobjects;   /* struct kobjects *, one for each item */
    struct list objects;    /* struct object * */
    struct list references; /* struct bytes *: secrets and config maps of the pod */
    struct list shown;      /* struct object *: pods that answers tell of, at the end */
    const json_t *manifest;
    json_t *described_labels; /* what kubectl's description tells of them, or NULL */
    struct object manifest_object;
    /* From the stream. */
    struct scope_image images[SCOPE_IMAGES];
    size_t image_count;
    struct intern *words;
    struct list requests, alerts, marks; /* struct request *, alert *, mark * */
    size_t cloud_marks[2]; /* of the marks: requests to the cloud; those that disclose */
    /* That did not fit: alerts, marks beside those of the cloud, and those. */
    uint64_t alerts_left, marks_left, cloud_left;
    struct crowd *alerts_seen, *marks_seen, *requests_seen; /* or NULL */
    struct list arrivals;                                   /* struct arrival * */
    struct list connections;                                /* struct kube_connection * */
    uint64_t connections_left;                              /* that did not fit */
    struct written *written; /* after group_requests (group.h) */
    size_t written_count, written_capacity;
    struct list reached; /* struct reached * */
    struct reached_index reached_by;
    struct list learnt; /* struct scope_container *: the pod's, by what records tell */
    struct pattern *patterns;
    size_t pattern_count, pattern_capacity;
    uint32_t *pattern_slots; /* open addressing over patterns; 0 is empty */
    size_t slot_count;
    struct rates *rates; /* or NULL */
    struct pattern_chains chains;
    struct intern *shared_addresses; /* at the end: numbers of words (address.c) */
    uint64_t not_kept;               /* requests that did not fit */
    uint64_t left_unknown;           /* of those: that no pattern counts */
    struct span first_not_kept;      /* the first of them */
    struct intern *kept_writes; /* objects that kept requests write (room.c), or NULL */
    uint64_t repeated;          /* records that stand in the logs more than once */
    size_t handed;              /* bytes of names that lists of secrets answered */
    size_t body_values;         /* kept in bodies, all together */
    struct request_slot *request_slots; /* open addressing over requests */
    size_t request_slot_count;
    instant audit_first, audit_last;
    struct clusters *clusters;  /* which logs are whose, or NULL */
    struct list left_out;       /* struct request *: of logs of another cluster */
    struct shown *shown_states; /* or NULL */
    uint64_t shown_left;        /* states of pods that did not fit */
    bool secrets_listed;        /* an identity in scope read secrets of all namespaces */
    bool baseline_given;
};

/* -- questions about requests ------------------------------------------------------- */

/* With whose rights: the impersonated user, else the caller. */
struct bytes request_as(const struct request *r);
bool request_denied(const struct request *r);
/* It was let through and answered with success, as far as the record tells. */
bool request_succeeded(const struct request *r);
bool request_writes(const struct request *r);
void request_release_bodies(struct request *r);
/* The resource as which the owner of its object is written, appended: "ReplicaSet" owns,
 * "replicasets" is asked for. */
void request_owner_resource(const struct request *r, struct text *out);
/* "pods/exec" is resource "pods" with subresource "exec". */
bool request_is(const struct request *r, const char *resource, const char *subresource);
/* About what says with whom pods may talk: network policies of every kind, and the
 * firewall that OVN-Kubernetes gives a namespace. */
bool request_of_policy(const struct request *r);
/* About a namespace itself, also as OpenShift's project or the request for one. */
bool request_of_namespace(const struct request *r);
/* About the secret of a token without an end that is named after its account: as
 * controllers did ("deploy-token-x7k2p"), and people do ("deploy-token"). */
bool request_of_token_secret(const struct request *r, struct bytes namespace,
                             struct bytes account);
/* exec, attach, port-forward, proxy, ephemeral containers: work inside a pod or node. */
bool request_enters(const struct request *r);
/* Something is run inside the pod: exec, attach, a container put into it. Narrower than
 * request_enters: what goes through a port or a proxy runs nothing there. */
bool request_enters_pod(const struct request *r);
/* What it wrote at a path of the object ("spec/replicas"), or NULL: in the whole object,
 * in a merged patch, or by an operation of a JSON patch (RFC 6902) there or below. */
const json_t *request_written(const struct request *r, const char *path);
bool request_scales_to_nothing(const struct request *r);
/* Is the kubelet asked, through the proxy to its node, for a checkpoint of a container of
 * that pod? */
bool request_checkpoints(const struct request *r, struct bytes *namespace,
                         struct bytes *pod);

/* -- identities --------------------------------------------------------------------- */

/* "system:serviceaccount:NS:NAME" in its parts; false for other users. */
bool service_account_of(struct bytes user, struct bytes *namespace, struct bytes *name);
/* Components of the cluster itself, by their names. */
bool is_control_plane(struct bytes user);
/* The client names itself as one; clients choose their names, so this only sorts. */
bool is_component_agent(struct bytes agent);
/* Neither a service account nor a "system:" name. */
bool is_person(struct bytes user);
/* A command-line or scripting client rather than a component. */
bool is_tool(struct bytes agent);

/* -- the part of the scope that grows ----------------------------------------------- */

const struct reached *scope_reached(const struct scope *s, struct bytes what,
                                    bool identity);
void scope_reach(struct scope *s, const struct reached *r);
/* Of the list only the first `kept` stay, and behind them what stands at `from` and
 * after.
 */
void scope_reached_keep(struct scope *s, size_t kept, size_t from);
void reached_index_release(struct reached_index *index);
/* The reached identity with which the request was made, by the attacker; or NULL. */
const struct reached *scope_holds(const struct scope *s, const struct request *r);
/* "resource namespace/name" of what a request touches. Lives as long as the scope. */
struct bytes scope_object_key(struct scope *s, const struct request *r);
/* Does the request concern the scope, as it is now? */
bool scope_concerns(struct scope *s, const struct request *r);
/* Is it about the workload that owns the pod, or the Deployment behind that? */
bool scope_owns_pod(const struct scope *s, const struct request *r);
/* Takes note of what a request in scope opens to the attacker. */
void scope_grow(struct scope *s, const struct request *r);

/* Of what makes two records the same: their times and their audit id. Pure. */
uint64_t journal_hash(const struct request *r);
/* The line of its identity's pattern that a request belongs to, or NULL. */
const struct pattern *journal_pattern(const struct scope *s, const struct request *r);
/* Was the same done before that moment, or in the baseline: by the same account, from the
 * same place, with the same client? */
bool journal_is_habit(const struct scope *s, const struct request *r, instant until);

/* All kept requests, alerts and marks in order of time, item, offset. */
void journal_sort(struct scope *s);
/* -1, 0, 1 over (time, item, offset). */
int moment_compare(instant a, const struct span *as, instant b, const struct span *bs);

#endif
