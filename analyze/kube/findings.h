/* The catalogue of analyze/kube's findings: findings.def. */
#ifndef ANALYZE_KUBE_FINDINGS_H
#define ANALYZE_KUBE_FINDINGS_H

#include "analyze/kube/journal.h"

enum kube_finding {
#define FINDING(name, id, severity, title, attack, why, refute) KUBE_##name,
#include "analyze/kube/findings.def"
#undef FINDING
    KUBE_FINDING_COUNT
};

/* A finding about `subject`; arguments are added by finding_argument, then kube_found. */
struct finding kube_finding(enum kube_finding which, struct bytes subject,
                            struct span span);
/* Adds it; dropped when it has no proof. Credentials in its subject are masked. */
void kube_found(struct scope *s, struct finding *f);
/* A finding about one request: time, spans, user, action, object. */
struct finding kube_finding_of_request(struct scope *s, enum kube_finding which,
                                       const struct request *r);

#endif
