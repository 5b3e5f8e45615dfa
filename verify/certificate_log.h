/* Certificate transparency: was this certificate promised to a log that is trusted?
 * Internal to verify/.
 *
 * Source: RFC 6962 sections 3.2 and 3.3: the embedded signed certificate timestamps are
 * over the certificate without them, and the key of its issuer.
 */
#ifndef VERIFY_CERTIFICATE_LOG_H
#define VERIFY_CERTIFICATE_LOG_H

#include "verify/trusted_root.h"
#include "verify/verification.h"

/* VERIFIED when one embedded timestamp holds by a log of the list; else UNTRUSTED or
 * FAILED, and *why (static). */
struct certificate_log_question {
    X509 *certificate, *issuer;
    const struct trusted_log *logs;
};
enum outcome certificate_log_check(const struct certificate_log_question *q,
                                   const char **why);

#endif
