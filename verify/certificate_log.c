#include "verify/certificate_log.h"

#include <openssl/ct.h>

#include "formats/base/memory.h"
#include "formats/base/text.h"
#include "verify/raw_signature.h"

static void put_number(struct text *t, uint64_t n, int octets)
{
    while (octets-- > 0)
        text_byte(t, (char)(n >> (8 * octets)));
}

/* The certificate as it was before it had the timestamps. */
static int tbs_without_timestamps(const X509 *certificate, uint8_t **der)
{
    X509 *copy = X509_dup((X509 *)(uintptr_t)certificate);
    int at = copy ? X509_get_ext_by_NID(copy, NID_ct_precert_scts, -1) : -1, n = -1;
    if (at >= 0) {
        X509_EXTENSION_free(X509_delete_ext(copy, at));
        n = i2d_re_X509_tbs(copy, der);
    }
    X509_free(copy);
    return n;
}

static bool key_digest(const X509 *issuer, struct digest *out)
{
    uint8_t *der = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(issuer), &der);
    if (n > 0)
        *out = digest_bytes(DIGEST_SHA256, bytes_of(der, (size_t)n));
    OPENSSL_free(der);
    return n > 0;
}

/* What the log signed: RFC 6962, 3.2, with an entry of type precert_entry. */
static bool signed_data(const X509 *certificate, const X509 *issuer, const SCT *sct,
                        struct text *t)
{
    uint8_t *tbs = NULL, *extensions = NULL;
    struct digest issuer_key;
    int n = tbs_without_timestamps(certificate, &tbs);
    size_t extra = SCT_get0_extensions(sct, &extensions);
    bool good = n > 0 && key_digest(issuer, &issuer_key);
    if (good) {
        put_number(t, 0, 2); /* version 1, certificate_timestamp */
        put_number(t, SCT_get_timestamp(sct), 8);
        put_number(t, 1, 2); /* precert_entry */
        text_add(t, bytes_of(issuer_key.octets, digest_size(DIGEST_SHA256)));
        put_number(t, (uint64_t)n, 3);
        text_add(t, bytes_of(tbs, (size_t)n));
        put_number(t, extra, 2);
        text_add(t, bytes_of(extensions, extra));
    }
    OPENSSL_free(tbs);
    return good;
}

static const struct trusted_log *log_of(const SCT *sct, const struct trusted_log *logs)
{
    uint8_t *id = NULL;
    size_t n = SCT_get0_log_id(sct, &id);
    while (logs && !bytes_eq(logs->id, bytes_of(id, n)))
        logs = logs->next;
    return logs;
}

static enum outcome check_timestamp(const struct certificate_log_question *q,
                                    const SCT *sct, const struct trusted_log *log,
                                    const char **why)
{
    instant at;
    uint8_t *value = NULL;
    size_t n = SCT_get0_signature(sct, &value);
    struct text data = {0};
    *why = "its certificate's log timestamp (SCT) does not hold";
    if (SCT_get_version(sct) != SCT_VERSION_V1 ||
        !instant_from_epoch((int64_t)SCT_get_timestamp(sct), PRECISION_MILLISECOND, &at))
        return OUTCOME_FAILED;
    if (!valid_at(&log->valid, at)) {
        *why = "the trusted root does not accept the certificate's log for that time";
        return OUTCOME_UNTRUSTED;
    }
    bool holds = signed_data(q->certificate, q->issuer, sct, &data) &&
                 raw_signature_holds(log->key, text_bytes(&data), bytes_of(value, n));
    text_release(&data);
    return holds ? OUTCOME_VERIFIED : OUTCOME_FAILED;
}

enum outcome certificate_log_check(const struct certificate_log_question *q,
                                   const char **why)
{
    STACK_OF(SCT) *list =
        X509_get_ext_d2i(q->certificate, NID_ct_precert_scts, NULL, NULL);
    enum outcome best = OUTCOME_UNTRUSTED;
    *why = sk_SCT_num(list) > 0
               ? "its certificate was logged where the trusted root names no log"
               : "its certificate carries no timestamp of a certificate log (SCT)";
    for (int i = 0; i < sk_SCT_num(list) && best != OUTCOME_VERIFIED; i++) {
        const SCT *sct = sk_SCT_value(list, i);
        const struct trusted_log *log = log_of(sct, q->logs);
        if (log)
            best = check_timestamp(q, sct, log, why);
    }
    SCT_LIST_free(list);
    return best;
}
