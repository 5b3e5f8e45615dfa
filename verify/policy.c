#include "verify/policy.h"

#include <stdlib.h>

#include "formats/base/memory.h"

/* Keys for sealing documents: S/MIME (RFC 8550), document signing (RFC 9336), and the
 * older one of Microsoft's. A certificate for programs, servers or clients is not one by
 * which its holder was authorised to seal evidence, even from the same authority. */
static const char *const seal_usages[] = {
    "1.3.6.1.5.5.7.3.4",
    "1.3.6.1.5.5.7.3.36",
    "1.3.6.1.4.1.311.10.3.12",
    NULL,
};

bool policy_lists(const char *const *list, const char *name)
{
    while (list && *list && strcmp(*list, name) != 0)
        list++;
    return list && *list;
}

struct policy *policy_default(void)
{
    static const enum role required[] = {
        ROLE_POD_MANIFEST, ROLE_WRITABLE_LAYER, ROLE_CONTAINER_LOG,    ROLE_FALCO_ALERTS,
        ROLE_AUDIT_LOG,    ROLE_NETWORK_POLICY, ROLE_WRITTEN_TIMELINE,
    };
    struct policy *p = memory_new(1, sizeof *p);
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        p->artefacts[required[i]] = ARTEFACT_REQUIRED;
    p->artefacts[ROLE_CRIU_CHECKPOINT] = ARTEFACT_RECOMMENDED;
    for (unsigned a = 0; a < DIGEST_COUNT; a++) {
        if (!digest_info((enum digest_algorithm)a)->weak)
            p->algorithms |= DIGEST_BIT(a);
    }
    p->usages = seal_usages;
    p->governance_allowed = true;
    p->retain_until = INSTANT_NONE;
    return p;
}

void policy_free(struct policy *p)
{
    if (!p)
        return;
    arena_release(&p->arena);
    free(p);
}
