#include "formats/base/marked_text.h"

#include <stdlib.h>

#include "formats/base/memory.h"
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

/* -- as a stream --------------------------------------------------------------------- */

bool utf16_probe(struct bytes head)
{
    /* Blanks, digits and line ends have a zero in them; UTF-8 has none. */
    return utf16_marked(head) && memchr(head.p, 0, head.n < 512 ? head.n : 512);
}

struct utf16_source {
    struct source source;
    struct source *from;
    bool begun, little;
    uint64_t at;          /* in `from`, of what `left` begins with */
    struct text left;     /* what was read and not taken */
    struct text out;      /* of this block */
    struct fault invalid; /* the first one */
};

static void take_units(struct utf16_source *s, bool last)
{
    struct bytes all = text_bytes(&s->left), rest = all;
    uint32_t code;
    if (!s->begun && (all.n >= 2 || last)) {
        s->begun = true;
        s->little = is_little(all);
        rest = bytes_from(all, 2);
    }
    /* A pair may go on in the next block. */
    while (s->begun && rest.n >= (last ? 1u : 4u)) {
        if (utf16_next(&rest, s->little, &code)) {
            utf8_put(&s->out, code);
            continue;
        }
        if (!s->invalid.code)
            s->invalid = (struct fault){.code = FAULT_ENCODING,
                                        .offset = s->at + (all.n - rest.n)};
        utf8_put(&s->out, 0xFFFD);
        rest = bytes_from(rest, 2);
    }
    s->at += all.n - rest.n;
    if (rest.n)
        memmove(s->left.p, rest.p, rest.n);
    s->left.n = rest.n;
}

static int next_utf8(struct source *source, struct bytes *block)
{
    struct utf16_source *s = (struct utf16_source *)source;
    struct bytes in;
    int more = 1;
    text_clear(&s->out);
    while (s->out.n == 0 && more > 0) {
        more = source_next(s->from, &in);
        if (more > 0)
            text_add(&s->left, in);
        if (s->left.n)
            take_units(s, more <= 0);
    }
    source->fault = s->from->fault.code ? s->from->fault
                    : more              ? source->fault
                                        : s->invalid;
    *block = text_bytes(&s->out);
    return s->out.n ? 1 : more;
}

struct source *utf16_source_new(struct source *from)
{
    struct utf16_source *s = memory_new(1, sizeof *s);
    s->source.next = next_utf8;
    s->from = from;
    return &s->source;
}

void utf16_source_free(struct source *source)
{
    struct utf16_source *s = (struct utf16_source *)source;
    if (s) {
        text_release(&s->left);
        text_release(&s->out);
    }
    free(s);
}
