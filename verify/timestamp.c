#include "verify/timestamp.h"

#include <openssl/ess.h>
#include <openssl/ts.h>

#include "verify/certificate.h"
#include "verify/seal_target.h"

struct token {
    CMS_ContentInfo *cms;
    TS_TST_INFO *info;
    STACK_OF(X509) * certificates;
    struct digest imprint;
    const struct trusted_authority *authority; /* or NULL: the anchors of --trust */
};

/* -- reading ---------------------------------------------------------------------------
 */

/* A response has a status before the token; a bare token is CMS at once. */
static CMS_ContentInfo *read_response(struct bytes b, const char **why)
{
    const uint8_t *at = b.p;
    TS_RESP *response = d2i_TS_RESP(NULL, &at, (long)b.n);
    CMS_ContentInfo *cms = NULL;
    if (!response)
        return cms_read(b, why);
    long status =
        ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response)));
    uint8_t *der = NULL;
    int n =
        TS_RESP_get_token(response) ? i2d_PKCS7(TS_RESP_get_token(response), &der) : 0;
    if ((size_t)(at - b.p) != b.n)
        *why = "bytes follow after the end of the response";
    else if (status != 0 && status != 1)
        *why = "the authority refused: the response holds no token";
    else if (n > 0)
        cms = cms_read(bytes_of(der, (size_t)n), why);
    else
        *why = "the response holds no token";
    OPENSSL_free(der);
    TS_RESP_free(response);
    return cms;
}

static TS_TST_INFO *read_info(CMS_ContentInfo *cms, struct bytes *raw)
{
    ASN1_OCTET_STRING **content = CMS_get0_content(cms);
    if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_id_smime_ct_TSTInfo || !content ||
        !*content)
        return NULL;
    *raw =
        bytes_of(ASN1_STRING_get0_data(*content), (size_t)ASN1_STRING_length(*content));
    const uint8_t *at = raw->p;
    TS_TST_INFO *info = d2i_TS_TST_INFO(NULL, &at, (long)raw->n);
    if (info && (size_t)(at - raw->p) != raw->n) {
        TS_TST_INFO_free(info);
        return NULL;
    }
    return info;
}

