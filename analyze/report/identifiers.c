#include "analyze/report/identifiers.h"

#include "formats/base/digest.h"

static const uint8_t ours[16] = {0x5e, 0x0b, 0xc4, 0x4d, 0x0e, 0x0a, 0x4f, 0x52,
                                 0x9d, 0x3b, 0x6c, 0x1f, 0x27, 0x60, 0xd8, 0x11};
/* 00abedb4-aa42-466c-9c01-fed23315a9b7 */
static const uint8_t observables[16] = {0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c,
                                        0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7};

static void add_uuid(struct text *t, const uint8_t space[16], struct bytes name)
{
    struct text named = {0};
    char hex[33];
    text_add(&named, bytes_of(space, 16));
    text_add(&named, name);
    struct digest d = digest_bytes(DIGEST_SHA1, text_bytes(&named));
    d.octets[6] = (uint8_t)(0x50 | (d.octets[6] & 0x0f));
    d.octets[8] = (uint8_t)(0x80 | (d.octets[8] & 0x3f));
    bytes_to_hex(bytes_of(d.octets, 16), hex);
    text_printf(t, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                hex + 20);
    text_release(&named);
}

void word_uuid(struct text *t, const char *kind, struct bytes content)
{
    struct text name = {0};
    text_str(&name, kind);
    text_byte(&name, '\n');
    text_add(&name, content);
    add_uuid(t, ours, text_bytes(&name));
    text_release(&name);
}

void word_uuid_of_observable(struct text *t, struct bytes name)
{
    add_uuid(t, observables, name);
}

void word_milliseconds(struct text *t, instant when)
{
    char out[INSTANT_TEXT];
    text_str(t, instant_format(when, PRECISION_MILLISECOND, out));
}
