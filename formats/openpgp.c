#include "formats/openpgp.h"

#include "formats/base/base64.h"
#include "formats/base/cursor.h"

enum {
    PACKET_SIGNATURE = 2,
    SUBPACKET_MADE = 2,
    SUBPACKET_ISSUER = 16,
    SUBPACKET_FINGERPRINT = 33,
};

static const struct bytes armour = {(const uint8_t *)"-----BEGIN PGP ", 15};

const char *openpgp_key_algorithm(unsigned n)
{
    static const char *const names[] = {
        [1] = "RSA",     [2] = "RSA",   [3] = "RSA",      [16] = "Elgamal",
        [17] = "DSA",    [18] = "ECDH", [19] = "ECDSA",   [22] = "EdDSA",
        [25] = "X25519", [26] = "X448", [27] = "Ed25519", [28] = "Ed448"};
    return n < sizeof names / sizeof *names && names[n] ? names[n] : "algorithm";
}

const char *openpgp_hash_algorithm(unsigned n)
{
    static const char *const names[] = {
        [1] = "MD5",      [2] = "SHA-1",     [3] = "RIPEMD-160",
        [8] = "SHA-256",  [9] = "SHA-384",   [10] = "SHA-512",
        [11] = "SHA-224", [12] = "SHA3-256", [14] = "SHA3-512"};
    return n < sizeof names / sizeof *names && names[n] ? names[n] : "algorithm";
}

/* -- packets ---------------------------------------------------------------------------
 */

/* RFC 9580, 4.2: lengths of both formats; partial ones have no place in signatures. */
static struct bytes take_packet(struct cursor *c, unsigned *tag)
{
    uint8_t head = cursor_u8(c);
    uint64_t n;
    if (!(head & 0x80))
        c->failed = true;
    *tag = head & 0x40 ? head & 0x3f : head >> 2 & 0x0f;
    if (!(head & 0x40)) {
        n = (head & 3) == 0   ? cursor_u8(c)
            : (head & 3) == 1 ? cursor_u16be(c)
                              : cursor_u32be(c);
        if ((head & 3) == 3)
            n = cursor_left(c);
        return cursor_take(c, n);
    }
    uint8_t first = cursor_u8(c);
    n = first < 192   ? first
        : first < 224 ? ((uint64_t)(first - 192) << 8) + cursor_u8(c) + 192
                      : cursor_u32be(c);
    if (first >= 224 && first != 255)
        c->failed = true;
    return cursor_take(c, n);
}

static void take_subpackets(struct bytes area, struct openpgp_signature *s)
{
    struct cursor c = cursor_of(area);
    while (!c.failed && !cursor_at_end(&c)) {
        uint8_t first = cursor_u8(&c);
        uint64_t n = first < 192   ? first
                     : first < 255 ? ((uint64_t)(first - 192) << 8) + cursor_u8(&c) + 192
                                   : cursor_u32be(&c);
        struct cursor body = cursor_of(cursor_take(&c, n));
        unsigned type = cursor_u8(&body) & 0x7f;
        if (type == SUBPACKET_MADE && cursor_left(&body) == 4)
            (void)instant_from_epoch(cursor_u32be(&body), PRECISION_SECOND, &s->made);
        if (type == SUBPACKET_ISSUER && cursor_left(&body) == 8)
            s->key_id = cursor_rest(&body);
        if (type == SUBPACKET_FINGERPRINT && cursor_left(&body) > 1)
            s->fingerprint = bytes_from(cursor_rest(&body), 1);
    }
}

static bool read_signature(struct bytes body, struct openpgp_signature *out)
{
    struct cursor c = cursor_of(body);
    struct openpgp_signature s = {.made = INSTANT_NONE, .version = cursor_u8(&c)};
    if (s.version == 3) {
        cursor_skip(&c, 1);
        s.type = cursor_u8(&c);
        (void)instant_from_epoch(cursor_u32be(&c), PRECISION_SECOND, &s.made);
        s.key_id = cursor_take(&c, 8);
    } else {
        s.type = cursor_u8(&c);
    }
    s.key_algorithm = cursor_u8(&c);
    s.hash_algorithm = cursor_u8(&c);
    for (int i = 0; i < 2 && s.version != 3; i++)
        take_subpackets(
            cursor_take(&c, s.version == 6 ? cursor_u32be(&c) : cursor_u16be(&c)), &s);
    if (c.failed || s.version < 3 || s.version > 6)
        return false;
    *out = s;
    return true;
}

/* -- armour ----------------------------------------------------------------------------
 */

bool openpgp_probe(struct bytes head)
{
    struct openpgp_signature s;
    struct cursor c = cursor_of(head);
    unsigned tag;
    if (bytes_starts(head, armour))
        return true;
    struct bytes body = take_packet(&c, &tag);
    return !c.failed && tag == PACKET_SIGNATURE && read_signature(body, &s);
}

/* Headers end with an empty line; a line that begins with "=" is the checksum. */
static bool read_armour(struct bytes content, struct arena *arena, struct bytes *out)
{
    struct bytes line, body = BYTES_NONE;
    bool inside = false;
    while (bytes_split(&content, '\n', &line)) {
        bool empty = bytes_trim(line).n == 0;
        if (!inside && !empty)
            continue;
        if (inside && (bytes_starts(line, BYTES("=")) || bytes_starts(line, BYTES("-"))))
            break;
        body = inside ? bytes_of(body.p, (size_t)(line.p + line.n - body.p))
                      : bytes_sub(content, 0, 0);
        inside = true;
    }
    return body.n && base64_decode(body, BASE64_LENIENT, arena, out);
}

bool openpgp_read(struct bytes content, struct arena *arena,
                  struct openpgp_signature *out)
{
    /* A clear-signed text has its signature at the end. */
    size_t at = bytes_find(content, BYTES("-----BEGIN PGP SIGNATURE"));
    if (bytes_starts(content, armour) &&
        (at == content.n || !read_armour(bytes_from(content, at), arena, &content)))
        return false;
    struct cursor c = cursor_of(content);
    while (!c.failed && !cursor_at_end(&c)) {
        unsigned tag;
        struct bytes body = take_packet(&c, &tag);
        if (!c.failed && tag == PACKET_SIGNATURE)
            return read_signature(body, out);
    }
    return false;
}

struct bytes openpgp_clear_text(struct bytes content)
{
    struct bytes line;
    if (!bytes_starts(content, BYTES("-----BEGIN PGP SIGNED MESSAGE-----")))
        return BYTES_NONE;
    while (bytes_split(&content, '\n', &line) && bytes_trim(line).n)
        continue;
    size_t end = bytes_find(content, BYTES("-----BEGIN PGP SIGNATURE-----"));
    return end < content.n ? bytes_sub(content, 0, end) : BYTES_NONE;
}
