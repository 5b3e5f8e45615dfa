/* The subject that a certificate signing request of Kubernetes asks for: who somebody
 * wants to become. Only the names of a user (CN) and of groups (O) are read; signatures
 * are not checked, for what counts is what was asked.
 *
 * Source: k8s.io/api/certificates/v1, spec.request: base64 of PEM (RFC 7468) of a PKCS
 * #10 CertificationRequest (RFC 2986 4.1); RFC 5280 appendix A.1 for the attributes.
 */
#ifndef FORMATS_CSR_H
#define FORMATS_CSR_H

#include "formats/base/arena.h"

struct csr_name {
    const char *attribute; /* "CN" or "O" */
    struct bytes value;    /* as encoded, without its ASN.1 type */
};

struct csr_names {
    struct bytes rest;      /* of the subject's sets */
    struct bytes relatives; /* of the set that is being read */
};
/* `request` is the text of spec.request; views live as long as the arena. False when it
 * is no such request. */
bool csr_open(struct bytes request, struct arena *arena, struct csr_names *out);
/* The next user's or group's name; false at the end and where the subject is damaged. */
bool csr_next(struct csr_names *names, struct csr_name *out);

#endif
