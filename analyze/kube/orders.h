/* Orders: objects by which GitOps tools are told what to make. What such a tool makes is
 * the work of whoever wrote the order last; it marks each object with it. For
 * analyze/kube/.
 *
 * Sources: Argo CD, "Resource Tracking" (annotation argocd.argoproj.io/tracking-id:
 * "APP:GROUP/KIND:NAMESPACE/NAME", APP with its namespace and "_" before it where that is
 * not Argo CD's own; or a label with APP); Flux, "Garbage collection" (labels
 * {kustomize,helm}.toolkit.fluxcd.io/{name,namespace}). */
#ifndef ANALYZE_KUBE_ORDERS_H
#define ANALYZE_KUBE_ORDERS_H

#include "analyze/kube/journal.h"
#include "formats/json_lines.h"

struct keyed; /* keyed.h */

/* Which order the object of these metadata says it is made by; false: none. Copied into
 * `arena`. Pure. */
bool order_of(struct jsonl_value metadata, struct arena *arena, struct order *out);

/* Says of what GitOps tools wrote, and took away again, who ordered it. `made`: the
 * writes that are no deletions, by object and time (keyed_sort). */
void orders_find(struct scope *s, const struct keyed *made, size_t n);

#endif
