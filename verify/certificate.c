#include "verify/certificate.h"

#include <openssl/x509v3.h>
#include <time.h>

#include "formats/base/memory.h"

/* 112 bits: RSA of 2048 and SHA-224 at least. */
#define SECURITY_LEVEL 2

const char *certificate_name(struct check *c, const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *p = NULL;
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    long n = BIO_get_mem_data(bio, &p);
    const char *text = check_text(c, bytes_of(p, n > 0 ? (size_t)n : 0));
    BIO_free(bio);
    return text;
}

const char *certificate_fingerprint(struct check *c, const X509 *certificate)
{
    uint8_t octets[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    unsigned n = 0;
    X509_digest(certificate, EVP_sha256(), octets, &n);
    bytes_to_hex(bytes_of(octets, n), hex);
    return arena_string(&c->v->arena, bytes_str(hex));
}

const char *certificate_key(struct check *c, const X509 *certificate)
{
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    return key ? check_printf(c, "%s %d", EVP_PKEY_get0_type_name(key),
                              EVP_PKEY_bits(key))
               : "";
}

instant asn1_instant(const ASN1_TIME *t)
{
    struct tm tm;
    instant out = INSTANT_NONE, day;
    if (!t || !ASN1_TIME_to_tm(t, &tm) ||
        !instant_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, &day))
        return INSTANT_NONE;
    int64_t seconds = tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
    if (__builtin_add_overflow(day, seconds * NANOSECONDS, &out))
        return INSTANT_NONE;
    return out;
}

const char *check_instant(struct check *c, instant t)
{
    char text[INSTANT_TEXT];
    return check_printf(c, "%s", instant_format(t, PRECISION_SECOND, text));
}

/* -- usage ----------------------------------------------------------------------------
 */

static bool usage_listed(const X509 *certificate, const char *const *wanted)
{
    EXTENDED_KEY_USAGE *usages =
        X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    bool found = false;
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages) && !found; i++) {
        char oid[80];
        OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(usages, i), 1);
        for (const char *const *w = wanted; *w && !found; w++)
            found = strcmp(*w, oid) == 0;
    }
    sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
    return found;
}

/* RFC 3161, 2.3: extended key usage critical, and time-stamping alone. */
static const char *timestamp_usage(const X509 *certificate)
{
    int critical = -1;
    EXTENDED_KEY_USAGE *usages =
        X509_get_ext_d2i(certificate, NID_ext_key_usage, &critical, NULL);
    bool good = sk_ASN1_OBJECT_num(usages) == 1 && critical == 1 &&
                OBJ_obj2nid(sk_ASN1_OBJECT_value(usages, 0)) == NID_time_stamp;
    sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
    return good ? NULL
                : "its certificate is not one for time-stamping alone (critical extended "
                  "key usage, RFC 3161 section 2.3)";
}

static const char *seal_usage(struct check *c, X509 *certificate)
{
    uint32_t flags = X509_get_extension_flags(certificate);
    if (flags & EXFLAG_KUSAGE &&
        !(X509_get_key_usage(certificate) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
        return "its certificate's key usage does not allow signatures";
    if (flags & EXFLAG_XKUSAGE && c->policy->usages &&
        !usage_listed(certificate, c->policy->usages))
        return "its certificate was not issued for signing documents: extended key usage "
               "is neither e-mail protection nor document signing";
    return NULL;
}

static bool is_anchor(const struct trust *t, const X509 *certificate)
{
    for (int i = 0; t && i < sk_X509_num(t->anchors); i++) {
        if (X509_cmp(sk_X509_value(t->anchors, i), certificate) == 0)
            return true;
    }
    return false;
}

/* The policy's list, by subject or fingerprint; NULL accepts everybody. */
static bool is_listed(struct check *c, const X509 *certificate, const char *const *list)
{
    if (!list)
        return true;
    const char *subject = certificate_name(c, X509_get_subject_name(certificate));
    const char *fingerprint = certificate_fingerprint(c, certificate);
    for (; *list; list++) {
        if (strcmp(*list, subject) == 0 || strcasecmp(*list, fingerprint) == 0)
            return true;
    }
    return false;
}

static const char *identity_usage(X509 *certificate)
{
    static const char *const code_signing[] = {"1.3.6.1.5.5.7.3.3", NULL};
    return usage_listed(certificate, code_signing)
               ? NULL
               : "its certificate was not issued for signing (extended key usage is not "
                 "code signing)";
}

static const char *acceptable(struct check *c, const struct certificate_question *q)
{
    if (q->purpose == PURPOSE_IDENTITY)
        return identity_usage(q->certificate);
    bool seal = q->purpose == PURPOSE_SEAL;
    if (!is_listed(c, q->certificate, seal ? c->policy->signers : c->policy->authorities))
        return seal ? "the policy does not name this signer"
                    : "the policy does not name this time-stamp authority";
    if (!seal)
        return timestamp_usage(q->certificate);
    /* An end certificate that is itself given as an anchor is accepted for what it is. */
    return is_anchor(c->options->trust, q->certificate) ? NULL
                                                        : seal_usage(c, q->certificate);
}

/* -- revocation -----------------------------------------------------------------------
 */

static X509_CRL *crl_of(const struct trust *t, X509 *issuer)
{
    X509_CRL *best = NULL;
    for (int i = 0; t && i < sk_X509_CRL_num(t->crls); i++) {
        X509_CRL *crl = sk_X509_CRL_value(t->crls, i);
        if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) ||
            X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1)
            continue;
        if (!best || asn1_instant(X509_CRL_get0_lastUpdate(crl)) >
                         asn1_instant(X509_CRL_get0_lastUpdate(best)))
            best = crl;
    }
    return best;
}

