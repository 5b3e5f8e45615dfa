#ifndef ANALYZE_KUBE_CLAIM_CONTAINED_H
#define ANALYZE_KUBE_CLAIM_CONTAINED_H

#include "analyze/kube/claims/claim_evidence.h"

/* Does the text say that it was contained, and name no act for that? */
bool claim_is_of_containment(struct bytes text);
/* Was it, at that time? */
enum claim_verdict claim_judge_contained(struct claim_state *c);

/* Shows what held the pod back until then. */
void claim_show_holding(struct claim_state *c, instant until);

#endif
