#include "formats/der.h"

#include "formats/base/base64.h"
#include "formats/base/cursor.h"

static uint64_t take_length(struct cursor *c)
{
    uint8_t first = cursor_u8(c);
    uint64_t n = 0;
    if (first < 0x80)
        return first;
    /* 0x80 is the indefinite form, which DER does not have. */
    if (first == 0x80 || first > 0x84)
        c->failed = true;
    for (uint8_t i = 0x80; i < first && !c->failed; i++)
        n = n << 8 | cursor_u8(c);
    return n;
}

bool der_next(struct bytes *rest, struct der *out)
{
    struct cursor c = cursor_of(*rest);
    struct der d = {.tag = cursor_u8(&c)};
    d.content = cursor_take(&c, take_length(&c));
    if (c.failed || (d.tag & 0x1f) == 0x1f)
        return false;
    d.whole = bytes_sub(*rest, 0, c.at);
    *rest = bytes_from(*rest, c.at);
    *out = d;
    return true;
}

bool der_take(struct bytes *rest, uint8_t tag, struct bytes *content)
{
    struct bytes after = *rest;
    struct der d;
    if (!der_next(&after, &d) || d.tag != tag)
        return false;
    *rest = after;
    *content = d.content;
    return true;
}

bool der_digest_algorithm(struct bytes identifier, enum digest_algorithm *out)
{
    static const struct {
        const char *oid;
        size_t n;
        enum digest_algorithm algorithm;
    } known[] = {
        {"\x2a\x86\x48\x86\xf7\x0d\x02\x05", 8, DIGEST_MD5},
        {"\x2b\x0e\x03\x02\x1a", 5, DIGEST_SHA1},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9, DIGEST_SHA256},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x02", 9, DIGEST_SHA384},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x03", 9, DIGEST_SHA512},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x04", 9, DIGEST_SHA224},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x06", 9, DIGEST_SHA512_256},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x08", 9, DIGEST_SHA3_256},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x09", 9, DIGEST_SHA3_384},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x0a", 9, DIGEST_SHA3_512},
    };
    struct bytes oid;
    if (!der_take(&identifier, DER_OID, &oid))
        return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (bytes_eq(oid, bytes_of(known[i].oid, known[i].n))) {
            *out = known[i].algorithm;
            return true;
        }
    }
    return false;
}

/* RFC 7468: what stands between the two lines of hyphens. */
static struct bytes armoured(struct bytes text)
{
    size_t begin = bytes_find(text, BYTES("-----BEGIN "));
    struct bytes body = bytes_from(text, begin);
    if (begin == text.n)
        return text;
    body = bytes_from(body, bytes_find_byte(body, '\n'));
    return bytes_sub(body, 0, bytes_find(body, BYTES("-----END ")));
}

struct bytes der_of_text(struct bytes content, struct arena *arena)
{
    struct bytes octets, rest, text;
    struct der ignored;
    if (content.n == 0 || content.p[0] == DER_SEQUENCE)
        return content;
    /* A SEQUENCE in base64 begins with an M: 0x30 shifted to six bits. */
    text = bytes_trim(armoured(content));
    if (!bytes_starts(text, BYTES("M")) ||
        !base64_decode(text, BASE64_LENIENT, arena, &octets))
        return content;
    rest = octets;
    return der_next(&rest, &ignored) && octets.p[0] == DER_SEQUENCE ? octets : content;
}
