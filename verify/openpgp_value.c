/* The mathematics of OpenPGP signatures (RFC 9580, 5.2.3.1 and 9). */
#include "verify/key_file.h"
#include "verify/openpgp_certificate.h"
#include "verify/public_key.h"
#include "verify/raw_signature.h"

/* RFC 9580, 9.1. */
enum algorithm {
    ALGORITHM_RSA = 1,
    ALGORITHM_RSA_SIGN = 3,
    ALGORITHM_DSA = 17,
    ALGORITHM_ECDSA = 19,
    ALGORITHM_EDDSA = 22,
    ALGORITHM_ED25519 = 27,
    ALGORITHM_ED448 = 28,
};

static bool is_rsa(unsigned algorithm)
{
    return algorithm == ALGORITHM_RSA || algorithm == ALGORITHM_RSA_SIGN;
}

/* 9.2. */
static const char *group_of(struct bytes curve)
{
    static const struct {
        struct bytes oid;
        const char *group;
    } curves[] = {
        {BYTES("\x2a\x86\x48\xce\x3d\x03\x01\x07"), "P-256"},
        {BYTES("\x2b\x81\x04\x00\x22"), "P-384"},
        {BYTES("\x2b\x81\x04\x00\x23"), "P-521"},
        {BYTES("\x2b\x81\x04\x00\x0a"), "secp256k1"},
        {BYTES("\x2b\x24\x03\x03\x02\x08\x01\x01\x07"), "brainpoolP256r1"},
        {BYTES("\x2b\x24\x03\x03\x02\x08\x01\x01\x0b"), "brainpoolP384r1"},
        {BYTES("\x2b\x24\x03\x03\x02\x08\x01\x01\x0d"), "brainpoolP512r1"},
    };
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        if (bytes_eq(curve, curves[i].oid))
            return curves[i].group;
    }
    return NULL;
}

static EVP_PKEY *ec_key(struct bytes material)
{
    const char *group = group_of(openpgp_take_curve(&material));
    return group ? ec_public_key(group, openpgp_take_number(&material)) : NULL;
}

/* 5.5.5.5: a point of Ed25519 behind an octet that says that it is native. */
static EVP_PKEY *eddsa_key(struct bytes material)
{
    struct bytes curve = openpgp_take_curve(&material);
    struct bytes point = openpgp_take_number(&material);
    bool fits = bytes_eq(curve, BYTES("\x2b\x06\x01\x04\x01\xda\x47\x0f\x01")) &&
                point.n == 33 && point.p[0] == 0x40;
    return fits ? ed25519_key(bytes_from(point, 1)) : NULL;
}

static EVP_PKEY *dsa_key(struct bytes material)
{
    struct bytes v[4];
    for (size_t i = 0; i < 4; i++)
        v[i] = openpgp_take_number(&material);
    return v[3].n ? dsa_public_key(v[0], v[1], v[2], v[3]) : NULL;
}

static EVP_PKEY *rsa_key(struct bytes material)
{
    struct bytes modulus = openpgp_take_number(&material);
    struct bytes exponent = openpgp_take_number(&material);
    return exponent.n ? rsa_public_key(modulus, exponent) : NULL;
}

static EVP_PKEY *any_key(const struct openpgp_key *k)
{
    switch (k->algorithm) {
    case ALGORITHM_RSA:
    case ALGORITHM_RSA_SIGN:
        return rsa_key(k->material);
    case ALGORITHM_DSA:
        return dsa_key(k->material);
    case ALGORITHM_ECDSA:
        return ec_key(k->material);
    case ALGORITHM_EDDSA:
        return eddsa_key(k->material);
    case ALGORITHM_ED25519:
        return ed25519_key(k->material);
    case ALGORITHM_ED448:
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED448, NULL, k->material.p,
                                           k->material.n);
    default:
        return NULL;
    }
}

EVP_PKEY *openpgp_public_key(const struct openpgp_key *k)
{
    EVP_PKEY *key = any_key(k);
    if (key && raw_signature_key_strong(key))
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

/* Integers lose their leading zeros: `n` octets, or nothing when it is longer. */
static bool put_number(struct bytes number, size_t n, uint8_t *to)
{
    if (number.n == 0 || number.n > n)
        return false;
    memset(to, 0, n - number.n);
    memcpy(to + n - number.n, number.p, number.n);
    return true;
}

static bool rsa_holds(EVP_PKEY *key, struct bytes value, const struct digest *digest)
{
    uint8_t room[2048];
    size_t n = (size_t)EVP_PKEY_get_size(key);
    return n <= sizeof room && put_number(openpgp_take_number(&value), n, room) &&
           raw_signature_holds_pkcs1(key, digest, bytes_of(room, n));
}

static bool pair_holds(EVP_PKEY *key, struct bytes value, const struct digest *digest)
{
    uint8_t room[SIGNATURE_DER];
    struct bytes r = openpgp_take_number(&value), s = openpgp_take_number(&value);
    return s.n && raw_signature_holds_pkcs1(key, digest, signature_der(r, s, room));
}

/* It signs the digest as a message. */
static bool eddsa_holds(EVP_PKEY *key, struct bytes value, const struct digest *digest)
{
    uint8_t room[64];
    struct bytes message = bytes_of(digest->octets, digest_size(digest->algorithm));
    struct bytes r = openpgp_take_number(&value), s = openpgp_take_number(&value);
    return put_number(r, 32, room) && put_number(s, 32, room + 32) &&
           raw_signature_holds(key, message, bytes_of(room, sizeof room));
}

static bool native_holds(EVP_PKEY *key, struct bytes value, const struct digest *digest)
{
    struct bytes message = bytes_of(digest->octets, digest_size(digest->algorithm));
    return raw_signature_holds(key, message, value);
}

bool openpgp_value_holds(const struct openpgp_key *k, const struct openpgp_signature *s,
                         const struct digest *digest)
{
    bool rsa = is_rsa(k->algorithm) && is_rsa(s->key_algorithm);
    bool fits = rsa || k->algorithm == s->key_algorithm, holds = false;
    EVP_PKEY *key = fits ? openpgp_public_key(k) : NULL;
    if (key)
        holds = rsa ? rsa_holds(key, s->value, digest)
                : k->algorithm == ALGORITHM_DSA || k->algorithm == ALGORITHM_ECDSA
                    ? pair_holds(key, s->value, digest)
                : k->algorithm == ALGORITHM_EDDSA ? eddsa_holds(key, s->value, digest)
                                                  : native_holds(key, s->value, digest);
    EVP_PKEY_free(key);
    return holds;
}
