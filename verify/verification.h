/* Verification: is this package still what was collected, who sealed it, and until when
 * is it locked? Everything that verdict.json says (DESIGN 7).
 *
 * Order of work: verify_options are loaded (trust.h, policy.h) before the package is
 * opened, so that the sandbox can close afterwards; walk_package with a care that keeps
 * what verification_care asks for; then verification_run.
 *
 * Every statement is one of three, kept apart in every output (enum basis): `verified`
 * was computed here from bytes, `asserted` is only said by a captured document, and the
 * rest is `not examined`.
 */
#ifndef VERIFY_VERIFICATION_H
#define VERIFY_VERIFICATION_H

#include <jansson.h>
#include <stdio.h>

#include "formats/retention.h"
#include "verify/finding.h"
#include "verify/package.h"
#include "verify/walk.h"

struct trust;  /* verify/trust.h: anchors, revocation lists, keys, allowed signers */
struct policy; /* verify/policy.h */

struct verification_options {
    const struct trust *trust;   /* NULL: no seal is asked to be checked */
    const struct policy *policy; /* NULL: the built-in one */
    instant retain_until;        /* every lock must last so long, or INSTANT_NONE */
    instant now;                 /* the moment of judgement */
    const char *sandbox; /* which confinement took hold, for the record; or NULL */
    const char
        *own_trust; /* a file of trust or policy that lies in the package, or NULL */
    bool reveal;    /* credentials in names are not masked */
};

/* What became of a seal, a lock or an artefact. */
enum outcome {
    OUTCOME_NOT_EXAMINED = 0, /* nobody asked, or no way to check: `why` says which */
    OUTCOME_VERIFIED,         /* computed here, and it holds */
    OUTCOME_ASSERTED,  /* a captured document says so, and it satisfies what was asked */
    OUTCOME_UNTRUSTED, /* the mathematics hold; the signer or authority is not accepted */
    OUTCOME_FAILED,    /* does not hold */
};
const char *outcome_name(enum outcome o);

/* All strings below are valid UTF-8 without deceptive characters, "" where unknown, and
 * live as long as the verification. */

/* One manifest, of any format. */
struct manifest_record {
    struct item *item;
    const char *format; /* "sums", "hashdeep", "bagit", "oci", "oci-config", "mtree",
                          "json", "in-toto" */
    uint64_t claims, verified, mismatched, missing, malformed;
    bool sealed; /* a trusted seal, or a sealed manifest that lists it, covers it */
    bool speaks_for_package; /* false inside nested archives */
    bool algorithm_holds;    /* a digest of it holds whose algorithm was in doubt */
    struct manifest_record *next;
};

/* Something that a manifest lists and that is not there. */
struct missing_record {
    struct bytes path; /* raw, relative to the package's root */
    struct claim claim;
    const struct item *twin; /* has the content, under a name that is listed; or NULL */
    struct missing_record *next;
};

struct signature_record {
    const struct item *item; /* the signature itself */
    const struct item *over; /* what it signs, or NULL when that is not in the package */
    const char *format; /* "cms", "sshsig", "minisign", "signify", "dsse", "sigstore",
                           "openpgp" */
    const char *signer; /* subject of the certificate, principal, or key id */
    const char *issuer;
    const char *certificate_sha256; /* fingerprint of certificate or key, or "" */
    instant certificate_until;      /* its end, or INSTANT_NONE */
    const char *key, *digest;       /* "RSA 2048", "sha256"; "" where not known */
    instant time;          /* when it was signed, as far as known, or INSTANT_NONE */
    enum basis time_basis; /* verified by a time-stamp, or asserted by the signer */
    instant claimed;       /* what the signer says, whatever is proven; or INSTANT_NONE */
    instant certificate_from; /* its beginning, or INSTANT_NONE */
    enum outcome verdict;
    const char *why;
    struct signature_record *next;
};

