/* Certificates: does the holder of this key speak for an anchor, at that moment?
 *
 * RFC 5280 path validation by OpenSSL at a chosen time, with two rules of our own around
 * it: revocation is judged against the moment of signing (OpenSSL calls a certificate
 * revoked even when that happened later, and cannot use a list that is newer than the
 * moment), and key usage is judged for sealing evidence instead of for e-mail.
 */
#ifndef VERIFY_CERTIFICATE_H
#define VERIFY_CERTIFICATE_H

#include <openssl/x509.h>

#include "verify/check.h"
#include "verify/trust_store.h"

/* IDENTITY: a certificate for a moment, by which an authority says who somebody was when
 * he signed (Sigstore). */
enum certificate_purpose { PURPOSE_SEAL, PURPOSE_TIMESTAMP, PURPOSE_IDENTITY };

struct certificate_question {
    X509 *certificate;
    STACK_OF(X509) * others;        /* untrusted, to build the chain from; may be NULL */
    const STACK_OF(X509) * anchors; /* NULL: those of --trust */
    enum certificate_purpose purpose;
    instant at;     /* when the signature was made, as far as that is proven */
    bool at_proven; /* by a time-stamp; else `at` is now */
};

/* VERIFIED, UNTRUSTED or NOT_EXAMINED (no trust was given), with *why in the
 * verification's arena: a sentence without a full stop. */
enum outcome certificate_judge(struct check *c, const struct certificate_question *q,
                               const char **why);

/* "CN=…,O=…" as RFC 2253 writes it, as text for outputs. */
const char *certificate_name(struct check *c, const X509_NAME *name);
/* SHA-256 of the DER, in hex. */
const char *certificate_fingerprint(struct check *c, const X509 *certificate);
/* Kind and bits of its key: "RSA 2048", "EC 256", "ED25519 253". */
const char *certificate_key(struct check *c, const X509 *certificate);
/* INSTANT_NONE when it cannot be read. */
instant asn1_instant(const ASN1_TIME *t);
/* "2026-11-23T09:48:53Z" in the verification's arena. */
const char *check_instant(struct check *c, instant t);

#endif
