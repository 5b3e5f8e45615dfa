/* RBAC: what roles and bindings let a subject do, at a moment.
 *
 * Source: rbac.authorization.k8s.io/v1 and the authorizer's documentation. Rights only
 * add up; there is no denial. Roles and bindings are versions with a time from which and
 * until which they held, from objects of the package and from bodies in the audit log.
 */
#ifndef ANALYZE_KUBE_RBAC_H
#define ANALYZE_KUBE_RBAC_H

#include "analyze/kube/objects/object_versions.h"

/* A request, as the authorizer sees it. */
struct attributes {
    struct bytes verb, group, resource, subresource, name;
    struct bytes namespace; /* empty: cluster-wide, or all namespaces */
    struct bytes path;      /* of a non-resource request; then resource is empty */
};
/* Does one rule of a role allow it? `namespace` is not looked at. */
bool rbac_rule_allows(const json_t *rule, const struct attributes *a);

/* Who asks: a user with its groups. Of service accounts the groups that the API server
 * adds (system:serviceaccounts, …:NS, system:authenticated) follow from the name. */
struct subject {
    struct bytes user;
    struct bytes groups; /* separated by ","; may be empty */
};
/* `namespace`: of the binding; what a ServiceAccount subject without one falls back to.
 */
bool rbac_subject_matches(const json_t *subject, struct bytes namespace,
                          const struct subject *s);

struct rbac_role {
    bool cluster;
    struct bytes namespace, name;
    const json_t *rules, *labels, *aggregation;
    instant from, until; /* [from, until) */
    struct bytes by;  /* who wrote this version, or empty: it was found in a document */
    struct span span; /* item NULL: the package does not hold it, `rules` are those that
                         Kubernetes brings by that name (rbac_default.c) */
};
struct rbac_binding {
    const char *kind; /* static: of what is no object of Kubernetes; else NULL */
    bool cluster;
    struct bytes namespace, name;
    bool role_cluster;
    struct bytes role;
    const json_t *subjects;
    instant from, until;
    struct bytes by;
    struct span span;
};
#define RBAC_TYPES 4 /* roles and bindings, of namespaces and of the cluster */
struct rbac {
    struct object_versions versions[RBAC_TYPES]; /* what the rest are views into */
    struct list roles, bindings; /* struct rbac_role *, struct rbac_binding * */
    struct list owned;           /* json_t *: rules that Kubernetes brings */
    bool any;                    /* something of RBAC was in the package */
};

/* From the objects of the package and the requests of the journal (sorted). Lives in the
 * arena of the scope but for the lists: rbac_release. */
void rbac_build(struct scope *s, struct rbac *out);
void rbac_release(struct rbac *r);

/* The rules of a cluster role that every cluster is born with, as far as capabilities go
 * that are asked for here; a new reference, NULL for other names. */
json_t *rbac_default_rules(struct bytes name);

/* The same of an access policy of EKS ("AmazonEKSEditPolicy"). */
json_t *rbac_policy_rules(struct bytes name);
/* Roles and bindings for what CloudTrail shows of EKS' access policies (rbac_cloud.c): of
 * whom that the log knows, where, from when until when. */
void rbac_of_cloud(struct scope *s, struct rbac *out);

/* A rule that applies to a subject. Namespace empty: everywhere. */
struct right {
    const struct rbac_binding *binding;
    const struct rbac_role *role; /* NULL: what the binding gives is not known, */
    const json_t *rule;           /* and this NULL with it */
    struct bytes namespace;
};
/* struct rbac_binding *: those that name the subject, at whatever time, in the order
 * found. The caller frees the array. */
struct list rbac_bindings_of(const struct rbac *r, const struct subject *who);
/* Everything that these give at `t`, binding by binding. */
void rbac_rights(const struct rbac *r, const struct list *bindings, instant t,
                 void (*each)(void *context, const struct right *right), void *context);
/* The first right that allows it; false if there is none. */
bool rbac_allows(const struct rbac *r, const struct subject *who, instant t,
                 const struct attributes *a, struct right *by);

#endif
