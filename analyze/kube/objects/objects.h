/* Objects: the Kubernetes objects of the package's documents. For analyze/kube/. */
#ifndef ANALYZE_KUBE_OBJECTS_H
#define ANALYZE_KUBE_OBJECTS_H

#include "analyze/kube/journal.h"

/* Reads every kept document that holds objects into the scope, in order of item. */
void objects_read(struct scope *s);
/* Where a node of an object's tree stands; the whole object when it has no place of its
 * own (strings and numbers). `node` may be NULL. */
struct span object_span(const struct object *o, const json_t *node);
/* The first object of that kind and name; an empty namespace matches any. Or NULL. */
const struct object *objects_find(const struct scope *s, const char *kind,
                                  struct bytes namespace, struct bytes name);

/* Annotations by which clouds name the role or account that a service account's pods get
 * credentials of. */
#define CLOUD_ACCOUNTS 3
extern const char *const cloud_account_keys[CLOUD_ACCOUNTS];
/* What the pod's service account is annotated with; empty: nothing. */
struct bytes pod_cloud_account(const struct scope *s, size_t key);

/* Finds the pod of the scope and fills scope.pod and scope.manifest (begin.c). */
void pod_find(struct scope *s);
/* What is learnt from a Pod object: containers, node, account, owner. */
void pod_from_manifest(struct scope *s, const struct object *o);
/* Takes note of the secrets and config maps that the manifest, or else the description,
 * names. */
void scope_refer(struct scope *s);
/* A container by its id; joins what is known of the same name or id. */
void pod_add_container(struct scope *s, const struct scope_container *c);
/* The account that it runs as, in the namespace that is known already. */
void pod_set_account(struct scope *s, struct bytes account);
/* Finds the pod in the text of `kubectl describe`, or learns of it from there what no
 * manifest tells (described.c). */
void pod_from_description(struct scope *s);
/* The secrets and config maps that the description of the pod names, and where it stands;
 * views as long as the package. */
struct reference;
void description_references(struct scope *s,
                            void (*each)(void *context, const struct reference *r),
                            void *context);
struct span description_span(const struct scope *s);

#endif
