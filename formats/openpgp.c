#include "formats/openpgp.h"

#include "formats/base/cursor.h"

/* RFC 9580, 5.2.3.7. */
enum subpacket {
    SUBPACKET_MADE = 2,
    SUBPACKET_LIFETIME = 3,
    SUBPACKET_KEY_LIFETIME = 9,
    SUBPACKET_ISSUER = 16,
    SUBPACKET_NOTATION = 20,
    SUBPACKET_PRIMARY_USER = 25,
    SUBPACKET_FLAGS = 27,
    SUBPACKET_REASON = 29,
    SUBPACKET_EMBEDDED = 32,
    SUBPACKET_FINGERPRINT = 33,
};

const char *openpgp_key_algorithm(unsigned n)
{
    static const char *const names[] = {
        [1] = "RSA",     [2] = "RSA",   [3] = "RSA",      [16] = "Elgamal",
        [17] = "DSA",    [18] = "ECDH", [19] = "ECDSA",   [22] = "EdDSA",
        [25] = "X25519", [26] = "X448", [27] = "Ed25519", [28] = "Ed448"};
    return n < sizeof names / sizeof *names && names[n] ? names[n] : "algorithm";
}

static const struct {
    const char *name;
    bool computed;
    enum digest_algorithm algorithm;
    size_t salt; /* octets of it in version 6; 0: not for version 6 */
} hashes[] = {
    [1] = {"MD5", true, DIGEST_MD5, 0},
    [2] = {"SHA-1", true, DIGEST_SHA1, 0},
    [3] = {"RIPEMD-160", false, DIGEST_COUNT, 0},
    [8] = {"SHA-256", true, DIGEST_SHA256, 16},
    [9] = {"SHA-384", true, DIGEST_SHA384, 24},
    [10] = {"SHA-512", true, DIGEST_SHA512, 32},
    [11] = {"SHA-224", true, DIGEST_SHA224, 16},
    [12] = {"SHA3-256", true, DIGEST_SHA3_256, 16},
    [14] = {"SHA3-512", true, DIGEST_SHA3_512, 32},
};
enum { HASHES = sizeof hashes / sizeof *hashes };

const char *openpgp_hash_algorithm(unsigned n)
{
    return n < HASHES && hashes[n].name ? hashes[n].name : "algorithm";
}

/* The length of the salt is not hashed, so RFC 9580 (9.5) fixes it: with any other,
 * octets could move between the salt and the beginning of what is signed. */
bool openpgp_digest(const struct openpgp_signature *s, enum digest_algorithm *out)
{
    unsigned n = s->hash_algorithm;
    if (n >= HASHES || !hashes[n].computed ||
        (s->version == 6 && (s->salt.n == 0 || s->salt.n != hashes[n].salt)))
        return false;
    *out = hashes[n].algorithm;
    return true;
}

/* -- packets ---------------------------------------------------------------------------
 */

/* RFC 9580, 4.2: lengths of both formats. */
static uint64_t take_length(struct cursor *c, uint8_t head)
{
    static const unsigned sizes[] = {1, 2, 4};
    if (!(head & 0x40)) {
        unsigned kind = head & 3;
        uint64_t n = kind == 3 ? cursor_left(c) : 0;
        for (unsigned i = 0; kind != 3 && i < sizes[kind]; i++)
            n = n << 8 | cursor_u8(c);
        return n;
    }
    uint8_t first = cursor_u8(c);
    if (first >= 224 && first != 255)
        c->failed = true;
    return first < 192   ? first
           : first < 224 ? ((uint64_t)(first - 192) << 8) + cursor_u8(c) + 192
                         : cursor_u32be(c);
}

bool openpgp_next(struct bytes *rest, struct openpgp_packet *out)
{
    struct cursor c = cursor_of(*rest);
    uint8_t head = cursor_u8(&c);
    if (!(head & 0x80))
        return false;
    uint64_t n = take_length(&c, head);
    out->type = head & 0x40 ? head & 0x3f : head >> 2 & 0x0f;
    out->body = cursor_take(&c, n);
    *rest = cursor_rest(&c);
    return !c.failed;
}

/* -- signatures ------------------------------------------------------------------------
 */

/* Those that RFC 9580 names: preferences of a key, and what does not change whether a
 * signature holds. A notation is for whoever agreed on it. */
static bool is_understood(unsigned type)
{
    return type != SUBPACKET_NOTATION &&
           ((type >= 2 && type <= 7) || type == 9 || type == 11 || type == 12 ||
            type == 16 || (type >= 21 && type <= 35) || type == 39);
}

/* An end that cannot be read must not become none. */
static bool is_broken_time(unsigned type, size_t n)
{
    return n != 4 && (type == SUBPACKET_MADE || type == SUBPACKET_LIFETIME ||
                      type == SUBPACKET_KEY_LIFETIME);
}

