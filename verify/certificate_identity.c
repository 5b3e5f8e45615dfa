#include "verify/certificate_identity.h"

#include <openssl/x509v3.h>

#include "verify/trust_store.h"

/* Names of other kinds, and the issuer in two generations: DER text, and bare text. */
#define OID_OTHER_NAME "1.3.6.1.4.1.57264.1.7"
#define OID_ISSUER     "1.3.6.1.4.1.57264.1.8"
#define OID_ISSUER_OLD "1.3.6.1.4.1.57264.1.1"

static const char *text_of(struct check *c, const ASN1_STRING *s)
{
    return check_text(c,
                      bytes_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)));
}

static const char *name_of(struct check *c, const GENERAL_NAME *name)
{
    int type;
    void *value = GENERAL_NAME_get0_value(name, &type);
    if (type == GEN_EMAIL || type == GEN_URI)
        return text_of(c, value);
    if (type != GEN_OTHERNAME)
        return NULL;
    const OTHERNAME *other = value;
    char oid[80];
    OBJ_obj2txt(oid, sizeof oid, other->type_id, 1);
    return strcmp(oid, OID_OTHER_NAME) == 0 && other->value->type == V_ASN1_UTF8STRING
               ? text_of(c, other->value->value.utf8string)
               : NULL;
}

const char *certificate_identity(struct check *c, const X509 *certificate)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    const char *found = NULL;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++)
        found = name_of(c, sk_GENERAL_NAME_value(names, i));
    GENERAL_NAMES_free(names);
    return found ? found : "";
}

static const ASN1_OCTET_STRING *extension_of(const X509 *certificate, const char *oid)
{
    ASN1_OBJECT *wanted = OBJ_txt2obj(oid, 1);
    int at = X509_get_ext_by_OBJ(certificate, wanted, -1);
    ASN1_OBJECT_free(wanted);
    return at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(certificate, at));
}

const char *certificate_identity_issuer(struct check *c, const X509 *certificate)
{
    const ASN1_OCTET_STRING *value = extension_of(certificate, OID_ISSUER);
    if (!value) {
        value = extension_of(certificate, OID_ISSUER_OLD);
        return value ? text_of(c, value) : "";
    }
    const uint8_t *at = ASN1_STRING_get0_data(value);
    ASN1_UTF8STRING *text = d2i_ASN1_UTF8STRING(NULL, &at, ASN1_STRING_length(value));
    const char *found = text ? text_of(c, text) : "";
    ASN1_UTF8STRING_free(text);
    return found;
}

static bool is_among(const struct accepted_name *list, const char *name)
{
    while (list && strcmp(list->name, name) != 0)
        list = list->next;
    return list;
}

const char *certificate_identity_refusal(struct check *c, const char *identity,
                                         const char *issuer)
{
    const struct trust *t = c->options->trust;
    if (!identity[0])
        return "its certificate names nobody";
    if (t->issuers && !is_among(t->issuers, issuer))
        return check_printf(c,
                            "%s vouched for its signer, which is not an accepted issuer",
                            issuer[0] ? issuer : "nobody");
    if (is_among(t->identities, identity) || policy_lists(c->policy->signers, identity))
        return NULL;
    return t->identities || c->policy->signers
               ? check_printf(c, "%s is not an accepted signer", identity)
               : check_printf(c,
                              "everything holds, but anybody can get such a certificate: "
                              "say whose signature is expected (--identity %s, or the "
                              "policy's signers)",
                              identity);
}
