/* Text: growing buffer and UTF-8. The escapes stand in escape.c. */
#include "formats/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/base/memory.h"

/* Room for n more bytes and the NUL. */
static char *text_room(struct text *t, size_t n)
{
    if (n >= SIZE_MAX - t->n)
        memory_new(SIZE_MAX, SIZE_MAX); /* cannot be held: gives up as out of memory */
    t->p = memory_grow(t->p, &t->capacity, t->n + n + 1, 1);
    return t->p + t->n;
}

void text_add(struct text *t, struct bytes b)
{
    char *to = text_room(t, b.n);
    if (b.n)
        memcpy(to, b.p, b.n);
    to[b.n] = '\0';
    t->n += b.n;
}

void text_str(struct text *t, const char *s)
{
    text_add(t, bytes_str(s));
}

void text_byte(struct text *t, char c)
{
    text_add(t, bytes_of(&c, 1));
}

void text_decimal(struct text *t, int64_t n)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (n < 0)
        text_byte(t, '-');
    text_add(t, bytes_of(digits + at, sizeof digits - at));
}

void text_varint(struct text *t, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        text_byte(t, (char)(n | 0x80));
    text_byte(t, (char)n);
}

void text_printf(struct text *t, const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    /* Mostly it fits, so that it is formatted once. */
    char *to = text_room(t, 64);
    size_t room = t->capacity - t->n;
    int n = vsnprintf(to, room, format, list);
    if (n > 0 && (size_t)n >= room)
        n = vsnprintf(text_room(t, (size_t)n), (size_t)n + 1, format, again);
    if (n > 0)
        t->n += (size_t)n;
    t->p[t->n] = '\0';
    va_end(again);
    va_end(list);
}

void text_clear(struct text *t)
{
    t->n = 0;
    if (t->p)
        t->p[0] = '\0';
}

void text_release(struct text *t)
{
    free(t->p);
    *t = (struct text){0};
}

/* -- UTF-8 (RFC 3629) ------------------------------------------------------------- */

struct utf8_lead {
    size_t following; /* continuation bytes */
    uint32_t least;   /* smallest code point that needs so many: less is overlong */
    uint8_t bits;     /* of the lead byte that count */
};

static struct utf8_lead utf8_lead(uint8_t c)
{
    if (c < 0x80)
        return (struct utf8_lead){0, 0, 0x7f};
    if (c >= 0xc2 && c < 0xe0)
        return (struct utf8_lead){1, 0x80, 0x1f};
    if (c >= 0xe0 && c < 0xf0)
        return (struct utf8_lead){2, 0x800, 0x0f};
    if (c >= 0xf0 && c < 0xf5)
        return (struct utf8_lead){3, 0x10000, 0x07};
    return (struct utf8_lead){SIZE_MAX, 0, 0};
}

/* Bytes of the code point at the start of b, or 0 when it is invalid. b.n >= 1. */
static size_t utf8_decode(struct bytes b, uint32_t *code)
{
    struct utf8_lead lead = utf8_lead(b.p[0]);
    if (lead.following > b.n - 1)
        return 0;
    uint32_t value = b.p[0] & lead.bits;
    for (size_t i = 1; i <= lead.following; i++) {
        if ((b.p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (b.p[i] & 0x3f);
    }
    if (value < lead.least || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 0;
    *code = value;
    return lead.following + 1;
}

bool utf8_next(struct bytes *rest, uint32_t *code)
{
    if (rest->n == 0)
        return false;
    size_t used = utf8_decode(*rest, code);
    if (used == 0) {
        *code = UTF8_INVALID;
        used = 1;
    }
    *rest = bytes_of(rest->p + used, rest->n - used);
    return true;
}

/* Bytes of ASCII at the start, eight at a time. */
static size_t ascii_run(struct bytes b)
{
    uint64_t word;
    size_t n = 0;
    for (; n + sizeof word <= b.n; n += sizeof word) {
        memcpy(&word, b.p + n, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (n < b.n && b.p[n] < 0x80)
        n++;
    return n;
}

bool utf8_valid(struct bytes b)
{
    uint32_t code = 0;
    do {
        if (code == UTF8_INVALID)
            return false;
        b = bytes_from(b, ascii_run(b));
    } while (utf8_next(&b, &code));
    return true;
}

void utf8_put(struct text *t, uint32_t code)
{
    uint8_t out[4];
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t mark[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (uint8_t)(0x80 | (code & 0x3f));
    out[0] = (uint8_t)(mark[n] | code);
    text_add(t, bytes_of(out, n));
}

/* Sorted, without overlap. What a reader cannot see, or takes for something else. */
static const struct {
    uint32_t first, last;
} deceptive[] = {
    {0x0000, 0x001f},   /* C0 controls */
    {0x007f, 0x00a0},   /* DEL, C1 controls, no-break space */
    {0x00ad, 0x00ad},   /* soft hyphen */
    {0x034f, 0x034f},   /* combining grapheme joiner */
    {0x061c, 0x061c},   /* Arabic letter mark (bidi) */
    {0x115f, 0x1160},   /* Hangul fillers */
    {0x1680, 0x1680},   /* Ogham space */
    {0x17b4, 0x17b5},   /* Khmer inherent vowels */
    {0x180b, 0x180f},   /* Mongolian selectors and vowel separator */
    {0x2000, 0x200f},   /* spaces, zero-width characters, bidi marks */
    {0x2028, 0x202f},   /* separators, bidi embeddings and overrides */
    {0x205f, 0x206f},   /* invisible operators, bidi isolates */
    {0x2800, 0x2800},   /* blank Braille pattern */
    {0x3000, 0x3000},   /* ideographic space */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xfdd0, 0xfdef},   /* noncharacters */
    {0xfe00, 0xfe0f},   /* variation selectors */
    {0xfeff, 0xfeff},   /* byte order mark */
    {0xffa0, 0xffa0},   /* half-width Hangul filler */
    {0xfff0, 0xfffb},   /* unassigned specials, interlinear annotation */
    {0x1bca0, 0x1bca3}, /* shorthand format controls */
    {0x1d173, 0x1d17a}, /* musical format controls */
    {0xe0000, 0xe0fff}, /* tags, variation selectors supplement */
};

bool code_is_deceptive(uint32_t code)
{
    if (code >= 0x20 && code < 0x7f)
        return false;
    if ((code & 0xfffe) == 0xfffe) /* the last two of each plane: noncharacters */
        return true;
    for (size_t i = 0; i < sizeof deceptive / sizeof *deceptive; i++)
        if (code <= deceptive[i].last)
            return code >= deceptive[i].first;
    return false;
}

void unescape_url(struct text *t, struct bytes b)
{
    for (size_t i = 0; i < b.n; i++) {
        uint8_t byte;
        if (b.p[i] == '%' && bytes_from_hex(bytes_sub(b, i + 1, 2), &byte, 1)) {
            text_byte(t, (char)byte);
            i += 2;
        } else {
            text_byte(t, b.p[i] == '+' ? ' ' : (char)b.p[i]);
        }
    }
}
