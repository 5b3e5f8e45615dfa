#include "formats/base/base64.h"

/* 0 to 63, or -1. */
static int digit_value(uint8_t c, enum base64_form form)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    if (c == '+' || (c == '-' && form == BASE64_LENIENT))
        return 62;
    if (c == '/' || (c == '_' && form == BASE64_LENIENT))
        return 63;
    return -1;
}

bool base64_decode(struct bytes text, enum base64_form form, struct arena *arena,
                   struct bytes *out)
{
    uint8_t *octets = arena_alloc(arena, text.n / 4 * 3 + 3);
    size_t n = 0, digits = 0, padding = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (form == BASE64_LENIENT && is_blank(c))
            continue;
        if (c == '=') {
            padding++;
            continue;
        }
        int value = digit_value(c, form);
        if (value < 0 || padding)
            return false;
        bits = (bits << 6 | (uint32_t)value) & 0xFFFFFF;
        digits++;
        if (digits % 4 != 1)
            octets[n++] = (uint8_t)(bits >> (6 - 2 * ((digits + 3) % 4)));
    }
    size_t rest = digits % 4;
    /* A lone digit holds no octet; the unused bits of the last one must be zero, or the
     * same octets would have several spellings (RFC 4648, 3.5). */
    if (rest == 1 || (rest == 2 && bits & 15) || (rest == 3 && bits & 3))
        return false;
    size_t needed = rest ? 4 - rest : 0;
    if (padding != needed && !(form == BASE64_LENIENT && padding == 0))
        return false;
    *out = bytes_of(octets, n);
    return true;
}

void base64_encode(struct bytes octets, struct text *t)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < octets.n; i += 3) {
        size_t have = octets.n - i < 3 ? octets.n - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < have ? octets.p[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            text_byte(t, k <= have ? digits[bits >> (18 - 6 * k) & 63] : '=');
    }
}