/* What counts only where it is signed. */
static void take_signed(struct openpgp_signature *s, unsigned type, struct cursor *body)
{
    size_t n = cursor_left(body);
    if (type == SUBPACKET_MADE && n == 4)
        (void)instant_from_epoch(cursor_u32be(body), PRECISION_SECOND, &s->made);
    else if (type == SUBPACKET_LIFETIME && n == 4)
        s->lifetime = cursor_u32be(body);
    else if (type == SUBPACKET_KEY_LIFETIME && n == 4)
        s->key_lifetime = cursor_u32be(body);
    else if (type == SUBPACKET_PRIMARY_USER && n == 1)
        s->primary_user = cursor_u8(body) != 0;
    else if (type == SUBPACKET_REASON && n >= 1)
        s->reason = cursor_u8(body);
    else if (type == SUBPACKET_FLAGS) {
        s->has_flags = true;
        s->flags = n ? cursor_u8(body) : 0;
    }
}

/* Who made it is only a hint which key to try, and a signature inside speaks for itself:
 * both may stand outside of what is signed. */
static void take_any(struct openpgp_signature *s, unsigned type, struct cursor *body)
{
    struct bytes value = cursor_rest(body);
    if (type == SUBPACKET_ISSUER && value.n == 8)
        s->key_id = value;
    else if (type == SUBPACKET_FINGERPRINT && value.n > 1)
        s->fingerprint = bytes_from(value, 1);
    else if (type == SUBPACKET_EMBEDDED)
        s->embedded = value;
}

static void take_subpackets(struct bytes area, bool is_signed,
                            struct openpgp_signature *s)
{
    struct cursor c = cursor_of(area);
    while (!c.failed && !cursor_at_end(&c)) {
        uint8_t first = cursor_u8(&c);
        uint64_t n = first < 192   ? first
                     : first < 255 ? ((uint64_t)(first - 192) << 8) + cursor_u8(&c) + 192
                                   : cursor_u32be(&c);
        struct cursor body = cursor_of(cursor_take(&c, n));
        unsigned type = cursor_u8(&body);
        take_any(s, type & 0x7f, &body);
        if (!is_signed)
            continue;
        s->unknown_critical |= is_broken_time(type & 0x7f, cursor_left(&body)) ||
                               (type & 0x80 && !is_understood(type & 0x7f));
        take_signed(s, type & 0x7f, &body);
    }
    s->unknown_critical |= c.failed && is_signed;
}

/* RFC 9580, 5.2.2. */
static void read_version3(struct cursor *c, struct openpgp_signature *s)
{
    uint8_t hashed = cursor_u8(c);
    s->hashed = bytes_sub(cursor_rest(c), 0, hashed);
    s->type = cursor_u8(c);
    (void)instant_from_epoch(cursor_u32be(c), PRECISION_SECOND, &s->made);
    s->key_id = cursor_take(c, 8);
    s->key_algorithm = cursor_u8(c);
    s->hash_algorithm = cursor_u8(c);
    c->failed |= hashed != 5;
}

/* RFC 9580, 5.2.3. */
static void read_version4(struct cursor *c, struct openpgp_signature *s)
{
    s->type = cursor_u8(c);
    s->key_algorithm = cursor_u8(c);
    s->hash_algorithm = cursor_u8(c);
    bool wide = s->version == 6;
    take_subpackets(cursor_take(c, wide ? cursor_u32be(c) : cursor_u16be(c)), true, s);
    s->hashed = bytes_sub(c->all, 0, c->at);
    take_subpackets(cursor_take(c, wide ? cursor_u32be(c) : cursor_u16be(c)), false, s);
}

bool openpgp_signature_read(struct bytes body, struct openpgp_signature *out)
{
    struct cursor c = cursor_of(body);
    struct openpgp_signature s = {
        .made = INSTANT_NONE, .reason = -1, .version = cursor_u8(&c)};
    if (s.version < 3 || s.version > 6)
        return false;
    if (s.version == 3)
        read_version3(&c, &s);
    else
        read_version4(&c, &s);
    cursor_skip(&c, 2); /* of the digest, to find wrong keys early */
    if (s.version == 6)
        s.salt = cursor_take(&c, cursor_u8(&c));
    s.value = cursor_rest(&c);
    *out = s;
    return !c.failed;
}

void openpgp_signature_end(const struct openpgp_signature *s, struct digest_state *to)
{
    uint32_t n = (uint32_t)s->hashed.n;
    uint8_t trailer[] = {(uint8_t)s->version, 0xff,
                         (uint8_t)(n >> 24),  (uint8_t)(n >> 16),
                         (uint8_t)(n >> 8),   (uint8_t)n};
    digest_state_update(to, s->hashed);
    if (s->version > 3)
        digest_state_update(to, bytes_of(trailer, sizeof trailer));
}
