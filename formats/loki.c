#include "formats/loki.h"

#include "formats/base/instant.h"

/* -- strings ------------------------------------------------------------------------- */

static unsigned hex_number(struct bytes b)
{
    unsigned code = 0;
    for (size_t i = 0; i < b.n && is_hex(b.p[i]); i++)
        code = code * 16 + hex_digits[b.p[i]] - 1u;
    return code;
}

/* \uXXXX, and the second half of a pair behind it; takes it off. */
static void put_escaped_code(struct bytes *rest, struct text *out)
{
    uint32_t code = hex_number(bytes_sub(*rest, 0, 4));
    *rest = bytes_from(*rest, 4);
    if (code >= 0xd800 && code < 0xdc00 && bytes_starts(*rest, BYTES("\\u"))) {
        uint32_t low = hex_number(bytes_sub(*rest, 2, 4));
        if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            *rest = bytes_from(*rest, 6);
        }
    }
    utf8_put(out, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
}

static void put_escaped(struct bytes *rest, struct text *out)
{
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    char c = rest->n ? (char)rest->p[0] : '\\';
    const char *letter = c ? strchr(letters, c) : NULL;
    *rest = bytes_from(*rest, 1);
    if (c == 'u')
        put_escaped_code(rest, out);
    else
        text_byte(out, letter ? meant[letter - letters] : c);
}

static void skip_blanks(struct bytes *rest)
{
    while (rest->n && is_blank(rest->p[0]))
        *rest = bytes_from(*rest, 1);
}

static bool take(struct bytes *rest, char c)
{
    skip_blanks(rest);
    if (!rest->n || rest->p[0] != (uint8_t)c)
        return false;
    *rest = bytes_from(*rest, 1);
    return true;
}

/* A string, also one that is cut off at the end of the text. */
static bool take_string(struct bytes *rest, struct text *out)
{
    if (!take(rest, '"'))
        return false;
    while (rest->n && rest->p[0] != '"') {
        size_t run = 0;
        while (run < rest->n && rest->p[run] != '"' && rest->p[run] != '\\')
            run++;
        text_add(out, bytes_sub(*rest, 0, run));
        *rest = bytes_from(*rest, run);
        if (rest->n && rest->p[0] == '\\') {
            *rest = bytes_from(*rest, 1);
            put_escaped(rest, out);
        }
    }
    *rest = bytes_from(*rest, 1);
    return true;
}

/* -- entries ------------------------------------------------------------------------- */

/* ["1772359200000000000", "line" */
static bool take_entry(struct bytes *rest, instant *time, struct text *line)
{
    struct text stated = {0};
    bool is_entry = take(rest, '[') && take_string(rest, &stated) &&
                    instant_parse_epoch(text_bytes(&stated), time, NULL) &&
                    take(rest, ',') && take_string(rest, line);
    text_release(&stated);
    return is_entry;
}

static struct bytes behind_values(struct bytes head)
{
    size_t at = bytes_find(head, BYTES("\"values\""));
    return bytes_from(head, at < head.n ? at + 8 : at);
}

bool loki_probe(struct bytes head)
{
    head = bytes_trim(head);
    size_t stream = bytes_find(head, BYTES("\"stream\""));
    if (stream == head.n || head.p[0] != '{')
        return false;
    size_t list = bytes_find(head, BYTES("\"result\""));
    if (list == head.n)
        list = bytes_find(head, BYTES("\"streams\""));
    return list < stream && behind_values(head).n;
}

bool loki_first_line(struct bytes head, struct text *out)
{
    struct bytes rest = behind_values(head);
    instant time;
    return take(&rest, ':') && take(&rest, '[') && take_entry(&rest, &time, out);
}

bool loki_entry(struct bytes entry, struct text *out)
{
    struct text line = {0};
    char stated[INSTANT_TEXT];
    instant time, own;
    size_t used;
    bool is_entry = take_entry(&entry, &time, &line);
    bool timed = is_entry && instant_parse_prefix(text_bytes(&line), &used, &own, NULL);
    if (is_entry && !timed) {
        text_str(out, instant_format(time, PRECISION_NANOSECOND, stated));
        text_byte(out, ' ');
    }
    text_add(out, is_entry ? text_bytes(&line) : BYTES_NONE);
    text_release(&line);
    return is_entry;
}

/* -- labels -------------------------------------------------------------------------- */

static void put_label(struct bytes labels, const char *name, struct text *out)
{
    struct text key = {0};
    text_printf(&key, "\"%s\"", name);
    size_t at = bytes_find(labels, text_bytes(&key));
    struct bytes rest = bytes_from(labels, at + key.n);
    if (at < labels.n && take(&rest, ':'))
        take_string(&rest, out);
    text_release(&key);
}

void loki_place(struct bytes labels, struct text *out)
{
    struct text pod = {0}, container = {0};
    put_label(labels, "pod", &pod);
    put_label(labels, "container", &container);
    if (pod.n) {
        text_str(out, "[pod/");
        text_add(out, text_bytes(&pod));
        text_byte(out, '/');
        text_add(out, text_bytes(&container));
        text_str(out, "] ");
    }
    text_release(&pod);
    text_release(&container);
}
