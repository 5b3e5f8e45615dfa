#include "formats/base/marked_text.h"

#include "formats/base/text.h"

size_t utf8_mark(struct bytes text)
{
    return bytes_starts(text, BYTES("\xef\xbb\xbf")) ? 3 : 0;
}

static bool is_little(struct bytes text)
{
    return bytes_starts(text, BYTES("\xff\xfe"));
}

bool utf16_marked(struct bytes text)
{
    return is_little(text) || bytes_starts(text, BYTES("\xfe\xff"));
}

/* Takes one code point off the view; false at the end and at what is none. */
static bool utf16_next(struct bytes *rest, bool little, uint32_t *code)
{
    uint32_t units[2] = {0};
    for (size_t i = 0; i < 2 && 2 * i + 1 < rest->n; i++) {
        const uint8_t *p = rest->p + 2 * i;
        units[i] = little ? p[1] * 256u + p[0] : p[0] * 256u + p[1];
    }
    bool pair = units[0] >> 10 == 0xD800 >> 10 && units[1] >> 10 == 0xDC00 >> 10;
    if (rest->n < 2 || (!pair && units[0] >> 11 == 0xD800 >> 11))
        return false;
    *code = pair ? 0x10000 + ((units[0] & 0x3FF) << 10) + (units[1] & 0x3FF) : units[0];
    *rest = bytes_from(*rest, pair ? 4 : 2);
    return true;
}

struct fault utf16_read(struct bytes content, struct arena *arena, struct bytes *out)
{
    struct text t = {0};
    struct bytes rest = bytes_from(content, utf16_marked(content) ? 2 : 0);
    uint32_t code;
    while (utf16_next(&rest, is_little(content), &code))
        utf8_put(&t, code);
    *out = arena_copy(arena, text_bytes(&t));
    text_release(&t);
    return (struct fault){.code = rest.n ? FAULT_ENCODING : FAULT_NONE,
                          .offset = content.n - rest.n};
}

struct marked_text marked_text_of(struct bytes content, struct arena *arena)
{
    struct marked_text m = {.text = bytes_from(content, utf8_mark(content))};
    m.decoded = utf16_marked(content);
    if (m.decoded)
        m.fault = utf16_read(content, arena, &m.text);
    return m;
}
