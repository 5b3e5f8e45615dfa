/* A sentence of a written timeline that tells of several acts, act by act. */
#ifndef ANALYZE_KUBE_CLAIM_PARTS_H
#define ANALYZE_KUBE_CLAIM_PARTS_H

#include "formats/base/bytes.h"

/* What one sentence tells; further acts stay with the last. */
#define CLAIM_PARTS 8

/* When an act was, as the words have it, seen from the act told before it. */
enum claim_order { ORDER_UNTOLD = 0, ORDER_LATER, ORDER_EARLIER };

struct claim_part {
    struct bytes text; /* of the sentence, without the word that joins it */
    enum claim_order order;
    /* "After the shell was opened, …": the time of the sentence is not that of this. */
    bool other_time;
    /* Its verb has no subject of its own: "… and deleted the pod". Who did it is who did
     * what stands before. */
    bool goes_on;
    /* It has no verb of its own either: "… and pod b". The act is the one before. */
    bool same_act;
};

/* The parts that can be judged each by itself, in their order; 1 where there is only one
 * act, or where it is not plain which words belong to which. Nothing of the sentence
 * is lost: what is no act of its own stays with the part before it. */
size_t claim_parts(struct bytes sentence, struct claim_part parts[CLAIM_PARTS]);

#endif
