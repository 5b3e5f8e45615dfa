#include "analyze/process/text_strings.h"

#include "formats/base/text.h"

const char *string_encoding_name(enum string_encoding e)
{
    static const char *const names[] = {"ascii", "utf-8", "utf-16le"};
    return names[e];
}

static bool is_printable(uint8_t c)
{
    return (c >= ' ' && c < 0x7f) || c == '\t';
}

/* Bytes of a printable UTF-8 character of two to four bytes, or 0. */
static size_t wide_character(struct bytes b)
{
    uint32_t code;
    struct bytes rest = b;
    if (b.n == 0 || b.p[0] < 0xc2 || !utf8_next(&rest, &code) || code == UTF8_INVALID ||
        code < 0xa0 || code_is_deceptive(code))
        return 0;
    return b.n - rest.n;
}

/* A run of ASCII and UTF-8 from `at`: where it ends and how many characters it has. */
static size_t narrow_run(struct bytes b, size_t at, size_t *characters, bool *wide)
{
    *characters = 0;
    *wide = false;
    while (at < b.n) {
        size_t n = is_printable(b.p[at]) ? 1 : wide_character(bytes_sub(b, at, 4));
        if (n == 0)
            break;
        *wide |= n > 1;
        at += n;
        ++*characters;
    }
    return at;
}

/* UTF-16, little-endian, of characters that are ASCII: what Windows and Java programs and
 * their payloads use. */
static size_t utf16_run(struct bytes b, size_t at, size_t *characters)
{
    *characters = 0;
    while (b.n - at >= 2 && is_printable(b.p[at]) && b.p[at + 1] == 0) {
        at += 2;
        ++*characters;
    }
    return at;
}

size_t strings_search(void *search, const struct window *w)
{
    const struct string_search *s = search;
    size_t at = 0;
    while (at < w->limit) {
        size_t characters;
        bool wide;
        struct string_hit hit = {{w, at, 0}, STRING_ASCII};
        if (!is_printable(w->bytes.p[at]) && w->bytes.p[at] < 0xc2) {
            at++;
            continue;
        }
        size_t end = narrow_run(w->bytes, at, &characters, &wide);
        hit.encoding = wide ? STRING_UTF8 : STRING_ASCII;
        if (characters < s->shortest && characters <= 1) {
            size_t end16 = utf16_run(w->bytes, at, &characters);
            hit.encoding = STRING_UTF16;
            if (characters >= s->shortest)
                end = end16;
        }
        hit.passage.length = end - at;
        if (characters >= s->shortest)
            s->found(s->context, &hit);
        at = end > at ? end : at + 1;
    }
    return at;
}
