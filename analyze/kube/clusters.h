/* Clusters: which logs of the package are another cluster's. Audit records do not name
 * their cluster, and stage and production have the same namespaces, pods and accounts;
 * but each cluster gives a service account an identifier of its own, and an account has
 * one at a time. For analyze/kube/ only. */
#ifndef ANALYZE_KUBE_CLUSTERS_H
#define ANALYZE_KUBE_CLUSTERS_H

#include "analyze/kube/journal.h"
#include "formats/audit.h"

/* What a record tells of its cluster; views. */
struct cluster_mark {
    struct bytes uid; /* of the service account that asked */
    bool home;        /* the pod itself, or the kubelet of its node, asked */
};

/* Pure, on the decoder's thread. */
struct cluster_mark clusters_mark(const struct scope *s, const struct audit_event *e);
/* One thread, as records come. */
void clusters_see(struct scope *s, const struct request *r, const struct cluster_mark *m);
/* At the end, before the journal is sorted: requests of logs that are of another cluster
 * than the pod's are left out, and what was found is told. */
void clusters_part(struct scope *s);
void clusters_free(struct clusters *c); /* may be NULL */

#endif
