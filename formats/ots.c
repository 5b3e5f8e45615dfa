#include "formats/ots.h"

#include <openssl/evp.h>

#include "formats/base/cursor.h"

static const char magic[] =
    "\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94";

/* Ceilings of the reference implementation. */
enum { DEPTH = 256, MESSAGE = 4096, PAYLOAD = 8192 };

enum {
    TAG_ATTESTATION = 0x00,
    TAG_SHA1 = 0x02,
    TAG_RIPEMD160 = 0x03,
    TAG_SHA256 = 0x08,
    TAG_KECCAK256 = 0x67, /* of Ethereum's calendars */
    TAG_APPEND = 0xf0,
    TAG_PREPEND = 0xf1,
    TAG_REVERSE = 0xf2,
    TAG_HEXLIFY = 0xf3,
    TAG_FORK = 0xff,
};

struct reading {
    struct cursor c;
    struct arena *arena;
    const struct ots_sink *sink;
    unsigned unknown; /* hashes on the way here that are not computed */
    struct fault fault;
};

bool ots_probe(struct bytes head)
{
    return bytes_starts(head, bytes_of(magic, sizeof magic - 1));
}

static bool wrong(struct reading *r, enum fault_code code)
{
    if (!r->fault.code)
        r->fault = (struct fault){.code = code, .offset = r->c.at};
    return false;
}

static struct bytes take_string(struct reading *r, uint64_t limit)
{
    uint64_t n = cursor_varint(&r->c);
    if (n > limit)
        r->c.failed = true;
    return cursor_take(&r->c, n);
}

static const char *hash_name(uint8_t tag)
{
    return tag == TAG_SHA1        ? "SHA1"
           : tag == TAG_RIPEMD160 ? "RIPEMD160"
           : tag == TAG_SHA256    ? "SHA256"
                                  : NULL;
}

static bool hash(struct reading *r, uint8_t tag, struct bytes in, struct bytes *out)
{
    uint8_t *octets = arena_alloc(r->arena, EVP_MAX_MD_SIZE);
    size_t n = 0;
    if (EVP_Q_digest(NULL, hash_name(tag), NULL, in.p, in.n, octets, &n) != 1)
        return wrong(r, FAULT_UNSUPPORTED);
    *out = bytes_of(octets, n);
    return true;
}

static struct bytes joined(struct reading *r, struct bytes a, struct bytes b)
{
    uint8_t *to = arena_alloc(r->arena, a.n + b.n + 1);
    memcpy(to, a.p, a.n);
    if (b.n)
        memcpy(to + a.n, b.p, b.n);
    return bytes_of(to, a.n + b.n);
}

static struct bytes reversed(struct reading *r, struct bytes in)
{
    uint8_t *to = arena_alloc(r->arena, in.n + 1);
    for (size_t i = 0; i < in.n; i++)
        to[i] = in.p[in.n - 1 - i];
    return bytes_of(to, in.n);
}

static bool apply(struct reading *r, uint8_t tag, struct bytes in, struct bytes *out)
{
    if (hash_name(tag))
        return hash(r, tag, in, out);
    if (tag == TAG_APPEND || tag == TAG_PREPEND) {
        struct bytes more = take_string(r, MESSAGE);
        if (r->c.failed || more.n == 0)
            return wrong(r, FAULT_TRUNCATED);
        *out = tag == TAG_APPEND ? joined(r, in, more) : joined(r, more, in);
    } else if (tag == TAG_REVERSE) {
        *out = reversed(r, in);
    } else if (tag == TAG_HEXLIFY) {
        char *hex = arena_alloc(r->arena, 2 * in.n + 1);
        bytes_to_hex(in, hex);
        *out = bytes_of(hex, 2 * in.n);
    } else {
        return wrong(r, FAULT_UNSUPPORTED);
    }
    return out->n <= MESSAGE || wrong(r, FAULT_LIMIT);
}

