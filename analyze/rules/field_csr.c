/* The subject that a certificate signing request asks for: who somebody wants to become.
 *
 * requestObject.spec.request is base64 (Kubernetes) of PEM (RFC 7468) of a PKCS #10
 * CertificationRequest (RFC 2986 4.1) in DER; only the names in its subject are read.
 */
#include "analyze/rules/field.h"
#include "formats/audit.h"
#include "formats/base/cursor.h"

static int base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Up to the padding; blanks and line ends are passed over. */
static struct bytes base64_decode(struct bytes text, struct arena *arena)
{
    uint8_t *out = arena_alloc(arena, text.n / 4 * 3 + 3);
    size_t n = 0;
    uint32_t bits = 0, have = 0;
    for (size_t i = 0; i < text.n && text.p[i] != '='; i++) {
        int digit = base64_digit(text.p[i]);
        if (digit < 0 && is_blank(text.p[i]))
            continue;
        if (digit < 0)
            break;
        bits = bits << 6 | (uint32_t)digit;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        out[n++] = (uint8_t)(bits >> have);
    }
    return bytes_of(out, n);
}

static struct bytes pem_body(struct bytes pem)
{
    struct bytes begin = BYTES("-----BEGIN"), dashes = BYTES("-----");
    size_t at = bytes_find(pem, begin);
    if (at == pem.n)
        return pem; /* DER as it is */
    pem = bytes_from(pem, at + begin.n);
    pem = bytes_from(pem, bytes_find(pem, dashes) + dashes.n);
    return bytes_sub(pem, 0, bytes_find(pem, dashes));
}

/* X.690: tag, definite length, content. The tag is returned; 0 at the end. */
static uint8_t der_next(struct cursor *c, struct bytes *content)
{
    uint8_t tag = cursor_u8(c), first = cursor_u8(c);
    uint64_t length = first;
    if (first & 0x80) {
        length = 0;
        for (unsigned n = first & 0x7f; n > 0 && !c->failed; n--)
            length = n > 8 ? UINT64_MAX : length << 8 | cursor_u8(c);
    }
    *content = cursor_take(c, length);
    return c->failed ? 0 : tag;
}

#define DER_SEQUENCE 0x30
#define DER_SET      0x31
#define DER_INTEGER  0x02
#define DER_OID      0x06

/* id-at-commonName and id-at-organizationName (RFC 5280 appendix A). */
static const char *attribute_name(struct bytes oid)
{
    if (bytes_eq(oid, bytes_of("\x55\x04\x03", 3)))
        return "CN";
    return bytes_eq(oid, bytes_of("\x55\x04\x0a", 3)) ? "O" : NULL;
}

static void read_attribute(struct bytes attribute, struct values *to)
{
    struct cursor c = cursor_of(attribute);
    struct bytes oid, text;
    if (der_next(&c, &oid) != DER_OID || der_next(&c, &text) == 0)
        return;
    const char *name = attribute_name(oid);
    if (name)
        values_text(to, bytes_str(arena_printf(to->arena, "%s=%.*s", name, (int)text.n,
                                               (const char *)text.p)));
}

static void read_subject(struct bytes subject, struct values *to)
{
    struct cursor names = cursor_of(subject);
    struct bytes set, attribute;
    while (!cursor_at_end(&names) && der_next(&names, &set) == DER_SET) {
        struct cursor c = cursor_of(set);
        while (!cursor_at_end(&c) && der_next(&c, &attribute) == DER_SEQUENCE)
            read_attribute(attribute, to);
    }
}

void field_derive_csr(const struct record *r, struct values *to)
{
    if (!r->audit)
        return;
    struct jsonl_value spec = jsonl_get(r->audit->request_object, "spec");
    struct bytes pem = base64_decode(jsonl_string(jsonl_get(spec, "request")), to->arena);
    struct bytes body = pem_body(pem);
    struct bytes der = body.p == pem.p ? pem : base64_decode(body, to->arena);
    struct cursor outer = cursor_of(der), request, info;
    struct bytes content;
    if (der_next(&outer, &content) != DER_SEQUENCE)
        return;
    request = cursor_of(content);
    if (der_next(&request, &content) != DER_SEQUENCE)
        return;
    info = cursor_of(content);
    if (der_next(&info, &content) == DER_INTEGER &&
        der_next(&info, &content) == DER_SEQUENCE)
        read_subject(content, to);
}
