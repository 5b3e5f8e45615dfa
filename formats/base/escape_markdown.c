/* Markdown (CommonMark 0.31, GitHub's autolinks, mentions, mathematics and short codes of
 * emoji): what would be markup where it stands is escaped, and nothing else, so that the
 * source stays legible too. A text may be put at the beginning of a line. */
#include "formats/base/text.h"

static bool is_letter(uint8_t c)
{
    return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

static bool is_word_at(struct bytes line, size_t i)
{
    return i < line.n &&
           (is_letter(line.p[i]) || is_digit(line.p[i]) || line.p[i] >= 0x80);
}

/* Where the run of such bytes that ends before `i` begins. */
static size_t before(struct bytes line, size_t i, bool (*of)(uint8_t c))
{
    while (i > 0 && of(line.p[i - 1]))
        i--;
    return i;
}

static bool is_space(uint8_t c)
{
    return c == ' ';
}

static bool is_decimal(uint8_t c)
{
    return is_digit(c);
}

static bool begins_line(struct bytes line, size_t i)
{
    return before(line, i, is_space) == 0;
}

/* "1. item" and "1) item" */
static bool ends_number(struct bytes line, size_t i)
{
    size_t start = before(line, i, is_decimal);
    return start < i && begins_line(line, start) &&
           (i + 1 == line.n || line.p[i + 1] == ' ');
}

/* The autolink "www." */
static bool ends_www(struct bytes line, size_t i)
{
    return i >= 3 && to_lower(line.p[i - 1]) == 'w' && to_lower(line.p[i - 2]) == 'w' &&
           to_lower(line.p[i - 3]) == 'w';
}

/* "http://" is a link without any brackets; ":name:" is an emoji, but not inside of a
 * word
 * ("system:serviceaccount:shop:api", "09:45:32"). */
static bool colon_is_markup(struct bytes line, size_t i)
{
    size_t end = i + 1;
    if (end < line.n && line.p[end] == '/')
        return true;
    if (i > 0 && is_word_at(line, i - 1))
        return false;
    while (is_word_at(line, end) || (end < line.n && memchr("_+-", line.p[end], 3)))
        end++;
    return end > i + 1 && end < line.n && line.p[end] == ':';
}

static bool is_markup(struct bytes line, size_t i)
{
    switch (line.p[i]) {
    case '_': /* inside of a word it is none */
        return i == 0 || !is_word_at(line, i - 1) || !is_word_at(line, i + 1);
    case '-':
    case '+':
    case '=':
        return begins_line(line, i);
    case '.':
        return ends_number(line, i) || ends_www(line, i);
    case ')':
        return ends_number(line, i);
    case ':':
        return colon_is_markup(line, i);
    default:
        return line.p[i] && strchr("\\`*[]{#|~$^", line.p[i]) != NULL;
    }
}

static void put(struct text *t, struct bytes line, size_t i)
{
    uint8_t c = line.p[i];
    if (c == ' ' && (i == 0 || i == line.n - 1))
        text_str(t, "&#32;"); /* four would be a code block, two at the end a break */
    else if (c == '@')        /* a link to mail, or a mention, even behind a backslash */
        text_str(t, is_word_at(line, i + 1) ? "@<!-- -->" : "@");
    else if (c == '<')
        text_str(t, "&lt;");
    else if (c == '>' && begins_line(line, i))
        text_str(t, "&gt;");
    else if (c == '&' &&
             (is_word_at(line, i + 1) || (i + 1 < line.n && line.p[i + 1] == '#')))
        text_str(t, "&amp;");
    else {
        if (is_markup(line, i))
            text_byte(t, '\\');
        text_byte(t, (char)c);
    }
}

void escape_markdown(struct text *t, struct bytes b)
{
    struct text visible = {0};
    escape_line(&visible, b);
    struct bytes line = text_bytes(&visible);
    for (size_t i = 0; i < line.n; i++)
        put(t, line, i);
    text_release(&visible);
    text_add(t, BYTES_NONE);
}
