/* Certificates that lie in the package as files of their own. They vouch for nothing, but
 * complete what a signature or a time-stamp left out: its signer, the way up to an
 * anchor. Internal to verify/.
 */
#ifndef VERIFY_CERTIFICATE_FILE_H
#define VERIFY_CERTIFICATE_FILE_H

#include <openssl/x509.h>

#include "verify/check.h"

struct certificate_file {
    X509 *certificate;
    const struct item *item; /* a file can hold several */
    bool used;               /* it is in the chain of a seal */
    struct certificate_file *next;
};

/* Reads them from the files that are named like certificates, at the first call. */
const struct certificate_file *certificate_files(struct check *c);
/* A seal was made with this certificate: its file, and those of the issuers above it, are
 * part of the seal, whether anyone trusts it or not. */
void certificate_files_use(struct check *c, X509 *signer);
/* Is it the issuer of such a certificate? */
bool certificate_files_issuer(const struct check *c, const X509_NAME *name);
bool certificate_file_is_used(const struct check *c, const struct item *item);
void certificate_files_release(struct check *c);

#endif
