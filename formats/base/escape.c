/* The escapes of text.h: one way to make evidence visible, one syntax per output.
 *
 * What cannot be shown is written \xNN (a byte that is not UTF-8, or an ASCII control) or
 * \u{NNNN} (a code point). Backslashes of the evidence stay as they are, except that a
 * run of them is doubled where it stands before what could be taken for one of our
 * escapes: so every output can be read back without doubt, and Windows paths stay
 * readable.
 */
#include "formats/base/text.h"

struct syntax {
    bool multiline;      /* newline and tab may stand as they are */
    bool visible;        /* escape_plain was here: its escapes are not made again */
    const bool *special; /* 128 of them: ASCII that `quote` must write */
    void (*quote)(struct text *t, uint8_t c);
};

static bool is_plain(const struct syntax *s, uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '\\' && !(s->special && s->special[c]);
}

static void put(const struct syntax *s, struct text *t, uint8_t c)
{
    if (s->special && c < 0x80 && s->special[c])
        s->quote(t, c);
    else
        text_byte(t, (char)c);
}

static void put_all(const struct syntax *s, struct text *t, const char *ours)
{
    for (; *ours; ours++)
        put(s, t, (uint8_t)*ours);
}

static bool is_shown_as_is(const struct syntax *s, uint32_t code)
{
    return (s->multiline && (code == '\n' || code == '\t')) || !code_is_deceptive(code);
}

/* Would `rest` be taken for the tail of an escape if a backslash stood before it? */
static bool looks_like_escape(const struct syntax *s, struct bytes rest)
{
    if (rest.n == 0)
        return false;
    if (rest.p[0] == 'x')
        return !s->visible && rest.n > 2 && is_hex(rest.p[1]) && is_hex(rest.p[2]);
    if (rest.p[0] == 'u')
        return !s->visible && rest.n > 1 && rest.p[1] == '{';
    return !s->multiline && (rest.p[0] == 'n' || rest.p[0] == 't' || rest.p[0] == 'r');
}

static bool is_escaped(const struct syntax *s, struct bytes rest)
{
    uint32_t code;
    return utf8_next(&rest, &code) && (code == UTF8_INVALID || !is_shown_as_is(s, code));
}

/* Writes the run of backslashes at the start of b; returns its length. */
static size_t put_backslashes(const struct syntax *s, struct text *t, struct bytes b)
{
    size_t run = 0;
    while (run < b.n && b.p[run] == '\\')
        run++;
    struct bytes rest = bytes_from(b, run);
    bool twice = looks_like_escape(s, rest) || is_escaped(s, rest);
    for (size_t i = 0; i < (twice ? 2 * run : run); i++)
        put(s, t, '\\');
    return run;
}

