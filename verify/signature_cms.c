/* Detached and enveloping CMS signatures. */
#include "formats/der.h"
#include "verify/certificate.h"
#include "verify/certificate_file.h"
#include "verify/seal_target.h"
#include "verify/signature.h"
#include "verify/timestamp.h"

bool cms_probe(struct bytes head)
{
    struct arena arena = ARENA_INIT;
    struct bytes der = der_of_text(head, &arena);
    bool fits = bytes_starts(head, BYTES("MIME-Version:")) ||
                bytes_starts(head, BYTES("-----BEGIN PKCS7")) ||
                bytes_starts(head, BYTES("-----BEGIN CMS")) ||
                (der.n > 2 && der.p[0] == DER_SEQUENCE);
    arena_release(&arena);
    return fits;
}

/* A time-stamp over the signature's octets, carried in it (RFC 3161, appendix A). */
static instant embedded_time(struct check *c, const struct cms_signer *s,
                             const struct item *signature)
{
    int at = CMS_unsigned_get_attr_by_NID(s->info, NID_id_smime_aa_timeStampToken, -1);
    ASN1_TYPE *value =
        at < 0 ? NULL : X509_ATTRIBUTE_get0_type(CMS_unsigned_get_attr(s->info, at), 0);
    if (!value || value->type != V_ASN1_SEQUENCE)
        return INSTANT_NONE;
    struct bytes token = bytes_of(ASN1_STRING_get0_data(value->value.sequence),
                                  (size_t)ASN1_STRING_length(value->value.sequence));
    struct signed_bytes over = {.package = c->package, .raw = s->value};
    struct timestamp_record *r = arena_new(&c->v->arena, struct timestamp_record);
    timestamp_judge(c, token, &over, r);
    r->item = r->over = signature;
    timestamp_record_add(c, r);
    return r->verdict == OUTCOME_VERIFIED ? r->time : INSTANT_NONE;
}

/* The moment at which the certificate must be valid. */
static struct certificate_question question_of(struct check *c,
                                               const struct cms_signer *s,
                                               const struct item *signature,
                                               const struct item *over)
{
    struct certificate_question q = {
        .certificate = s->certificate, .purpose = PURPOSE_SEAL, .at = c->v->now};
    instant detached = signature_proven_time(c, signature, over);
    instant embedded = embedded_time(c, s, signature);
    q.at_proven = detached != INSTANT_NONE || embedded != INSTANT_NONE;
    if (q.at_proven)
        q.at =
            detached == INSTANT_NONE || (embedded != INSTANT_NONE && embedded < detached)
                ? embedded
                : detached;
    return q;
}

/* What was signed may lie here under another name. */
static const char *name_other(struct check *c, const struct cms_signer *s,
                              const struct item *over, const char *why)
{
    struct digest stated, have;
    if (!s->certificate || !over || !cms_signer_digest(s, &stated) ||
        digest_info(stated.algorithm)->weak ||
        !item_digest(c->package, over, stated.algorithm, &have) ||
        digest_eq(&have, &stated))
        return why;
    const struct item *other = seal_target_by_digest(c, &stated);
    return other ? check_printf(c, "%s: those of %s", why, check_path(c, other)) : why;
}

static void judge_signer(struct check *c, struct cms_signer *s,
                         const struct signed_bytes *over, struct signature_record *r)
{
    r->time = r->claimed = s->claimed;
    r->time_basis = s->claimed == INSTANT_NONE ? BASIS_NOT_EXAMINED : BASIS_ASSERTED;
    if (s->certificate) {
        r->signer = certificate_name(c, X509_get_subject_name(s->certificate));
        r->issuer = certificate_name(c, X509_get_issuer_name(s->certificate));
        r->certificate_sha256 = certificate_fingerprint(c, s->certificate);
        r->certificate_from = asn1_instant(X509_get0_notBefore(s->certificate));
        r->certificate_until = asn1_instant(X509_get0_notAfter(s->certificate));
        r->key = certificate_key(c, s->certificate);
        r->digest = cms_signer_algorithm(s);
    }
    r->verdict = s->certificate ? OUTCOME_FAILED : OUTCOME_NOT_EXAMINED;
    r->why = cms_signer_check(s, over);
    if (r->why) {
        r->why = name_other(c, s, over->item, r->why);
        return;
    }
    certificate_files_use(c, s->certificate);
    struct certificate_question q = question_of(c, s, r->item, over->item);
    q.others = s->certificates;
    r->verdict = certificate_judge(c, &q, &r->why);
    if (s->canonical)
        check_finding(c, INTEGRITY_SIGNED_AS_TEXT, r->item,
                      "it was made over the text with CRLF at the end of each line");
    if (q.at_proven) {
        r->time = q.at;
        r->time_basis = BASIS_VERIFIED;
    }
}

/* Content inside the structure is what is signed; beside a file it must be that file. */
static const char *settle_content(CMS_ContentInfo *cms, struct signed_bytes *over)
{
    ASN1_OCTET_STRING **content = CMS_get0_content(cms);
    if (!content || !*content)
        return NULL;
    struct bytes inside =
        bytes_of(ASN1_STRING_get0_data(*content), (size_t)ASN1_STRING_length(*content));
    struct digest have, there = digest_bytes(DIGEST_SHA256, inside);
    if (over->item && item_digest(over->package, over->item, DIGEST_SHA256, &have) &&
        digest_eq(&have, &there))
        return NULL;
    if (over->item)
        return "it holds other bytes than the file that it stands beside";
    *over = (struct signed_bytes){.package = over->package, .raw = inside};
    return NULL;
}

/* No file is named after it: the one that has the digest which the first signer signed.
 */
static void find_target(struct check *c, const struct cms_signer *s,
                        struct signed_bytes *over)
{
    struct digest stated;
    if (!over->item && !over->raw.n && cms_signer_digest(s, &stated))
        over->item = seal_target_by_digest(c, &stated);
}

/* Every signer must hold: the record tells of the first that does not. */
static void judge_signers(struct check *c, CMS_ContentInfo *cms,
                          struct signed_bytes *over, struct signature_record *r)
{
    int signers = sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms));
    STACK_OF(X509) *certificates = cms_certificates(c, cms, NULL);
    r->why = settle_content(cms, over);
    if (signers <= 0)
        r->why = "nobody signed it";
    for (int i = 0; i < signers && !r->why; i++) {
        struct cms_signer s = cms_signer_of(cms, i, certificates);
        find_target(c, &s, over);
        r->why = "it was made over bytes that are not in the package";
        if (over->item || over->raw.n)
            judge_signer(c, &s, over, r);
        if (r->verdict == OUTCOME_VERIFIED)
            r->why = i + 1 < signers ? NULL : "";
    }
    /* An enveloping signature is over what it holds: that is the signature's own file. */
    r->over = over->item ? over->item : over->raw.n ? r->item : NULL;
    sk_X509_pop_free(certificates, X509_free);
}

void cms_judge(struct check *c, const struct item *signature, struct signed_bytes *over,
               struct signature_record *r)
{
    r->verdict = OUTCOME_FAILED;
    CMS_ContentInfo *cms = cms_read(item_kept(signature), &r->why);
    if (!cms)
        return;
    judge_signers(c, cms, over, r);
    CMS_ContentInfo_free(cms);
}
