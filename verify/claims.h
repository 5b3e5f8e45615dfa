/* Claims of the manifests, compared with what was computed. Internal to verify/. */
#ifndef VERIFY_CLAIMS_H
#define VERIFY_CLAIMS_H

#include "verify/check.h"

/* By what the file was found that a claim is about. */
enum meant { MEANT_BY_NAME, MEANT_BY_SPELLING, MEANT_BY_DIGEST };

/* A claim whose digest is not compared yet. */
struct pending_claim {
    struct claim *claim;
    struct item *item;
    struct bytes name; /* as the manifest writes it */
    enum meant meant;
    digest_set candidates; /* algorithms that its octets may be of */
    bool other_algorithm;  /* or of one that is not computed */
    struct manifest_record *record;
};

struct pending_claims {
    struct pending_claim *v;
    size_t n, capacity;
};

/* The bytes of the manifest that make the claim. */
struct span claim_span(const struct claim *claim);

/* `claim` is about `item`, and its digest is to be compared. A manifest can list one file
 * a million times: whoever looks for his own claims finds them before all others. */
void claim_add(struct pending_claims *list, const struct pending_claim *claim);

/* Computes what is missing, each container read once; sets the verdicts of claims and
 * items, and adds a finding for each file that is not what is claimed. 0 or < 0. */
int claims_compare(struct check *c, const struct pending_claims *list);

/* What a manifest says of a split archive as a whole, it says of each of its files that
 * no manifest lists by itself. */
void claims_of_wholes(struct check *c);

#endif