static void put_hidden(const struct syntax *s, struct text *t, uint32_t code,
                       uint8_t byte)
{
    static const char digits[] = "0123456789ABCDEF";
    if (!s->multiline && (code == '\n' || code == '\t' || code == '\r')) {
        put_all(s, t, code == '\n' ? "\\n" : code == '\t' ? "\\t" : "\\r");
        return;
    }
    if (code == UTF8_INVALID || code < 0x80) {
        put_all(s, t, (char[]){'\\', 'x', digits[byte >> 4], digits[byte & 15], '\0'});
        return;
    }
    put_all(s, t, "\\u{");
    int shift = 20;
    while (shift > 4 && (code >> shift & 15) == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        put(s, t, (uint8_t)digits[code >> shift & 15]);
    put(s, t, '}');
}

static void put_code(const struct syntax *s, struct text *t, struct bytes *rest)
{
    struct bytes before = *rest;
    uint32_t code = UTF8_INVALID;
    utf8_next(rest, &code);
    if (code == UTF8_INVALID || !is_shown_as_is(s, code))
        put_hidden(s, t, code, before.p[0]);
    else if (code < 0x80)
        put(s, t, before.p[0]);
    else
        text_add(t, bytes_of(before.p, before.n - rest->n));
}

static void escape(const struct syntax *s, struct text *t, struct bytes b)
{
    while (b.n) {
        size_t run = 0;
        while (run < b.n && is_plain(s, b.p[run]))
            run++;
        text_add(t, bytes_of(b.p, run));
        b = bytes_from(b, run);
        if (b.n && b.p[0] == '\\')
            b = bytes_from(b, put_backslashes(s, t, b));
        else if (b.n)
            put_code(s, t, &b);
    }
    text_add(t, BYTES_NONE); /* an empty view gives an empty string, not NULL */
}

static const struct syntax one_line = {.multiline = false};
static const struct syntax plain = {.multiline = true};

void escape_terminal(struct text *t, struct bytes b)
{
    escape(&one_line, t, b);
}

void escape_line(struct text *t, struct bytes b)
{
    escape(&(struct syntax){.visible = true}, t, b);
}

void escape_plain(struct text *t, struct bytes b)
{
    escape(&plain, t, b);
}

/* -- HTML ------------------------------------------------------------------------- */

static void quote_html(struct text *t, uint8_t c)
{
    switch (c) {
    case '<':
        text_str(t, "&lt;");
        break;
    case '>':
        text_str(t, "&gt;");
        break;
    case '&':
        text_str(t, "&amp;");
        break;
    case '"':
        text_str(t, "&#34;"); /* of evidence in JSON, every sixth character */
        break;
    default:
        text_printf(t, "&#%u;", c);
    }
}

void escape_html(struct text *t, struct bytes b)
{
    /* The backtick and '=' end an attribute without quotes; cheap to cover as well. */
    static const bool special[128] = {['<'] = true, ['>'] = true,  ['&'] = true,
                                      ['"'] = true, ['\''] = true, ['`'] = true};
    escape(&(struct syntax){true, true, special, quote_html}, t, b);
}

/* -- JSON (RFC 8259) -------------------------------------------------------------- */

static void quote_json(struct text *t, uint8_t c)
{
    text_byte(t, '\\');
    text_byte(t, (char)(c == '\n' ? 'n' : c == '\t' ? 't' : c));
}

void escape_json(struct text *t, struct bytes b)
{
    static const bool special[128] = {
        ['"'] = true, ['\\'] = true, ['\n'] = true, ['\t'] = true};
    text_byte(t, '"');
    escape(&(struct syntax){true, true, special, quote_json}, t, b);
    text_byte(t, '"');
}

/* -- CSV (RFC 4180) --------------------------------------------------------------- */

/* Spreadsheets evaluate a cell that begins so, also after blanks, quoted or not. */
static bool begins_formula(struct bytes b)
{
    while (b.n && is_blank(b.p[0]))
        b = bytes_from(b, 1);
    uint32_t code = 0;
    if (!utf8_next(&b, &code))
        return false;
    switch (code) {
    case '=':
    case '+':
    case '-':
    case '@':
    case '|':
    case '%':
    case 0xff0b: /* full-width + - = @ */
    case 0xff0d:
    case 0xff1d:
    case 0xff20:
        return true;
    default:
        return false;
    }
}

static bool needs_quotes(struct bytes b)
{
    if (b.n == 0)
        return false;
    if (is_blank(b.p[0]) || is_blank(b.p[b.n - 1]))
        return true;
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] == '"' || b.p[i] == ',' || b.p[i] == ';' || b.p[i] == '\'')
            return true;
    return false;
}

static void quote_csv(struct text *t, uint8_t c)
{
    text_byte(t, (char)c);
    text_byte(t, (char)c);
}

void escape_csv(struct text *t, struct bytes b)
{
    static const bool special[128] = {['"'] = true};
    bool formula = begins_formula(b), quotes = formula || needs_quotes(b);
    if (quotes)
        text_byte(t, '"');
    if (formula)
        text_byte(t, '\'');
    escape(&(struct syntax){false, true, special, quote_csv}, t, b);
    if (quotes)
        text_byte(t, '"');
}
