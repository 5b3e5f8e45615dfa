#include "verify/key_file.h"

#include <openssl/pem.h>

#include "formats/minisign.h"
#include "formats/sshsig.h"
#include "verify/openpgp_certificate.h"
#include "verify/raw_signature.h"

/* y-coordinates of the points of order 1, 2, 4 and 8 (RFC 7748 section 7 explains why
 * small subgroups matter), little-endian, sign bit cleared. */
static const uint8_t small_order[][32] = {
    {0},
    {1},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
};

/* y >= 2^255 - 19: a second spelling of a small number. */
static bool not_canonical(const uint8_t y[32])
{
    if (y[31] != 0x7f || y[0] < 0xed)
        return false;
    for (size_t i = 1; i < 31; i++) {
        if (y[i] != 0xff)
            return false;
    }
    return true;
}

bool ed25519_key_weak(const uint8_t key[32])
{
    uint8_t y[32];
    memcpy(y, key, sizeof y);
    y[31] &= 0x7f;
    for (size_t i = 0; i < sizeof small_order / sizeof *small_order; i++) {
        if (memcmp(y, small_order[i], sizeof y) == 0)
            return true;
    }
    return not_canonical(y);
}

EVP_PKEY *ed25519_key(struct bytes octets)
{
    if (octets.n != 32 || ed25519_key_weak(octets.p))
        return NULL;
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, octets.p, octets.n);
}

static struct trusted_key *add_key(struct trust *t, enum key_format format)
{
    struct trusted_key *k = arena_new(&t->arena, struct trusted_key);
    k->format = format;
    k->next = t->keys;
    t->keys = k;
    return k;
}

static const char *name_of(struct trust *t, const char *path)
{
    const char *slash = strrchr(path, '/');
    return arena_string(&t->arena, bytes_str(slash ? slash + 1 : path));
}

static const char *read_minisign(struct trust *t, struct bytes all)
{
    struct minisign_key key;
    struct fault fault;
    if (!minisign_read_key(all, &t->arena, &key, &fault))
        return "begins like a minisign or signify key, but is not a public key";
    EVP_PKEY *evp = ed25519_key(key.octets);
    if (!evp)
        return "the Ed25519 key is of small order or malformed: any message would verify";
    struct trusted_key *k = add_key(t, KEY_MINISIGN);
    uint64_t id = 0;
    for (size_t i = key.key_id.n; i > 0; i--)
        id = id << 8 | key.key_id.p[i - 1];
    k->key = evp;
    k->blob = key.key_id;
    k->name = arena_printf(&t->arena, "%016llX", (unsigned long long)id);
    return NULL;
}

static bool weak_ssh_key(struct bytes blob)
{
    struct ssh_key key;
    if (!ssh_key_read(blob, &key))
        return true;
    return key.ed25519.n && ed25519_key_weak(key.ed25519.p);
}

static const char *read_ssh(struct trust *t, struct bytes all, const char *path)
{
    struct bytes rest = all, line, blob, comment;
    while (bytes_split(&rest, '\n', &line)) {
        if (bytes_trim(line).n == 0)
            continue;
        if (!ssh_key_line(line, &t->arena, &blob, &comment))
            return "not a public key in PEM, minisign, signify, OpenSSH or OpenPGP form";
        if (weak_ssh_key(blob))
            return "the Ed25519 key is of small order: any message would verify";
        struct trusted_key *k = add_key(t, KEY_SSH);
        k->blob = blob;
        k->name = comment.n ? arena_string(&t->arena, comment) : name_of(t, path);
    }
    return t->keys ? NULL : "holds no public key";
}