struct timestamp_record {
    const struct item *item;
    const struct item *over; /* the time-stamped item, or NULL */
    const char *format;      /* "rfc3161", "rfc4998", "opentimestamps" */
    const char *authority;
    const char *policy; /* object identifier */
    const char *serial;
    instant time;     /* genTime, or INSTANT_NONE */
    int64_t accuracy; /* nanoseconds either way; 0 where the token does not say */
    instant certificate_until; /* end of the authority's, or INSTANT_NONE */
    const char *key, *digest;  /* of the authority's signature: "RSA 2048", "sha256" */
    const char *nonce;         /* hex, or "" */
    uint64_t renewals;         /* of an evidence record, the last one at `renewed` */
    instant renewed;
    enum outcome verdict;
    const char *why;
    struct timestamp_record *next;
};

struct retention_record {
    const struct item *item; /* the captured document */
    uint64_t offset, length; /* of the statement in it */
    const struct item *over; /* the package's file that the object is, or NULL */
    const char *object;      /* bucket/key or account/container/blob */
    const char *version;     /* "" when none is pinned */
    const char *provider;    /* "s3", "minio", "gcs", "azure" */
    const char *mode; /* "compliance", "governance", "locked", "unlocked", "none" */
    instant retain_until;
    enum hold legal_hold; /* HOLD_UNKNOWN: nothing is said of one */
    enum outcome verdict; /* never more than asserted */
    const char *why;
    struct retention_record *next;
};

struct completeness_record {
    const char *artefact; /* role name */
    bool required, present;
    const struct item *const *items;
    size_t item_count;
    const char *why; /* what cannot be answered without it, or "" */
    struct completeness_record *next;
};

struct custody_record {
    const struct item *item; /* the custody log in the package, or NULL: --custody FILE */
    uint64_t entries;
    enum outcome verdict;
    const char *why;
    struct custody_record *next;
};

/* Why the verdict is not better, most important first. */
struct reason {
    enum package_verdict verdict; /* what this reason alone would give */
    const char *text;
    struct reason *next;
};

struct verification {
    struct arena arena;
    const struct package *package;
    struct findings *findings;
    instant now;
    const char *sandbox;
    struct mask mask; /* of what is said about it, in every form */
    enum package_verdict verdict;
    struct reason *reasons;
    struct digest listing;
    bool has_listing;
    uint64_t files, bytes; /* package-level files and their bytes */
    uint64_t verified, mismatched, missing_count, unlisted, unreadable, unchecked;
    struct manifest_record *manifests;
    struct manifest_record **manifests_by_item; /* once all are there (check_seal.c) */
    size_t manifest_count;
    struct missing_record *missing;
    struct signature_record *signatures;
    struct timestamp_record *timestamps;
    struct retention_record *retention;
    const struct item *
        *unlocked;         /* files of which no captured document says a lock that */
    size_t unlocked_count; /* satisfies; none where no document speaks of locks */
    struct completeness_record *completeness;
    struct custody_record *custody;
};

/* The walk's care for what verification reads: KEEP for manifests, seals and retention.
 */
enum care verification_care(const struct item *item);

/* Judges a walked package. Sets verdicts and claims of its items, adds findings (the
 * walk's own too). `v` is overwritten; free with verification_release. Returns 0 or < 0.
 */
int verification_run(struct package *p, const struct verification_options *options,
                     struct findings *findings, struct verification *v);
void verification_release(struct verification *v);

/* verdict.json, schema "exhibit/verdict/1". New reference. */
json_t *verification_to_json(const struct verification *v);
/* The same text as json_dumpf(…, JSON_INDENT(2)) makes of it and a newline, in little
 * memory. */
void verification_print_json(const struct verification *v, FILE *to);
/* The summary for people, escaped for a terminal; `colour` marks verdicts with it. */
void verification_to_text(const struct verification *v, bool colour, struct text *t);
/* 0 for verified and unsealed, 1 for the rest: the exit status of DESIGN 2. */
int verification_status(const struct verification *v);

#endif
