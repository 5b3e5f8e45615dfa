#include "analyze/rules/encode.h"

#include "formats/base/text.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct bytes encode_base64(struct bytes text, struct arena *arena)
{
    size_t n = (text.n + 2) / 3 * 4;
    uint8_t *out = arena_alloc(arena, n + 1);
    for (size_t i = 0, o = 0; i < text.n; i += 3, o += 4) {
        size_t left = text.n - i;
        uint32_t group = (uint32_t)text.p[i] << 16;
        group |= left > 1 ? (uint32_t)text.p[i + 1] << 8 : 0;
        group |= left > 2 ? text.p[i + 2] : 0;
        for (size_t k = 0; k < 4; k++)
            out[o + k] = k > left ? '=' : (uint8_t)alphabet[group >> (18 - 6 * k) & 0x3f];
    }
    return bytes_of(out, n);
}

/* A base64 digit depends on the text alone when all its six bits lie in it. */
struct bytes encode_base64_offset(struct bytes text, size_t shift, struct arena *arena)
{
    uint8_t *shifted = arena_alloc(arena, text.n + 3);
    if (text.n)
        memcpy(shifted + shift, text.p, text.n);
    struct bytes all = encode_base64(bytes_of(shifted, text.n + shift), arena);
    size_t first = (8 * shift + 5) / 6;
    size_t end = 8 * (shift + text.n) / 6;
    return bytes_sub(all, first, end > first ? end - first : 0);
}

static size_t put_unit(uint8_t *out, uint32_t unit, enum utf16 how)
{
    uint8_t low = (uint8_t)(unit & 0xff), high = (uint8_t)(unit >> 8 & 0xff);
    out[0] = how == UTF16_BIG ? high : low;
    out[1] = how == UTF16_BIG ? low : high;
    return 2;
}

struct bytes encode_utf16(struct bytes text, enum utf16 how, struct arena *arena)
{
    /* No byte of UTF-8 becomes more than two of UTF-16. */
    uint8_t *out = arena_alloc(arena, 2 * text.n + 3);
    size_t n = how == UTF16_MARKED ? put_unit(out, 0xfeff, how) : 0;
    uint32_t code;
    while (utf8_next(&text, &code)) {
        if (code == UTF8_INVALID)
            code = 0xfffd;
        if (code < 0x10000) {
            n += put_unit(out + n, code, how);
            continue;
        }
        n += put_unit(out + n, 0xd800 + ((code - 0x10000) >> 10), how);
        n += put_unit(out + n, 0xdc00 + ((code - 0x10000) & 0x3ff), how);
    }
    return bytes_of(out, n);
}

/* -- windash ------------------------------------------------------------------------ */

static const char *const dashes[] = {"-", "/", "\xe2\x80\x93", "\xe2\x80\x94",
                                     "\xe2\x80\x95"};
#define DASHES (sizeof dashes / sizeof *dashes)

/* Length of the dash that marks a flag at `at`, or 0. */
static size_t flag_dash(struct bytes text, size_t at)
{
    if (at > 0 && !is_blank(text.p[at - 1]))
        return 0;
    for (size_t d = 0; d < DASHES; d++) {
        struct bytes dash = bytes_str(dashes[d]);
        if (!bytes_starts(bytes_from(text, at), dash) || at + dash.n >= text.n)
            continue;
        uint8_t next = text.p[at + dash.n];
        if (is_digit(next) || (to_lower(next) >= 'a' && to_lower(next) <= 'z'))
            return dash.n;
    }
    return 0;
}

static size_t count_flags(struct bytes text)
{
    size_t flags = 0;
    for (size_t at = 0; at < text.n; at++)
        flags += flag_dash(text, at) > 0;
    return flags;
}

/* Variant number `which`, read as a number with one digit of base 5 for each flag. */
static struct bytes windash_variant(struct bytes text, size_t which, struct arena *arena)
{
    uint8_t *out = arena_alloc(arena, 3 * text.n + 1);
    size_t n = 0;
    for (size_t at = 0; at < text.n;) {
        size_t dash = flag_dash(text, at);
        if (dash == 0) {
            out[n++] = text.p[at++];
            continue;
        }
        struct bytes put = bytes_str(dashes[which % DASHES]);
        memcpy(out + n, put.p, put.n);
        n += put.n;
        which /= DASHES;
        at += dash;
    }
    return bytes_of(out, n);
}

bool encode_windash(struct bytes text, struct arena *arena, struct bytes *out,
                    size_t *count)
{
    size_t flags = count_flags(text), variants = 1;
    for (; flags > 0 && variants <= ENCODE_WINDASH; flags--)
        variants *= DASHES;
    if (variants > ENCODE_WINDASH)
        return false;
    for (size_t i = 0; i < variants; i++)
        out[i] = windash_variant(text, i, arena);
    *count = variants;
    return true;
}
