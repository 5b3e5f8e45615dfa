#include "verify/public_key.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>

static EVP_PKEY *from_parameters(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!parameters || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(parameters);
    return key;
}

struct integer {
    const char *name;
    struct bytes value;
};

static EVP_PKEY *from_integers(const char *type, const struct integer *v, size_t n)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *numbers[4] = {NULL};
    for (size_t i = 0; i < n; i++) {
        numbers[i] = BN_bin2bn(v[i].value.p, (int)v[i].value.n, NULL);
        OSSL_PARAM_BLD_push_BN(build, v[i].name, numbers[i]);
    }
    EVP_PKEY *key = from_parameters(type, build);
    OSSL_PARAM_BLD_free(build);
    for (size_t i = 0; i < n; i++)
        BN_free(numbers[i]);
    return key;
}

EVP_PKEY *rsa_public_key(struct bytes modulus, struct bytes exponent)
{
    const struct integer v[] = {{OSSL_PKEY_PARAM_RSA_N, modulus},
                                {OSSL_PKEY_PARAM_RSA_E, exponent}};
    return from_integers("RSA", v, 2);
}

EVP_PKEY *dsa_public_key(struct bytes p, struct bytes q, struct bytes g, struct bytes y)
{
    const struct integer v[] = {{OSSL_PKEY_PARAM_FFC_P, p},
                                {OSSL_PKEY_PARAM_FFC_Q, q},
                                {OSSL_PKEY_PARAM_FFC_G, g},
                                {OSSL_PKEY_PARAM_PUB_KEY, y}};
    return from_integers("DSA", v, 4);
}

EVP_PKEY *ec_public_key(const char *group, struct bytes point)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.n);
    EVP_PKEY *key = from_parameters("EC", build);
    OSSL_PARAM_BLD_free(build);
    return key;
}

struct bytes signature_der(struct bytes r, struct bytes s, uint8_t out[SIGNATURE_DER])
{
    uint8_t *der = NULL;
    int n = 0;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    if (ECDSA_SIG_set0(sig, BN_bin2bn(r.p, (int)r.n, NULL),
                       BN_bin2bn(s.p, (int)s.n, NULL)) == 1)
        n = i2d_ECDSA_SIG(sig, &der);
    ECDSA_SIG_free(sig);
    bool fits = n > 0 && n <= SIGNATURE_DER;
    if (fits)
        memcpy(out, der, (size_t)n);
    OPENSSL_free(der);
    return bytes_of(out, fits ? (size_t)n : 0);
}
