/* Incident: what the parts of kube_end share while the documents are made. */
#ifndef ANALYZE_KUBE_INCIDENT_H
#define ANALYZE_KUBE_INCIDENT_H

#include "analyze/kube/findings.h"
#include "analyze/kube/objects/object_versions.h"
#include "analyze/kube/rbac/rbac.h"
#include "analyze/kube/render.h"

struct keyed; /* keyed.h */

/* What was done against the incident. */
enum act_kind {
    ACT_LABEL,
    ACT_POLICY,
    ACT_POLICY_REMOVED,
    ACT_CORDON,
    ACT_UNCORDON,
    ACT_EVICT,
    ACT_SCALE,
    ACT_DELETE_POD,
    ACT_REVOKE,
    ACT_ROTATE,
    ACT_CHECKPOINT,
    ACT_COLLECT,
    ACT_ENTER,
    ACT_DEBUG_NODE,
    ACT_DELETE,
    ACT_OTHER,
};
const char *act_name(enum act_kind k);

struct act {
    enum act_kind kind;
    instant time;
    enum precision precision;
    struct bytes by;
    const struct request *request; /* or */
    const struct mark *mark;
    struct span span;
    bool effective;   /* it was let through */
    bool ends;        /* and ended a pod */
    bool own;         /* the pod in question, or the workload that keeps it */
    const char *note; /* static; NULL: it speaks for itself */
    const struct request *replaced; /* of a pod: its workload made this one after it */
};

/* What came so often, over so long a time, is ordinary work. */
#define ORDINARY_COUNT 5
#define ORDINARY_TIME  (30 * 60 * NANOSECONDS)

struct incident {
    struct scope *scope;
    struct rbac rbac;
    /* The first sign: the earliest of these; NULL where there is none. */
    const struct alert *first_alert;
    const struct mark *first_line;
    const struct mark *first_process; /* seen by Tetragon or Tracee */
    const struct request *first_request;
    /* The login with which an account came into other hands, and what tells that its
     * password was guessed; NULL: no such. */
    const struct request *login;
    const struct finding *guessed;
    /* At the cloud's interface, from where the attacker works (cloud.h). */
    const struct mark *first_cloud;
    /* The exec or attach of a person that the first alert follows; NULL: no such. */
    const struct request *entered;
    bool shown;           /* there is evidence that ordinary work does not explain */
    instant first_sign;   /* INSTANT_NONE when there is none */
    instant first_placed; /* the same by the reference clock, for comparisons */
    struct span first_span;
    /* What was let through, those to one object together, in order of time (history.c);
     * and the requests of them alone. */
    struct keyed *writes;
    const struct request **written;
    size_t write_count;
    struct list labels; /* struct version *, `object` are the labels, in order of time */
    struct network *network; /* policies and peers (network.h) */
    struct list acts;        /* struct act *, in order of time */
    struct list owned;       /* json_t * made on the way */
    instant isolated;        /* when both directions were isolated; or INSTANT_NONE */
    /* Both were, the last time, and then no more while the pod lived; or INSTANT_NONE. */
    instant was_isolated, opened;
    /* Who is still reached when the evidence ends, towards the pod and from it (enum
     * direction), in one line each; owned. NULL: no policy speaks of the direction. */
    json_t *left_open[2];
    json_t *left_then[2];     /* the same when the pod was isolated; owned */
    instant contained;        /* first act that held the pod back; or INSTANT_NONE */
    struct list left_running; /* struct request *: workloads that the attacker made and
                                 nobody deleted (containment.c) */
    json_t *outlives; /* what the attacker holds all the same (outlives.c); owned */
};

/* The writes after a moment to the objects of one name, of whatever resource, in order of
 * time. Borrowed. */
struct history {
    const struct request *const *v;
    size_t n;
};
struct history incident_history(const struct incident *in, struct bytes namespace,
                                struct bytes name, instant after);

