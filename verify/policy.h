/* Policy: what the examiner demands of a package, as a JSON file (README, "Policy file").
 * Without a file the built-in policy holds, whose artefacts are those that a Kubernetes
 * incident needs. */
#ifndef VERIFY_POLICY_H
#define VERIFY_POLICY_H

#include "formats/base/arena.h"
#include "formats/base/digest.h"
#include "formats/base/instant.h"
#include "verify/item.h"

enum requirement { ARTEFACT_OPTIONAL = 0, ARTEFACT_RECOMMENDED, ARTEFACT_REQUIRED };

struct policy {
    struct arena arena;
    enum requirement artefacts[ROLE_COUNT];
    bool artefacts_always; /* hold even where nothing Kubernetes is in the package */
    digest_set algorithms; /* that can carry a verdict */
    /* Lists end with NULL; NULL means that anyone whom the trust anchors vouch for will
     * do. Entries are certificate subjects, SHA-256 fingerprints, principals or key ids.
     */
    const char *const *signers;
    const char *const *authorities;
    const char *const *timestamp_policies;
    const char *const *usages; /* extended key usages of a signer's certificate, dotted */
    bool signature_required, timestamp_required, retention_required;
    bool content_timestamp_dates_signature; /* see README, "Expired certificates" */
    bool governance_allowed;                /* a lock that an administrator can lift */
    bool legal_hold_required;
    instant retain_until; /* INSTANT_NONE when the policy has none */
    int64_t retain_days;  /* from the moment of judgement; 0 when none */
};

/* Is the name on one of the lists? A list that is NULL names nobody. */
bool policy_lists(const char *const *list, const char *name);

/* Free with policy_free. */
struct policy *policy_default(void);
/* 0, or 1 with a sentence (owned by the policy module, valid until the next call). */
int policy_load(const char *path, struct policy **out, const char **why);
void policy_free(struct policy *p);

#endif