static bool read_attestation(struct reading *r, struct bytes message)
{
    struct bytes tag = cursor_take(&r->c, 8);
    struct bytes payload = take_string(r, PAYLOAD);
    struct ots_attestation a = {.kind = OTS_OTHER, .message = message};
    if (r->c.failed)
        return wrong(r, FAULT_TRUNCATED);
    struct cursor c = cursor_of(payload);
    if (bytes_eq(tag, BYTES("\x83\xdf\xe3\x0d\x2e\xf9\x0c\x8e"))) {
        uint64_t n = cursor_varint(&c);
        a.kind = OTS_PENDING;
        a.address = cursor_take(&c, n);
    } else if (bytes_eq(tag, BYTES("\x05\x88\x96\x0d\x73\xd7\x19\x01"))) {
        a.kind = r->unknown ? OTS_OTHER : OTS_BITCOIN;
        a.height = cursor_varint(&c);
    }
    if (c.failed || (a.kind != OTS_OTHER && !cursor_at_end(&c)))
        return wrong(r, FAULT_LENGTH);
    r->sink->each(r->sink->context, &a);
    return true;
}

static bool read_tree(struct reading *r, struct bytes message, unsigned depth);

/* OpenSSL 3.0 has SHA-3, but not the Keccak before it: what follows is read without its
 * value, and the other branches count. */
static bool read_unknown(struct reading *r, unsigned depth)
{
    static const uint8_t nothing[32];
    r->unknown++;
    bool good = read_tree(r, bytes_of(nothing, sizeof nothing), depth);
    r->unknown--;
    return good;
}

static bool read_branch(struct reading *r, uint8_t tag, struct bytes message,
                        unsigned depth)
{
    struct bytes next;
    if (tag == TAG_ATTESTATION)
        return read_attestation(r, message);
    if (tag == TAG_KECCAK256)
        return read_unknown(r, depth + 1);
    return apply(r, tag, message, &next) && read_tree(r, next, depth + 1);
}

/* Every branch but the last is announced by 0xff. */
static bool read_tree(struct reading *r, struct bytes message, unsigned depth)
{
    if (depth > DEPTH)
        return wrong(r, FAULT_LIMIT);
    for (;;) {
        uint8_t tag = cursor_u8(&r->c);
        bool last = tag != TAG_FORK;
        if (!last)
            tag = cursor_u8(&r->c);
        if (r->c.failed)
            return wrong(r, FAULT_TRUNCATED);
        if (!read_branch(r, tag, message, depth))
            return false;
        if (last)
            return true;
    }
}

struct fault ots_read(struct bytes content, struct arena *arena,
                      const struct ots_sink *sink, struct digest *digest)
{
    struct reading r = {.c = cursor_of(content), .arena = arena, .sink = sink};
    cursor_skip(&r.c, sizeof magic - 1);
    bool good = ots_probe(content) && cursor_varint(&r.c) == 1;
    uint8_t tag = cursor_u8(&r.c);
    enum digest_algorithm algorithm = tag == TAG_SHA1 ? DIGEST_SHA1 : DIGEST_SHA256;
    struct bytes octets = cursor_take(&r.c, digest_size(algorithm));
    if (!good || r.c.failed || (tag != TAG_SHA1 && tag != TAG_SHA256))
        return (struct fault){.code = good ? FAULT_UNSUPPORTED : FAULT_MAGIC};
    *digest = (struct digest){.algorithm = algorithm};
    memcpy(digest->octets, octets.p, octets.n);
    if (read_tree(&r, octets, 0) && !cursor_at_end(&r.c))
        wrong(&r, FAULT_TRAILING);
    return r.fault;
}

/* -- block headers ---------------------------------------------------------------------
 */

/* The compact form of the target: one octet of exponent, three of mantissa. */
static bool below_target(const uint8_t hash_octets[32], uint32_t bits)
{
    uint8_t target[32] = {0};
    uint32_t exponent = bits >> 24, mantissa = bits & 0x7fffff;
    for (uint32_t i = 0; i < 3; i++) {
        if (exponent >= 3 - i && exponent - 3 + i < 32)
            target[exponent - 3 + i] = (uint8_t)(mantissa >> (8 * i));
    }
    for (size_t i = 32; i > 0; i--) {
        if (hash_octets[i - 1] != target[i - 1])
            return hash_octets[i - 1] < target[i - 1];
    }
    return true;
}

struct block_header block_header_read(struct bytes octets)
{
    struct cursor c = cursor_of(octets);
    struct block_header h = {0};
    cursor_skip(&c, 4 + 32);
    h.merkle_root = cursor_take(&c, 32);
    h.time = cursor_u32le(&c);
    uint32_t bits = cursor_u32le(&c);
    struct digest once = digest_bytes(DIGEST_SHA256, octets);
    struct digest twice = digest_bytes(DIGEST_SHA256, bytes_of(once.octets, 32));
    h.work_holds = !c.failed && octets.n == 80 && below_target(twice.octets, bits);
    return h;
}
