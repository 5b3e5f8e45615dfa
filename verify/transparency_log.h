/* Entries of the public log that a Sigstore bundle carries: are they in a log that is
 * trusted, and when did it take them? Internal to verify/. */
#ifndef VERIFY_TRANSPARENCY_LOG_H
#define VERIFY_TRANSPARENCY_LOG_H

#include "formats/sigstore.h"
#include "verify/trusted_root.h"
#include "verify/verification.h"

/* VERIFIED when the entry is proven to be in a log of the list that is valid at `at` (or
 * at the entry's own time, when it states one): its inclusion proof leads to a checkpoint
 * that the log signed, and its promise, where there is one, holds. Else UNTRUSTED (of no
 * log of the list) or FAILED, and *why (static). */
struct log_question {
    const struct trusted_log *logs;
    instant at;          /* INSTANT_NONE: no other time is known */
    bool proof_required; /* a promise alone does not do */
};
enum outcome log_entry_check(const struct log_question *q, const struct sigstore_entry *e,
                             const char **why);

/* The time that the entry's promise proves, or INSTANT_NONE: the checkpoint says no time.
 */
instant log_entry_time(const struct sigstore_entry *e);

#endif
