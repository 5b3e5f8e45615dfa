#include "formats/openpgp_key.h"

#include "formats/base/cursor.h"

/* What is hashed of a packet stands behind a first octet and its length (5.2.4). */
static void feed(struct digest_state *to, uint8_t first, bool wide, struct bytes body)
{
    size_t n = body.n;
    uint8_t head[] = {first, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                      (uint8_t)n};
    uint8_t narrow[] = {first, head[3], head[4]};
    digest_state_update(to, wide ? bytes_of(head, sizeof head)
                                 : bytes_of(narrow, sizeof narrow));
    digest_state_update(to, body);
}

void openpgp_key_feed(const struct openpgp_key *k, struct digest_state *to)
{
    bool wide = k->version == 6;
    feed(to, wide ? 0x9b : 0x99, wide, k->body);
}

void openpgp_user_feed(const struct openpgp_packet *user, struct digest_state *to)
{
    feed(to, user->type == OPENPGP_USER_ID ? 0xb4 : 0xd1, true, user->body);
}

/* 5.5.4. */
static struct digest fingerprint_of(const struct openpgp_key *k)
{
    enum digest_algorithm a = k->version == 6 ? DIGEST_SHA256 : DIGEST_SHA1;
    struct digest_state *state = digest_state_new(DIGEST_BIT(a));
    openpgp_key_feed(k, state);
    digest_state_final(state);
    struct digest d = *digest_state_result(state, a);
    digest_state_free(state);
    return d;
}

bool openpgp_key_read(struct bytes body, struct openpgp_key *out)
{
    struct cursor c = cursor_of(body);
    struct openpgp_key k = {.version = cursor_u8(&c), .body = body};
    (void)instant_from_epoch(cursor_u32be(&c), PRECISION_SECOND, &k.made);
    k.algorithm = cursor_u8(&c);
    k.material = cursor_take(&c, k.version == 6 ? cursor_u32be(&c) : cursor_left(&c));
    if (c.failed || (k.version != 4 && k.version != 6) ||
        (k.version == 4 && body.n > UINT16_MAX))
        return false;
    k.fingerprint = fingerprint_of(&k);
    *out = k;
    return true;
}

static struct bytes fingerprint_octets(const struct openpgp_key *k)
{
    return bytes_of(k->fingerprint.octets, digest_size(k->fingerprint.algorithm));
}

bool openpgp_key_is_of(const struct openpgp_key *k, const struct openpgp_signature *s)
{
    struct bytes fingerprint = fingerprint_octets(k);
    if ((k->version == 6) != (s->version == 6)) /* RFC 9580, 5.2 */
        return false;
    if (s->fingerprint.n)
        return bytes_eq(s->fingerprint, fingerprint);
    size_t at = k->version == 6 ? 0 : fingerprint.n - 8; /* of the key id (5.5.4) */
    return s->key_id.n && bytes_eq(s->key_id, bytes_sub(fingerprint, at, 8));
}

const char *openpgp_fingerprint(const struct openpgp_key *k, char out[static 65])
{
    bytes_to_hex(fingerprint_octets(k), out);
    for (char *p = out; *p; p++)
        *p = *p >= 'a' ? (char)(*p - 'a' + 'A') : *p;
    return out;
}

struct bytes openpgp_take_number(struct bytes *rest)
{
    struct cursor c = cursor_of(*rest);
    struct bytes number = cursor_take(&c, (cursor_u16be(&c) + 7u) / 8);
    *rest = cursor_rest(&c);
    return c.failed ? BYTES_NONE : number;
}

struct bytes openpgp_take_curve(struct bytes *rest)
{
    struct cursor c = cursor_of(*rest);
    struct bytes curve = cursor_take(&c, cursor_u8(&c));
    *rest = cursor_rest(&c);
    return c.failed ? BYTES_NONE : curve;
}

bool openpgp_next_certificate(struct bytes *packets, struct bytes *out)
{
    struct openpgp_packet p;
    struct bytes begin = BYTES_NONE, before = *packets;
    while (openpgp_next(packets, &p)) {
        if (p.type == OPENPGP_PUBLIC_KEY && begin.n)
            break;
        if (p.type == OPENPGP_PUBLIC_KEY)
            begin = before;
        before = *packets;
    }
    *packets = before;
    *out = bytes_sub(begin, 0, begin.n - before.n);
    return begin.n;
}
