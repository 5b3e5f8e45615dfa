/* A sentence of the written timeline: its acts one by one, and their order. */
#ifndef ANALYZE_KUBE_CLAIM_SENTENCE_H
#define ANALYZE_KUBE_CLAIM_SENTENCE_H

#include "analyze/kube/claims/claim_evidence.h"

struct claim_sentence {
    struct claim_state *all; /* gets the evidence of its acts */
    const struct claim_known *known;
    json_t *parts; /* array: each act, where there are several */
};

/* A sentence holds where all of its acts and their order do, and is false where one of
 * them is. */
enum claim_verdict claim_judge_sentence(struct claim_sentence *s);
/* Does it tell of acts that were at another time than its own? */
bool claim_is_of_other_times(struct bytes text);

#endif