/* In this order (end.c). Each document is a new reference. */
void incident_writes(struct incident *in);     /* history.c */
void incident_bounds(struct incident *in);     /* bounds.c */
void incident_login(struct incident *in);      /* login.c */
void incident_first_sign(struct incident *in); /* patient.c */
void incident_others(struct incident *in);     /* others.c */
void incident_routine(struct incident *in);    /* routine.c: findings of rules */
void incident_hooks(struct incident *in);      /* hooks.c */
void incident_arrivals(struct incident *in);   /* arrival.c: findings of pods */
void incident_inside(struct incident *in);     /* inside.c: the same */
void incident_doubt(struct incident *in);      /* doubt.c: sets entered and shown */
json_t *patient_document(struct incident *in);
json_t *identities_document(struct incident *in); /* identity.c */
json_t *slices_document(struct incident *in);     /* slices.c */
json_t *baseline_document(struct incident *in);   /* baseline.c */
void incident_versions(struct incident *in);      /* versions.c */
/* The labels of the pod at a moment; NULL: it was not there, or nothing tells them. The
 * last ones of [from, until). */
const struct version *labels_at(const struct incident *in, instant t);
const struct version *labels_during(const struct incident *in, instant from,
                                    instant until);
/* Are there policies of kinds that are not computed, which may select the pod
 * (plugins.c)? */
bool incident_other_policies(const struct incident *in);
void incident_acts(struct incident *in);       /* acts.c */
void incident_responders(struct incident *in); /* responder.c: findings of rules */
/* Does it make a debug pod of kubectl's on a node of the incident (responder.c)? */
bool request_debugs_node(const struct scope *s, const struct request *r);
/* acts.c: is it about the binding by which the other request was let through, as the API
 * server gave its reason: RBAC: allowed by ClusterRoleBinding "NAME" of … */
bool request_let_through(const struct request *r, const struct request *asked);
void incident_outlives(struct incident *in);    /* outlives.c: after both */
json_t *isolation_section(struct incident *in); /* isolation.c */
json_t *after_section(struct incident *in);     /* after.c: findings of what went on */
/* What the policies left open at a moment, static; NULL where they isolated the pod, or
 * where the evidence does not tell. */
const char *isolation_gap(struct incident *in, instant t);
/* Did they hold the pod back both ways then, as far as can be told? */
bool isolation_holds(struct incident *in, instant t);
/* And what they left open all the same, but for the responders' own way. */
bool isolation_leaves(struct incident *in, instant t, struct text *out);
struct netplan;
/* Whether the pod may reach the peers that matter (paths.c). */
json_t *isolation_paths(struct incident *in, const struct netplan *plan, instant t);
/* Policies of other kinds than NetworkPolicy, with what each does alone (plugins.c). */
json_t *plugin_policies(struct incident *in);
json_t *containment_document(struct incident *in);
/* What the program of the pod did long before the first sign as well, in the same way and
 * from the same address: other pods of its workload go on with it, too (after.c). */
bool incident_is_programs_work(const struct incident *in, const struct request *r);
json_t *exposure_document(struct incident *in);
json_t *claims_document(struct incident *in);
json_t *story_document(struct incident *in);

/* Where a moment belongs by the reference clock (events/clocks.h): what is compared or
 * sorted across sources. What is told is the stated time. */
instant incident_place(const struct incident *in, enum event_kind kind,
                       const struct span *span, instant time);
struct clock_moment incident_moment(const struct request *r);
/* A shell that somebody opens through the API is seen by the sensor at once; what the
 * clocks of node and API server differ by, and nothing tells, is less than this. */
#define SESSION_OPENS (5 * NANOSECONDS)
/* Whether the request asked for its session about when, by the reference clock, something
 * was seen. */
bool incident_opens_at(const struct incident *in, const struct request *r, instant seen);
/* A request of an identity that the attacker holds, at or after the first sign. */
bool is_attackers(const struct incident *in, const struct request *r);
/* What the attacker did with one request, in words of the story; NULL: nothing telling.
 */
const char *telling(const struct request *r);

#endif
