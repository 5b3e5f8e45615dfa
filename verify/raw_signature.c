#include "verify/raw_signature.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "formats/base/cursor.h"
#include "verify/key_file.h"
#include "verify/public_key.h"

/* RFC 8332 and NIST SP 800-57: shorter keys of RSA and DSA can be broken. */
#define STRONG_BITS 2048
/* FIPS 186-4, 4.2: the longest. */
#define DSA_BITS 3072

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

/* With an exponent of one everything is its own signature; those that are even have no
 * inverse. Large ones are of no use, and cost their length: OpenSSL refuses them itself
 * where the modulus has over 3072 bits. */
static bool is_sound_exponent(const EVP_PKEY *key)
{
    BIGNUM *e = NULL;
    bool sound = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
                 BN_is_odd(e) && !BN_is_one(e) && BN_num_bits(e) <= 64;
    BN_free(e);
    return sound;
}

bool raw_signature_key_strong(const EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key);
    if (is_rsa(key))
        return bits >= STRONG_BITS && is_sound_exponent(key);
    return EVP_PKEY_get_base_id(key) != EVP_PKEY_DSA ||
           (bits >= STRONG_BITS && bits <= DSA_BITS);
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

bool raw_signature_holds_pkcs1(EVP_PKEY *key, const struct digest *d, struct bytes value)
{
    return raw_signature_key_strong(key) && !raw_signature_needs_message(key) &&
           verify_digest(key, d, value, false);
}

bool raw_signature_holds_digest(EVP_PKEY *key, const struct digest *d, struct bytes value)
{
    return raw_signature_holds_pkcs1(key, d, value) ||
           (is_rsa(key) && raw_signature_key_strong(key) &&
            verify_digest(key, d, value, true));
}

/* -- OpenSSH keys ----------------------------------------------------------------------
 */

static EVP_PKEY *ec_key(const struct ssh_key *k)
{
    static const char *const names[][2] = {
        {"nistp256", "P-256"}, {"nistp384", "P-384"}, {"nistp521", "P-521"}};
    const char *group = NULL;
    for (size_t i = 0; i < 3 && !group; i++)
        group = bytes_is(k->curve, names[i][0]) ? names[i][1] : NULL;
    return group ? ec_public_key(group, k->point) : NULL;
}

EVP_PKEY *ssh_public_key(const struct ssh_key *key)
{
    if (key->ed25519.n)
        return ed25519_key(key->ed25519);
    return key->modulus.n ? rsa_public_key(key->modulus, key->exponent) : ec_key(key);
}

static struct bytes take_number(struct cursor *c)
{
    return cursor_take(c, cursor_u32be(c));
}

/* RFC 5656, 3.1.2: r and s as integers. */
static bool ec_holds(EVP_PKEY *key, const EVP_MD *md, struct bytes data,
                     struct bytes value)
{
    uint8_t der[SIGNATURE_DER];
    struct cursor c = cursor_of(value);
    struct bytes r = take_number(&c), s = take_number(&c);
    return !c.failed && cursor_at_end(&c) &&
           verify(key, md, data, signature_der(r, s, der));
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
