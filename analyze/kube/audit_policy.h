/* The audit policy of the API server, where the package holds it: which questions its
 * log cannot answer. Source: audit.k8s.io/v1 Policy. */
#ifndef ANALYZE_KUBE_AUDIT_POLICY_H
#define ANALYZE_KUBE_AUDIT_POLICY_H

#include <jansson.h>

#include "formats/base/bytes.h"

struct scope;

/* [{level, what, verbs, users, namespaces, says, spans}], of the rules that leave
 * something out, in their order: the first rule that matches a request decides. A new
 * reference. */
json_t *kube_audit_policy(const struct scope *s);
/* Are requests on that resource left out, whoever makes them? */
bool kube_audit_leaves_out(const struct scope *s, struct bytes resource);

#endif
