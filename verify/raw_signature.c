#include "verify/raw_signature.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "formats/base/cursor.h"
#include "verify/key_file.h"

/* RFC 8332 and NIST SP 800-57: shorter keys can be broken. */
#define RSA_BITS 2048

static bool is_rsa(const EVP_PKEY *key)
{
    int id = EVP_PKEY_get_base_id(key);
    return id == EVP_PKEY_RSA || id == EVP_PKEY_RSA_PSS;
}

bool raw_signature_needs_message(const EVP_PKEY *key)
{
    int id = EVP_PKEY_get_base_id(key);
    return id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448;
}

/* RFC 8017, 8.1, with a salt of any length. */
static bool set_pss(EVP_PKEY_CTX *ctx)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_AUTO) == 1;
}

static bool verify_padded(EVP_PKEY *key, const EVP_MD *md, struct bytes message,
                          struct bytes value, bool pss)
{
    EVP_PKEY_CTX *options = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool holds = EVP_DigestVerifyInit(ctx, &options, md, NULL, key) == 1 &&
                 (!pss || set_pss(options)) &&
                 EVP_DigestVerify(ctx, value.p, value.n, message.p, message.n) == 1;
    EVP_MD_CTX_free(ctx);
    return holds;
}

static bool verify(EVP_PKEY *key, const EVP_MD *md, struct bytes message,
                   struct bytes value)
{
    return verify_padded(key, md, message, value, false);
}

bool raw_signature_key_strong(const EVP_PKEY *key)
{
    return !is_rsa(key) || EVP_PKEY_get_bits(key) >= RSA_BITS;
}

bool raw_signature_holds(EVP_PKEY *key, struct bytes message, struct bytes value)
{
    const EVP_MD *const digests[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};
    if (!raw_signature_key_strong(key))
        return false;
    if (raw_signature_needs_message(key))
        return verify(key, NULL, message, value);
    for (size_t i = 0; i < 3; i++) {
        if (verify(key, digests[i], message, value) ||
            (is_rsa(key) && verify_padded(key, digests[i], message, value, true)))
            return true;
    }
    return false;
}

static bool verify_digest(EVP_PKEY *key, const struct digest *d, struct bytes value,
                          bool pss)
{
    const EVP_MD *md = EVP_get_digestbyname(digest_info(d->algorithm)->evp);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool holds =
        ctx && EVP_PKEY_verify_init(ctx) == 1 && (!pss || set_pss(ctx)) &&
        EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
        EVP_PKEY_verify(ctx, value.p, value.n, d->octets, digest_size(d->algorithm)) == 1;
    EVP_PKEY_CTX_free(ctx);
    return holds;
}

bool raw_signature_holds_digest(EVP_PKEY *key, const struct digest *d, struct bytes value)
{
    return raw_signature_key_strong(key) && !raw_signature_needs_message(key) &&
           (verify_digest(key, d, value, false) ||
            (is_rsa(key) && verify_digest(key, d, value, true)));
}

/* -- OpenSSH keys ----------------------------------------------------------------------
 */

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

static EVP_PKEY *rsa_key(const struct ssh_key *k)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(k->modulus.p, (int)k->modulus.n, NULL);
    BIGNUM *e = BN_bin2bn(k->exponent.p, (int)k->exponent.n, NULL);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
    EVP_PKEY *key = from_parameters("RSA", build);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return key;
}

static EVP_PKEY *ec_key(const struct ssh_key *k)
{
    static const char *const names[][2] = {
        {"nistp256", "P-256"}, {"nistp384", "P-384"}, {"nistp521", "P-521"}};
    const char *group = NULL;
    for (size_t i = 0; i < 3 && !group; i++)
        group = bytes_is(k->curve, names[i][0]) ? names[i][1] : NULL;
    if (!group)
        return NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, k->point.p,
                                     k->point.n);
    EVP_PKEY *key = from_parameters("EC", build);
    OSSL_PARAM_BLD_free(build);
    return key;
}

EVP_PKEY *ssh_public_key(const struct ssh_key *key)
{
    if (key->ed25519.n)
        return ed25519_key(key->ed25519);
    return key->modulus.n ? rsa_key(key) : ec_key(key);
}

static BIGNUM *take_number(struct cursor *c)
{
    uint32_t n = cursor_u32be(c);
    struct bytes b = cursor_take(c, n);
    return c->failed ? NULL : BN_bin2bn(b.p, (int)b.n, NULL);
}

/* RFC 5656, 3.1.2: r and s as integers, where OpenSSL wants DER. */
static bool ec_holds(EVP_PKEY *key, const EVP_MD *md, struct bytes data,
                     struct bytes value)
{
    struct cursor c = cursor_of(value);
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = take_number(&c), *s = take_number(&c);
    uint8_t *der = NULL;
    bool holds = false;
    if (r && s && !c.failed && cursor_at_end(&c) && ECDSA_SIG_set0(sig, r, s) == 1) {
        int n = i2d_ECDSA_SIG(sig, &der);
        holds = n > 0 && verify(key, md, data, bytes_of(der, (size_t)n));
    } else {
        BN_free(r);
        BN_free(s);
    }
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
    return holds;
}

/* PROTOCOL.u2f: what a hardware key signs. */
static struct bytes hardware_data(const struct sshsig *sig, const struct ssh_key *key,
                                  struct bytes data, struct arena *arena)
{
    struct digest application = digest_bytes(DIGEST_SHA256, key->application);
    struct digest message = digest_bytes(DIGEST_SHA256, data);
    uint8_t *all = arena_alloc(arena, 32 + sig->tail.n + 32);
    memcpy(all, application.octets, 32);
    memcpy(all + 32, sig->tail.p, sig->tail.n);
    memcpy(all + 32 + sig->tail.n, message.octets, 32);
    return bytes_of(all, 32 + sig->tail.n + 32);
}

/* The algorithm named in the signature must be one of the key. */
static bool algorithm_fits(const struct sshsig *sig, const struct ssh_key *key)
{
    if (bytes_is(key->type, "ssh-rsa"))
        return bytes_is(sig->algorithm, "rsa-sha2-256") ||
               bytes_is(sig->algorithm, "rsa-sha2-512");
    return bytes_eq(sig->algorithm, key->type);
}

static const EVP_MD *md_of(const struct sshsig *sig, const struct ssh_key *key)
{
    if (bytes_is(sig->algorithm, "rsa-sha2-512") || bytes_is(key->curve, "nistp521"))
        return EVP_sha512();
    return bytes_is(key->curve, "nistp384") ? EVP_sha384() : EVP_sha256();
}

bool ssh_signature_holds(const struct sshsig *sig, struct bytes data)
{
    struct arena arena = ARENA_INIT;
    struct ssh_key key;
    EVP_PKEY *evp = NULL;
    bool holds = false;
    if (ssh_key_read(sig->key, &key) && algorithm_fits(sig, &key))
        evp = ssh_public_key(&key);
    if (evp && raw_signature_key_strong(evp)) {
        if (sig->tail.n)
            data = hardware_data(sig, &key, data, &arena);
        if (key.ed25519.n)
            holds = verify(evp, NULL, data, sig->value);
        else if (key.modulus.n)
            holds = verify(evp, md_of(sig, &key), data, sig->value);
        else
            holds = ec_holds(evp, md_of(sig, &key), data, sig->value);
    }
    EVP_PKEY_free(evp);
    arena_release(&arena);
    return holds;
}
