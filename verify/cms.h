/* CMS signed data (RFC 5652): reading it whole, and the mathematics of one signer. Who
 * the signer is and whether that counts is certificate.h's question. Internal to verify/.
 */
#ifndef VERIFY_CMS_H
#define VERIFY_CMS_H

#include <openssl/cms.h>

#include "verify/signed_bytes.h"

/* DER, PEM, base64 or S/MIME. Nothing may follow after DER: bytes behind the structure
 * are no part of what was signed. NULL with *why (static) when it is not that. */
CMS_ContentInfo *cms_read(struct bytes content, const char **why);

/* One signer of a structure. */
struct cms_signer {
    CMS_ContentInfo *cms; /* the structure */
    CMS_SignerInfo *info;
    STACK_OF(X509) * certificates; /* as given to cms_signer_of */
    X509 *certificate;  /* borrowed from `certificates`; NULL when it is nowhere */
    struct bytes value; /* the signature's octets */
    instant claimed;    /* signingTime, or INSTANT_NONE */
    bool canonical; /* it holds over the bytes as text with CRLF at the ends of lines */
};
/* The signer at `index`, from 0. `certificates`: all that are known, of the structure and
 * of the anchors. */
struct cms_signer cms_signer_of(CMS_ContentInfo *cms, int index,
                                STACK_OF(X509) * certificates);
/* Those of the structure, then `known` (NULL: the anchors of --trust), then those that
 * lie in the package as files. Freed with their references. */
STACK_OF(X509) *
    cms_certificates(struct check *c, CMS_ContentInfo *cms, const STACK_OF(X509) * known);

/* NULL when the signature holds over these bytes; else why not (static). */
const char *cms_signer_check(struct cms_signer *s, const struct signed_bytes *over);
/* The digest algorithm of the signature, as OpenSSL names it: "sha256" (static). */
const char *cms_signer_algorithm(const struct cms_signer *s);
/* The digest that the signer says the content has; false without signed attributes. */
bool cms_signer_digest(const struct cms_signer *s, struct digest *out);

#endif
