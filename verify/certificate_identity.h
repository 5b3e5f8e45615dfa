/* Who a certificate of a Sigstore authority (Fulcio) names. Internal to verify/.
 *
 * Source: sigstore/fulcio, docs/oid-info.md: the name is the subject alternative name,
 * who vouched for it stands in an extension.
 */
#ifndef VERIFY_CERTIFICATE_IDENTITY_H
#define VERIFY_CERTIFICATE_IDENTITY_H

#include <openssl/x509.h>

#include "verify/check.h"

/* E-mail address, URI or other name, as text for outputs; "" when there is none. */
const char *certificate_identity(struct check *c, const X509 *certificate);
const char *certificate_identity_issuer(struct check *c, const X509 *certificate);

/* NULL when the examiner accepts this name by this issuer (--identity, or the policy's
 * signers; --identity-issuer); else why not. Anybody can get such a certificate, so
 * somebody must have been named. */
const char *certificate_identity_refusal(struct check *c, const char *identity,
                                         const char *issuer);

#endif