/* A list for part of the certificates only, or a delta, cannot show that one is not on
 * the full list. */
static bool is_partial(const X509_CRL *crl)
{
    return X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1) >= 0 ||
           X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0;
}

/* Since when the key must not be relied on: the invalidity date where there is one. */
static instant revoked_since(X509_REVOKED *entry)
{
    ASN1_GENERALIZEDTIME *invalid =
        X509_REVOKED_get_ext_d2i(entry, NID_invalidity_date, NULL, NULL);
    instant since = asn1_instant(invalid);
    ASN1_GENERALIZEDTIME_free(invalid);
    return since != INSTANT_NONE ? since
                                 : asn1_instant(X509_REVOKED_get0_revocationDate(entry));
}

static const char *judge_crl(struct check *c, const struct certificate_question *q,
                             X509 *certificate, X509_CRL *crl)
{
    X509_REVOKED *entry = NULL;
    instant this_update = asn1_instant(X509_CRL_get0_lastUpdate(crl));
    instant next_update = asn1_instant(X509_CRL_get0_nextUpdate(crl));
    int found = X509_CRL_get0_by_cert(crl, &entry, certificate);
    const char *name = certificate_name(c, X509_get_subject_name(certificate));
    if (found == 1) {
        instant since = revoked_since(entry);
        if (q->at_proven && q->at < since)
            return NULL;
        return check_printf(
            c, "the certificate of %s is revoked since %s, and %s", name,
            check_instant(c, since),
            q->at_proven
                ? "the signature was made after that"
                : "no time-stamp over the signature proves that it was made before");
    }
    if (is_partial(crl))
        return check_printf(c, "the revocation list for %s covers only some certificates",
                            name);
    if (this_update < q->at && next_update != INSTANT_NONE && next_update < q->at)
        return check_printf(c,
                            "the revocation list for %s ended on %s, before the moment "
                            "that it must answer for",
                            name, check_instant(c, next_update));
    return NULL;
}

static const char *judge_revocation(struct check *c, const struct certificate_question *q,
                                    STACK_OF(X509) * chain)
{
    for (int i = 0; i + 1 < sk_X509_num(chain); i++) {
        X509_CRL *crl = crl_of(c->options->trust, sk_X509_value(chain, i + 1));
        const char *bad = crl ? judge_crl(c, q, sk_X509_value(chain, i), crl) : NULL;
        if (bad)
            return bad;
    }
    return NULL;
}

/* -- the chain ------------------------------------------------------------------------
 */

static X509_STORE *store_of(const STACK_OF(X509) * anchors, instant at)
{
    X509_STORE *store = X509_STORE_new();
    if (!store)
        memory_exhausted();
    for (int i = 0; i < sk_X509_num(anchors); i++)
        X509_STORE_add_cert(store, sk_X509_value(anchors, i));
    X509_VERIFY_PARAM *p = X509_STORE_get0_param(store);
    int64_t seconds = at / NANOSECONDS - (at % NANOSECONDS < 0);
    X509_VERIFY_PARAM_set_time(p, (time_t)seconds);
    X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_ANY);
    X509_VERIFY_PARAM_set_auth_level(p, SECURITY_LEVEL);
    /* Each anchor was given on purpose, roots and others alike. */
    X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
    return store;
}

static const char *chain_error(struct check *c, X509_STORE_CTX *ctx,
                               const struct certificate_question *q)
{
    int error = X509_STORE_CTX_get_error(ctx);
    X509 *at = X509_STORE_CTX_get_current_cert(ctx);
    const char *name = at ? certificate_name(c, X509_get_subject_name(at)) : "";
    if (!name[0]) /* certificates for a moment name the signer elsewhere */
        name = "its signer";
    if (error == X509_V_ERR_CERT_HAS_EXPIRED && at)
        return check_printf(
            c, "the certificate of %s ended on %s, and %s", name,
            check_instant(c, asn1_instant(X509_get0_notAfter(at))),
            q->at_proven
                ? "the signature was made after that"
                : "no time-stamp over the signature proves that it was made before");
    if (error == X509_V_ERR_CERT_NOT_YET_VALID && at)
        return check_printf(c,
                            "the certificate of %s begins on %s, after the moment of "
                            "signing",
                            name,
                            check_instant(c, asn1_instant(X509_get0_notBefore(at))));
    if (error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
        error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
        error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
        error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE)
        return check_printf(c, "no trust anchor vouches for %s", name);
    return check_printf(c, "the chain of certificates fails at %s: %s", name,
                        X509_verify_cert_error_string(error));
}

enum outcome certificate_judge(struct check *c, const struct certificate_question *q,
                               const char **why)
{
    const struct trust *t = c->options->trust;
    const STACK_OF(X509) *anchors = q->anchors ? q->anchors : t ? t->anchors : NULL;
    if (sk_X509_num(anchors) <= 0) {
        *why = "it matches the bytes, but no trust anchor was given (--trust), so who "
               "made it is not established";
        return OUTCOME_NOT_EXAMINED;
    }
    X509_STORE *store = store_of(anchors, q->at);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    if (!ctx || !X509_STORE_CTX_init(ctx, store, q->certificate, q->others))
        memory_exhausted();
    if (X509_verify_cert(ctx) != 1)
        *why = chain_error(c, ctx, q);
    else {
        *why = acceptable(c, q);
        if (!*why)
            *why = judge_revocation(c, q, X509_STORE_CTX_get0_chain(ctx));
    }
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    if (*why)
        return OUTCOME_UNTRUSTED;
    *why = "";
    return OUTCOME_VERIFIED;
}