static bool read_imprint(TS_TST_INFO *info, struct digest *out)
{
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
    const ASN1_OBJECT *oid;
    X509_ALGOR_get0(&oid, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
    const char *name = OBJ_nid2sn(OBJ_obj2nid(oid));
    const ASN1_OCTET_STRING *message = TS_MSG_IMPRINT_get_msg(imprint);
    struct digest d = {0};
    if (!name || !digest_by_name(bytes_str(name), &d.algorithm) ||
        (size_t)ASN1_STRING_length(message) != digest_size(d.algorithm))
        return false;
    memcpy(d.octets, ASN1_STRING_get0_data(message), digest_size(d.algorithm));
    *out = d;
    return true;
}

/* "20261123094854.25Z": OpenSSL's conversion drops the fraction. */
static instant read_time(const ASN1_GENERALIZEDTIME *t)
{
    struct bytes b = bytes_of(ASN1_STRING_get0_data(t), (size_t)ASN1_STRING_length(t));
    char iso[64];
    instant out = INSTANT_NONE;
    if (b.n < 15 || b.n > 30)
        return INSTANT_NONE;
    int n = snprintf(iso, sizeof iso, "%.4s-%.2s-%.2sT%.2s:%.2s:%.*s", (const char *)b.p,
                     (const char *)b.p + 4, (const char *)b.p + 6, (const char *)b.p + 8,
                     (const char *)b.p + 10, (int)b.n - 12, (const char *)b.p + 12);
    return n > 0 && instant_parse(bytes_of(iso, (size_t)n), &out, NULL) ? out
                                                                        : INSTANT_NONE;
}

static int64_t read_accuracy(TS_TST_INFO *info)
{
    TS_ACCURACY *a = TS_TST_INFO_get_accuracy(info);
    if (!a)
        return 0;
    const ASN1_INTEGER *parts[] = {TS_ACCURACY_get_seconds(a), TS_ACCURACY_get_millis(a),
                                   TS_ACCURACY_get_micros(a)};
    static const int64_t units[] = {NANOSECONDS, 1000000, 1000};
    int64_t sum = 0;
    for (size_t i = 0; i < 3; i++) {
        long n = parts[i] ? ASN1_INTEGER_get(parts[i]) : 0;
        if (n > 0 && n < 1000000)
            sum += n * units[i];
    }
    return sum;
}

static void describe(struct check *c, struct token *t, struct timestamp_record *r)
{
    char oid[128];
    OBJ_obj2txt(oid, sizeof oid, TS_TST_INFO_get_policy_id(t->info), 1);
    r->policy = check_printf(c, "%s", oid);
    BIGNUM *serial = ASN1_INTEGER_to_BN(TS_TST_INFO_get_serial(t->info), NULL);
    char *hex = serial ? BN_bn2hex(serial) : NULL;
    r->serial = check_printf(c, "%s", hex ? hex : "");
    OPENSSL_free(hex);
    BN_free(serial);
    r->time = read_time(TS_TST_INFO_get_time(t->info));
    r->accuracy = read_accuracy(t->info);
}

/* -- judging ---------------------------------------------------------------------------
 */

/* RFC 3161 and 5816: the signed attributes bind the authority's certificate by its hash,
 * so that no other certificate with the same key or name can stand in. */
static bool names_certificate(const struct cms_signer *s)
{
    ESS_SIGNING_CERT *v1 = NULL;
    ESS_SIGNING_CERT_V2 *v2 = NULL;
    static const int ids[] = {NID_id_smime_aa_signingCertificate,
                              NID_id_smime_aa_signingCertificateV2};
    for (int i = 0; i < 2; i++) {
        const ASN1_STRING *der = CMS_signed_get0_data_by_OBJ(s->info, OBJ_nid2obj(ids[i]),
                                                             -3, V_ASN1_SEQUENCE);
        if (!der)
            continue;
        const uint8_t *at = ASN1_STRING_get0_data(der);
        if (i == 0)
            v1 = d2i_ESS_SIGNING_CERT(NULL, &at, ASN1_STRING_length(der));
        else
            v2 = d2i_ESS_SIGNING_CERT_V2(NULL, &at, ASN1_STRING_length(der));
    }
    STACK_OF(X509) *chain = sk_X509_new_null();
    sk_X509_push(chain, s->certificate);
    bool named = (v1 || v2) && OSSL_ESS_check_signing_certs(v1, v2, chain, 1) > 0;
    sk_X509_free(chain);
    ESS_SIGNING_CERT_free(v1);
    ESS_SIGNING_CERT_V2_free(v2);
    return named;
}

/* The name in the token, where there is one, is a name of the certificate. */
static bool tsa_name_agrees(TS_TST_INFO *info, const X509 *certificate)
{
    GENERAL_NAME *stated = TS_TST_INFO_get_tsa(info);
    int type = 0;
    void *name = stated ? GENERAL_NAME_get0_value(stated, &type) : NULL;
    return !name || type != GEN_DIRNAME ||
           X509_NAME_cmp(name, X509_get_subject_name(certificate)) == 0;
}

static bool policy_allowed(const struct check *c, const char *oid)
{
    const char *const *list = c->policy->timestamp_policies;
    return !list || policy_lists(list, oid);
}

static const char *check_token(struct check *c, struct token *t, struct cms_signer *s,
                               struct bytes info, const struct signed_bytes *over)
{
    const struct signed_bytes inner = {.package = c->package, .raw = info};
    struct digest have;
    const char *why = cms_signer_check(s, t->cms, &inner);
    if (why)
        return why;
    if (digest_info(t->imprint.algorithm)->weak)
        return "its imprint is of a weak digest algorithm";
    if (!signed_bytes_digest(over, t->imprint.algorithm, &have))
        return "the time-stamped bytes cannot be read";
    if (!digest_eq(&t->imprint, &have))
        return "it was made over other bytes";
    if (!names_certificate(s))
        return "its signed attributes do not name the certificate of its signer";
    if (!tsa_name_agrees(t->info, s->certificate))
        return "it names another authority than its signer";
    return NULL;
}

static enum outcome judge_authority(struct check *c, const struct token *t,
                                    X509 *certificate, struct timestamp_record *r)
{
    struct certificate_question q = {.certificate = certificate,
                                     .others = t->certificates,
                                     .purpose = PURPOSE_TIMESTAMP,
                                     .at = r->time,
                                     .at_proven = true};
    if (!t->authority)
        return certificate_judge(c, &q, &r->why);
    if (!valid_at(&t->authority->valid, r->time)) {
        r->why = "the trusted root does not accept its authority for that time";
        return OUTCOME_UNTRUSTED;
    }
    const STACK_OF(X509) *chain = t->authority->chain;
    STACK_OF(X509) *root = sk_X509_new_null();
    sk_X509_push(root, sk_X509_value(chain, sk_X509_num(chain) - 1));
    q.anchors = root;
    enum outcome verdict = certificate_judge(c, &q, &r->why);
    sk_X509_free(root);
    return verdict;
}

static void judge_signer(struct check *c, struct token *t, struct bytes info,
                         const struct signed_bytes *over, struct timestamp_record *r)
{
    STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(t->cms);
    if (sk_CMS_SignerInfo_num(signers) != 1) {
        r->why = "a token has exactly one signer";
        return;
    }
    struct cms_signer s =
        cms_signer_of(sk_CMS_SignerInfo_value(signers, 0), t->certificates);
    if (s.certificate)
        r->authority = certificate_name(c, X509_get_subject_name(s.certificate));
    r->why = check_token(c, t, &s, info, over);
    if (r->why)
        return;
    r->verdict = judge_authority(c, t, s.certificate, r);
    if (r->verdict == OUTCOME_VERIFIED && !policy_allowed(c, r->policy)) {
        r->verdict = OUTCOME_UNTRUSTED;
        r->why = "the policy does not allow the rules under which it was issued";
    }
    if (r->time > c->v->now && r->verdict == OUTCOME_VERIFIED) {
        r->verdict = OUTCOME_FAILED;
        r->why = "it was issued after the moment of this judgement";
    }
}

void timestamp_judge(struct check *c, struct bytes token, struct signed_bytes *over,
                     struct timestamp_record *r)
{
    timestamp_judge_by(c, token, over, NULL, r);
}

void timestamp_record_add(struct check *c, struct timestamp_record *record)
{
    struct timestamp_record **end = &c->v->timestamps;
    while (*end)
        end = &(*end)->next;
    *end = record;
}

void timestamp_judge_by(struct check *c, struct bytes token, struct signed_bytes *over,
                        const struct trusted_authority *authority,
                        struct timestamp_record *r)
{
    struct token t = {.authority = authority};
    struct bytes info;
    const char *why = "not a time-stamp token";
    r->format = "rfc3161";
    r->authority = r->policy = r->serial = "";
    r->time = INSTANT_NONE;
    r->verdict = OUTCOME_FAILED;
    t.cms = read_response(token, &why);
    r->why = why;
    if (!t.cms)
        return;
    t.certificates = cms_certificates(c, t.cms, authority ? authority->chain : NULL);
    t.info = read_info(t.cms, &info);
    if (!t.info || !read_imprint(t.info, &t.imprint)) {
        r->why = "it holds no time-stamp information of a known form";
    } else {
        describe(c, &t, r);
        if (!over->item && !over->raw.n)
            over->item = seal_target_by_digest(c, &t.imprint);
        r->over = over->item;
        r->why = "it was made over bytes that are not in the package";
        if (over->item || over->raw.n)
            judge_signer(c, &t, info, over, r);
    }
    TS_TST_INFO_free(t.info);
    sk_X509_pop_free(t.certificates, X509_free);
    CMS_ContentInfo_free(t.cms);
}
