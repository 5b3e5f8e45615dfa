#include "verify/cms.h"

#include <openssl/ts.h>

#include "formats/der.h"
#include "verify/certificate.h"
#include "verify/certificate_file.h"

static CMS_ContentInfo *read_der(struct bytes content, const char **why)
{
    const uint8_t *at = content.p;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)content.n);
    *why = "not a CMS structure";
    if (cms && (size_t)(at - content.p) != content.n)
        *why = "bytes follow after the end of the CMS structure";
    else if (cms && OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
        *why = "a CMS structure, but not signed data";
    else
        return cms;
    CMS_ContentInfo_free(cms);
    return NULL;
}

/* S/MIME (RFC 8551), as `openssl cms -sign` writes it unless told otherwise. What stands
 * in the message in clear is a copy of what was signed. */
static CMS_ContentInfo *read_mime(struct bytes content, const char **why)
{
    BIO *bio = BIO_new_mem_buf(content.p, (int)content.n), *copy = NULL;
    CMS_ContentInfo *cms = SMIME_read_CMS(bio, &copy);
    BIO_free(bio);
    BIO_free(copy);
    *why = "not a signed S/MIME message";
    if (cms && OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed)
        return cms;
    CMS_ContentInfo_free(cms);
    return NULL;
}

CMS_ContentInfo *cms_read(struct bytes content, const char **why)
{
    if (content.n > INT32_MAX) {
        *why = "too large for a signature";
        return NULL;
    }
    if (bytes_starts(content, BYTES("MIME-Version:")))
        return read_mime(content, why);
    struct arena arena = ARENA_INIT;
    CMS_ContentInfo *cms = read_der(der_of_text(content, &arena), why);
    arena_release(&arena);
    return cms;
}

STACK_OF(X509) *
    cms_certificates(struct check *c, CMS_ContentInfo *cms, const STACK_OF(X509) * known)
{
    STACK_OF(X509) *all = CMS_get1_certs(cms);
    if (!all)
        all = sk_X509_new_null();
    const struct trust *t = c->options->trust;
    if (!known && t)
        known = t->anchors;
    for (int i = 0; i < sk_X509_num(known); i++) {
        X509 *anchor = sk_X509_value(known, i);
        X509_up_ref(anchor);
        sk_X509_push(all, anchor);
    }
    for (const struct certificate_file *f = certificate_files(c); f; f = f->next) {
        X509_up_ref(f->certificate);
        sk_X509_push(all, f->certificate);
    }
    return all;
}

struct cms_signer cms_signer_of(CMS_ContentInfo *cms, int index,
                                STACK_OF(X509) * certificates)
{
    CMS_SignerInfo *info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), index);
    struct cms_signer s = {
        .cms = cms, .info = info, .certificates = certificates, .claimed = INSTANT_NONE};
    for (int i = 0; i < sk_X509_num(certificates) && !s.certificate; i++) {
        if (CMS_SignerInfo_cert_cmp(info, sk_X509_value(certificates, i)) == 0)
            s.certificate = sk_X509_value(certificates, i);
    }
    const ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(info);
    s.value = bytes_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
    int at = CMS_signed_get_attr_by_NID(info, NID_pkcs9_signingTime, -1);
    ASN1_TYPE *time =
        at < 0 ? NULL : X509_ATTRIBUTE_get0_type(CMS_signed_get_attr(info, at), 0);
    if (time && (time->type == V_ASN1_UTCTIME || time->type == V_ASN1_GENERALIZEDTIME))
        s.claimed = asn1_instant(time->value.asn1_string);
    return s;
}

static bool digest_algorithm_of(const CMS_SignerInfo *info, enum digest_algorithm *out)
{
    X509_ALGOR *digest = NULL;
    const ASN1_OBJECT *oid;
    CMS_SignerInfo_get0_algs((CMS_SignerInfo *)(uintptr_t)info, NULL, NULL, &digest,
                             NULL);
    X509_ALGOR_get0(&oid, NULL, NULL, digest);
    const char *name = OBJ_nid2sn(OBJ_obj2nid(oid));
    return name && digest_by_name(bytes_str(name), out);
}

const char *cms_signer_algorithm(const struct cms_signer *s)
{
    X509_ALGOR *digest = NULL;
    CMS_SignerInfo_get0_algs(s->info, NULL, NULL, &digest, NULL);
    int nid = digest ? OBJ_obj2nid(digest->algorithm) : NID_undef;
    return nid == NID_undef ? "" : OBJ_nid2ln(nid);
}

bool cms_signer_digest(const struct cms_signer *s, struct digest *out)
{
    /* -3: exactly one attribute of this type, with exactly one value. */
    const ASN1_OCTET_STRING *stated = CMS_signed_get0_data_by_OBJ(
        s->info, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);
    struct digest d = {0};
    if (!stated || !digest_algorithm_of(s->info, &d.algorithm) ||
        (size_t)ASN1_STRING_length(stated) != digest_size(d.algorithm))
        return false;
    memcpy(d.octets, ASN1_STRING_get0_data(stated), digest_size(d.algorithm));
    *out = d;
    return true;
}