static const char *read_pem(struct trust *t, struct bytes all, const char *path)
{
    BIO *bio = BIO_new_mem_buf(all.p, (int)all.n);
    X509 *certificate = bytes_contains(all, BYTES("-----BEGIN CERTIFICATE"))
                            ? PEM_read_bio_X509(bio, NULL, NULL, NULL)
                            : NULL;
    EVP_PKEY *key = certificate ? X509_get_pubkey(certificate)
                                : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    X509_free(certificate);
    BIO_free(bio);
    if (!key)
        return "holds no PEM public key (-----BEGIN PUBLIC KEY-----) or certificate";
    if (!raw_signature_key_strong(key)) {
        EVP_PKEY_free(key);
        return "the key has less than 2048 bits: it can be broken";
    }
    uint8_t raw[32];
    size_t n = sizeof raw;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 &&
        EVP_PKEY_get_raw_public_key(key, raw, &n) && ed25519_key_weak(raw)) {
        EVP_PKEY_free(key);
        return "the Ed25519 key is of small order: any message would verify";
    }
    struct trusted_key *k = add_key(t, KEY_PEM);
    k->key = key;
    k->name = name_of(t, path);
    return NULL;
}

/* -- OpenPGP ---------------------------------------------------------------------------
 */

static const char key_armour[] = "-----BEGIN PGP PUBLIC KEY BLOCK";

static const char *read_certificates(struct trust *t, struct bytes packets)
{
    struct bytes certificate;
    struct openpgp_key primary;
    char hex[65];
    bool any = false;
    while (openpgp_next_certificate(&packets, &certificate)) {
        const char *why = openpgp_certificate_refusal(certificate, &primary);
        if (why)
            return why;
        struct trusted_key *k = add_key(t, KEY_OPENPGP);
        k->blob = certificate;
        k->name = arena_printf(&t->arena, "%s", openpgp_fingerprint(&primary, hex));
        any = true;
    }
    /* What cannot be read may be a revocation. */
    if (packets.n)
        return "the OpenPGP key is cut off or damaged";
    return any ? NULL : "holds no public key of OpenPGP";
}

/* As gpg --export writes it, with --armor or without: one key or many. */
static const char *read_openpgp(struct trust *t, struct bytes all)
{
    if (all.p[0] & 0x80)
        return read_certificates(t, all);
    const char *why = NULL;
    for (size_t at = 0; !why && (at = bytes_find(all, bytes_str(key_armour))) < all.n;) {
        all = bytes_from(all, at);
        why = read_certificates(t, openpgp_packets(all, key_armour, &t->arena));
        all = bytes_from(all, 1);
    }
    return why;
}

static bool is_openpgp(struct bytes all)
{
    struct openpgp_packet p;
    return bytes_contains(all, bytes_str(key_armour)) ||
           (openpgp_next(&all, &p) && p.type == OPENPGP_PUBLIC_KEY);
}

const char *key_file_read(struct trust *t, struct bytes all, const char *path)
{
    if (minisign_probe(all))
        return read_minisign(t, all);
    if (bytes_eq(bytes_sub(all, 8, 4), BYTES("KBXf")))
        return "a keybox of GnuPG: gpg --export KEY writes what is wanted here";
    if (bytes_contains(all, BYTES("-----BEGIN PGP PRIVATE KEY BLOCK")))
        return "a private key: gpg --export writes the public one";
    if (is_openpgp(all))
        return read_openpgp(t, all);
    if (bytes_contains(all, BYTES("-----BEGIN ")))
        return read_pem(t, all, path);
    return read_ssh(t, all, path);
}

bool block_headers_read(struct arena *arena, struct bytes all, struct bytes *out)
{
    enum { HEADER = 80 };
    struct bytes trimmed = bytes_trim(all), rest = trimmed, line;
    bool hex = trimmed.n >= 2 * HEADER;
    for (size_t i = 0; hex && i < 2 * HEADER; i++)
        hex = is_hex(trimmed.p[i]);
    if (!hex) {
        *out = all;
        return all.n > 0 && all.n % HEADER == 0;
    }
    uint8_t *to = arena_alloc(arena, trimmed.n / 2 + HEADER);
    size_t n = 0;
    while (bytes_split(&rest, '\n', &line)) {
        if (!bytes_from_hex(bytes_trim(line), to + n, HEADER))
            return false;
        n += HEADER;
    }
    *out = bytes_of(to, n);
    return true;
}
