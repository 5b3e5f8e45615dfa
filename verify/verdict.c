#include "verify/verdict.h"

const char *verdict_name(enum verdict v)
{
    static const char *const names[] = {
        [VERDICT_UNCHECKED] = "unchecked", [VERDICT_VERIFIED] = "verified",
        [VERDICT_MISMATCH] = "mismatch",   [VERDICT_MISSING] = "missing",
        [VERDICT_UNLISTED] = "unlisted",   [VERDICT_UNREADABLE] = "unreadable",
    };
    return names[v];
}

void verdict_set(enum verdict *v, enum verdict to)
{
    bool is_worse = *v != VERDICT_UNCHECKED && *v != VERDICT_VERIFIED;
    if (to == VERDICT_UNCHECKED || (to == VERDICT_VERIFIED && is_worse))
        return;
    *v = to;
}

const char *package_verdict_name(enum package_verdict v)
{
    static const char *const names[] = {
        [PACKAGE_UNCHECKED] = "unchecked", [PACKAGE_VERIFIED] = "verified",
        [PACKAGE_UNSEALED] = "unsealed",   [PACKAGE_INCOMPLETE] = "incomplete",
        [PACKAGE_FAILED] = "failed",
    };
    return names[v];
}

const char *basis_name(enum basis b)
{
    static const char *const names[] = {
        [BASIS_NOT_EXAMINED] = "not examined",
        [BASIS_ASSERTED] = "asserted",
        [BASIS_VERIFIED] = "verified",
    };
    return names[b];
}