static bool content_type_agrees(const struct cms_signer *s)
{
    const ASN1_OBJECT *stated = CMS_signed_get0_data_by_OBJ(
        s->info, OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT);
    return stated && OBJ_cmp(stated, CMS_get0_eContentType(s->cms)) == 0;
}

/* -- Ed25519 (RFC 8419), which OpenSSL 3.0 does not verify inside CMS ------------------
 */

static int by_octets(const void *pa, const void *pb)
{
    return bytes_compare(*(const struct bytes *)pa, *(const struct bytes *)pb);
}

/* The DER of the signed attributes as a SET OF, which is what the signature is over. */
static struct bytes signed_attributes(const struct cms_signer *s, struct arena *arena)
{
    int n = CMS_signed_get_attr_count(s->info);
    struct bytes *parts = arena_array(arena, struct bytes, (size_t)n + 1);
    size_t length = 0;
    for (int i = 0; i < n; i++) {
        uint8_t *der = NULL;
        int size = i2d_X509_ATTRIBUTE(CMS_signed_get_attr(s->info, i), &der);
        parts[i] = arena_copy(arena, bytes_of(der, size > 0 ? (size_t)size : 0));
        OPENSSL_free(der);
        length += parts[i].n;
    }
    qsort(parts, (size_t)n, sizeof *parts, by_octets);
    int header = ASN1_object_size(1, (int)length, V_ASN1_SET);
    uint8_t *all = arena_alloc(arena, (size_t)header), *to = all;
    ASN1_put_object(&to, 1, (int)length, V_ASN1_SET, V_ASN1_UNIVERSAL);
    for (int i = 0; i < n; i++) {
        memcpy(to, parts[i].p, parts[i].n);
        to += parts[i].n;
    }
    return bytes_of(all, (size_t)(to - all));
}

static bool ed25519_holds(const struct cms_signer *s)
{
    struct arena arena = ARENA_INIT;
    struct bytes attributes = signed_attributes(s, &arena);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool holds =
        EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, X509_get0_pubkey(s->certificate)) ==
            1 &&
        EVP_DigestVerify(ctx, s->value.p, s->value.n, attributes.p, attributes.n) == 1;
    EVP_MD_CTX_free(ctx);
    arena_release(&arena);
    return holds;
}

/* -- one signer -----------------------------------------------------------------------
 */

static bool value_holds(struct cms_signer *s)
{
    EVP_PKEY *key = X509_get0_pubkey(s->certificate);
    if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
        return ed25519_holds(s);
    CMS_SignerInfo_set1_signer_cert(s->info, s->certificate);
    return CMS_SignerInfo_verify(s->info) == 1;
}

/* Without signed attributes the signature is over the content itself (RFC 5652, 5.4). */
static const char *check_plain(struct cms_signer *s, const struct signed_bytes *over)
{
    enum digest_algorithm algorithm;
    struct digest have;
    X509_ALGOR *signature = NULL;
    if (!digest_algorithm_of(s->info, &algorithm) || digest_info(algorithm)->weak)
        return "its digest algorithm is unknown or weak";
    if (!signed_bytes_digest(over, algorithm, &have))
        return "the signed bytes cannot be read";
    CMS_SignerInfo_get0_algs(s->info, NULL, NULL, NULL, &signature);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(X509_get0_pubkey(s->certificate), NULL);
    const EVP_MD *md = EVP_get_digestbyname(digest_info(algorithm)->evp);
    bool holds = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
                 EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
                 EVP_PKEY_verify(ctx, s->value.p, s->value.n, have.octets,
                                 digest_size(algorithm)) == 1;
    EVP_PKEY_CTX_free(ctx);
    return holds ? NULL : "the signature was not made over these bytes with this key";
}

/* Is `want` the digest of these bytes as text, as S/MIME wants it and OpenSSL makes it
 * without -binary? */
static bool canonical_digest(const struct signed_bytes *over, const struct digest *want)
{
    struct digest_state *state = digest_state_new(DIGEST_BIT(want->algorithm));
    bool read = signed_bytes_feed(over, true, state);
    digest_state_final(state);
    bool same = read && digest_eq(digest_state_result(state, want->algorithm), want);
    digest_state_free(state);
    return same;
}

const char *cms_signer_check(struct cms_signer *s, const struct signed_bytes *over)
{
    struct digest want, have;
    if (!s->certificate)
        return "the signer's certificate is neither in it nor among the trust anchors";
    if (CMS_signed_get_attr_count(s->info) <= 0)
        return check_plain(s, over);
    if (!cms_signer_digest(s, &want))
        return "it has no single message digest of a known algorithm";
    if (digest_info(want.algorithm)->weak)
        return "it relies on a weak digest algorithm";
    if (!content_type_agrees(s))
        return "the content type that was signed is not the one stated";
    if (!signed_bytes_digest(over, want.algorithm, &have))
        return "the signed bytes cannot be read";
    s->canonical = !digest_eq(&want, &have);
    if (s->canonical && !canonical_digest(over, &want))
        return "it was made over other bytes";
    return value_holds(s) ? NULL
                          : "the signature was not made with the key of its certificate";
}
