/* What lies beside a seal for those who are to check it: the public key, the certificates
 * up to an authority, the revocation list, the allowed signers. No manifest lists it, and
 * nobody relies on it: trust is what the examiner brought. Internal to verify/.
 */
#ifndef VERIFY_ATTACHMENT_H
#define VERIFY_ATTACHMENT_H

#include "verify/check.h"

/* What the file is to one of the package's seals, or NULL. It belongs to a seal only when
 * that seal was made with it: another key or certificate is a file like any other. After
 * the signatures were checked. */
const char *attachment_of(struct check *c, const struct item *file);

#endif
