#include "verify/timestamp.h"

#include <openssl/ts.h>

#include "formats/der.h"
#include "verify/certificate.h"
#include "verify/certificate_file.h"
#include "verify/seal_target.h"

struct token {
    CMS_ContentInfo *cms;
    TS_TST_INFO *info;
    struct bytes raw; /* of the information: what is signed */
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

static bool read_imprint(TS_MSG_IMPRINT *imprint, struct digest *out)
{
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

/* "" where there is none. */
static const char *number_of(struct check *c, const ASN1_INTEGER *number)
{
    BIGNUM *value = number ? ASN1_INTEGER_to_BN(number, NULL) : NULL;
    char *hex = value ? BN_bn2hex(value) : NULL;
    const char *text = check_printf(c, "%s", hex ? hex : "");
    OPENSSL_free(hex);
    BN_free(value);
    return text;
}

static void describe(struct check *c, struct token *t, struct timestamp_record *r)
{
    char oid[128];
    OBJ_obj2txt(oid, sizeof oid, TS_TST_INFO_get_policy_id(t->info), 1);
    r->policy = check_printf(c, "%s", oid);
    r->serial = number_of(c, TS_TST_INFO_get_serial(t->info));
    r->nonce = number_of(c, TS_TST_INFO_get_nonce(t->info));
    r->time = read_time(TS_TST_INFO_get_time(t->info));
    r->accuracy = read_accuracy(t->info);
}

/* -- judging ---------------------------------------------------------------------------
 */

/* The first certificate of an ESS attribute (RFC 5035): SEQUENCE { SEQUENCE OF
 * { [algorithm], hash, … } … }. Further ones only narrow the chain. False when malformed.
 */
static bool read_certificate_digest(struct bytes der, struct digest *out)
{
    struct bytes attribute, list, id, algorithm, hash;
    if (!der_take(&der, DER_SEQUENCE, &attribute) ||
        !der_take(&attribute, DER_SEQUENCE, &list) || !der_take(&list, DER_SEQUENCE, &id))
        return false;
    if (der_take(&id, DER_SEQUENCE, &algorithm) &&
        !der_digest_algorithm(algorithm, &out->algorithm))
        return false;
    if (!der_take(&id, DER_OCTETS, &hash) || hash.n != digest_size(out->algorithm))
        return false;
    memcpy(out->octets, hash.p, hash.n);
    return true;
}

static struct bytes der_of(const X509 *certificate, struct arena *arena)
{
    uint8_t *der = NULL;
    int n = i2d_X509(certificate, &der);
    struct bytes copy = arena_copy(arena, bytes_of(der, n > 0 ? (size_t)n : 0));
    OPENSSL_free(der);
    return copy;
}

/* RFC 3161 and 5816: the signed attributes bind the authority's certificate by its hash,
 * so that no other certificate with the same key or name can stand in. */
static bool names_certificate(struct check *c, const struct cms_signer *s)
{
    static const struct {
        int attribute;
        enum digest_algorithm algorithm; /* while the attribute names none */
    } forms[] = {{NID_id_smime_aa_signingCertificate, DIGEST_SHA1},
                 {NID_id_smime_aa_signingCertificateV2, DIGEST_SHA256}};
    struct bytes der = der_of(s->certificate, &c->v->arena);
    bool named = false;
    for (int i = 0; i < 2; i++) {
        const ASN1_STRING *value = CMS_signed_get0_data_by_OBJ(
            s->info, OBJ_nid2obj(forms[i].attribute), -3, V_ASN1_SEQUENCE);
        struct digest stated = {.algorithm = forms[i].algorithm}, have;
        if (!value)
            continue;
        if (!read_certificate_digest(
                bytes_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)),
                &stated))
            return false;
        have = digest_bytes(stated.algorithm, der);
        if (!digest_eq(&have, &stated))
            return false;
        named = true;
    }
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
                               const struct signed_bytes *over)
{
    const struct signed_bytes inner = {.package = c->package, .raw = t->raw};
    struct digest have;
    const char *why = cms_signer_check(s, &inner);
    if (why)
        return why;
    if (digest_info(t->imprint.algorithm)->weak)
        return "its imprint is of a weak digest algorithm";
    if (!signed_bytes_digest(over, t->imprint.algorithm, &have))
        return "the time-stamped bytes cannot be read";
    if (!digest_eq(&t->imprint, &have))
        return "it was made over other bytes";
    if (!names_certificate(c, s))
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

static void judge_signer(struct check *c, struct token *t,
                         const struct signed_bytes *over, struct timestamp_record *r)
{
    if (sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(t->cms)) != 1) {
        r->why = "a token has exactly one signer";
        return;
    }
    struct cms_signer s = cms_signer_of(t->cms, 0, t->certificates);
    if (s.certificate) {
        r->authority = certificate_name(c, X509_get_subject_name(s.certificate));
        r->certificate_until = asn1_instant(X509_get0_notAfter(s.certificate));
        r->key = certificate_key(c, s.certificate);
        r->digest = cms_signer_algorithm(&s);
    }
    r->why = check_token(c, t, &s, over);
    if (r->why)
        return;
    certificate_files_use(c, s.certificate);
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

struct timestamp_record timestamp_record_of(const char *format)
{
    return (struct timestamp_record){.format = format,
                                     .authority = "",
                                     .policy = "",
                                     .serial = "",
                                     .nonce = "",
                                     .key = "",
                                     .digest = "",
                                     .certificate_until = INSTANT_NONE,
                                     .time = INSTANT_NONE,
                                     .renewed = INSTANT_NONE,
                                     .verdict = OUTCOME_FAILED};
}

/* False, with *why, when it is no token; to be closed in either case. */
static bool open_token(struct bytes octets, struct token *t, const char **why)
{
    struct arena arena = ARENA_INIT;
    *why = "not a time-stamp token";
    t->cms = read_response(der_of_text(octets, &arena), why);
    arena_release(&arena);
    t->info = t->cms ? read_info(t->cms, &t->raw) : NULL;
    if (t->cms &&
        (!t->info || !read_imprint(TS_TST_INFO_get_msg_imprint(t->info), &t->imprint)))
        *why = "it holds no time-stamp information of a known form";
    else if (t->cms)
        *why = NULL;
    return !*why;
}

static void close_token(struct token *t)
{
    TS_TST_INFO_free(t->info);
    sk_X509_pop_free(t->certificates, X509_free);
    CMS_ContentInfo_free(t->cms);
}

bool timestamp_imprint(struct bytes token, struct digest *out)
{
    struct token t = {0};
    const char *why;
    bool good = open_token(token, &t, &why);
    if (good)
        *out = t.imprint;
    close_token(&t);
    return good;
}

enum outcome timestamp_authority_at(struct check *c, struct bytes token, instant at,
                                    const char **why)
{
    struct token t = {0};
    struct timestamp_record r = {.time = at};
    enum outcome verdict = OUTCOME_FAILED;
    if (open_token(token, &t, &r.why)) {
        t.certificates = cms_certificates(c, t.cms, NULL);
        struct cms_signer s = cms_signer_of(t.cms, 0, t.certificates);
        r.why = "its signer's certificate is nowhere";
        if (s.certificate)
            verdict = judge_authority(c, &t, s.certificate, &r);
    }
    close_token(&t);
    *why = r.why;
    return verdict;
}

void timestamp_judge_by(struct check *c, struct bytes token, struct signed_bytes *over,
                        const struct trusted_authority *authority,
                        struct timestamp_record *r)
{
    struct token t = {.authority = authority};
    *r = timestamp_record_of("rfc3161");
    if (open_token(token, &t, &r->why)) {
        t.certificates = cms_certificates(c, t.cms, authority ? authority->chain : NULL);
        describe(c, &t, r);
        if (!over->item && !over->raw.n)
            over->item = seal_target_by_digest(c, &t.imprint);
        r->over = over->item;
        r->why = "it was made over bytes that are not in the package";
        if (over->item || over->raw.n)
            judge_signer(c, &t, over, r);
    }
    close_token(&t);
}

/* -- requests --------------------------------------------------------------------------
 */

static TS_REQ *read_request(struct bytes content)
{
    struct arena arena = ARENA_INIT;
    struct bytes der = der_of_text(content, &arena);
    const uint8_t *at = der.p;
    TS_REQ *request = der.n ? d2i_TS_REQ(NULL, &at, (long)der.n) : NULL;
    if (request && (size_t)(at - der.p) != der.n) {
        TS_REQ_free(request);
        request = NULL;
    }
    arena_release(&arena);
    return request;
}

bool timestamp_is_request(struct bytes content)
{
    TS_REQ *request = read_request(content);
    TS_REQ_free(request);
    return request;
}

/* Is it for what the record's token is over, and with what nonce? */
static bool is_request_for(struct check *c, const struct item *item,
                           const struct item *over, const char **nonce)
{
    TS_REQ *request = item->role == ROLE_TIMESTAMP ? read_request(item_kept(item)) : NULL;
    struct digest want, have;
    bool same = request && read_imprint(TS_REQ_get_msg_imprint(request), &want) &&
                item_digest(c->package, over, want.algorithm, &have) &&
                digest_eq(&want, &have);
    if (same)
        *nonce = number_of(c, TS_REQ_get_nonce(request));
    TS_REQ_free(request);
    return same;
}

const char *timestamp_request_refusal(struct check *c,
                                      const struct timestamp_record *record)
{
    const char *nonce, *why = NULL;
    for (struct item *i = item_more(package_content(c->package))->child;
         record->over && i; i = i->next) {
        if (!is_request_for(c, i, record->over, &nonce))
            continue;
        if (nonce[0] == '\0' || strcmp(nonce, record->nonce) == 0)
            return NULL;
        why = check_printf(
            c,
            "it does not answer the request %s: that has the nonce %s, and "
            "the token %s",
            check_path(c, i), nonce, record->nonce[0] ? record->nonce : "none");
    }
    return why;
}
