#include "formats/json_scan.h"

#include <endian.h>

#define ONES UINT64_C(0x0101010101010101)

enum expect {
    EXPECT_VALUE = 0,
    EXPECT_VALUE_OR_CLOSE, /* behind '[' */
    EXPECT_KEY,
    EXPECT_KEY_OR_CLOSE, /* behind '{' */
    EXPECT_COLON,
    EXPECT_COMMA_OR_CLOSE,
    EXPECT_NOTHING,
};

struct json_scan json_scan_of(struct bytes text)
{
    return (struct json_scan){.text = text};
}

static bool in_array(const struct json_scan *s)
{
    return s->depth && (s->arrays[(s->depth - 1) / 8] >> ((s->depth - 1) % 8) & 1);
}

static enum json_token fail(struct json_scan *s, enum fault_code code, size_t at)
{
    s->fault = (struct fault){code, at, 0, at < s->text.n ? s->text.p[at] : 0};
    return JSON_TOKEN_FAULT;
}

static void after_value(struct json_scan *s)
{
    s->expect = s->depth ? EXPECT_COMMA_OR_CLOSE : EXPECT_NOTHING;
    s->sound = s->at;
}

static enum json_token open_bracket(struct json_scan *s, bool array)
{
    if (s->depth == LIMIT_JSON_DEPTH) {
        fail(s, FAULT_LIMIT, s->start);
        s->fault.want = LIMIT_JSON_DEPTH;
        return JSON_TOKEN_FAULT;
    }
    uint8_t bit = (uint8_t)(1u << (s->depth % 8));
    uint8_t *byte = &s->arrays[s->depth / 8];
    *byte = (uint8_t)(array ? *byte | bit : *byte & ~bit);
    s->depth++;
    s->at++;
    s->sound = s->at;
    s->expect = array ? EXPECT_VALUE_OR_CLOSE : EXPECT_KEY_OR_CLOSE;
    return array ? JSON_TOKEN_OPEN_ARRAY : JSON_TOKEN_OPEN_OBJECT;
}

static enum json_token close_bracket(struct json_scan *s, bool array)
{
    bool expected = s->expect == EXPECT_COMMA_OR_CLOSE ||
                    s->expect == (array ? EXPECT_VALUE_OR_CLOSE : EXPECT_KEY_OR_CLOSE);
    if (!expected || in_array(s) != array)
        return fail(s, FAULT_SYNTAX, s->start);
    s->at++;
    s->depth--;
    after_value(s);
    return array ? JSON_TOKEN_CLOSE_ARRAY : JSON_TOKEN_CLOSE_OBJECT;
}

static void note_flaw(struct json_scan *s, enum fault_code code, size_t at)
{
    if (!s->flaw.code)
        s->flaw = (struct fault){code, at, 0, s->text.p[at]};
}

/* *at stands on the backslash and is left on the last byte of the escape, or behind the
 * text. */
static bool skip_escape(struct json_scan *s, size_t *at)
{
    size_t digits = 0;
    if (++*at >= s->text.n)
        return true;
    if (!memchr("\"\\/bfnrtu", s->text.p[*at], 9)) {
        fail(s, FAULT_SYNTAX, *at);
        return false;
    }
    while (s->text.p[*at] == 'u' && digits < 4 && *at + digits + 1 < s->text.n &&
           is_hex(s->text.p[*at + digits + 1]))
        digits++;
    if (s->text.p[*at] != 'u')
        return true;
    *at += digits;
    if (digits < 4 && *at + 1 < s->text.n) {
        fail(s, FAULT_SYNTAX, *at + 1);
        return false;
    }
    return true;
}

/* Each octet with its high bit where that of `word` is none. */
static uint64_t zeros(uint64_t word)
{
    return (word - ONES) & ~word & ONES << 7;
}

/* Octets from `at` that neither end nor break a string, eight at a time: a quote, a
 * backslash, a control. The lowest mark of zeros() is right, others above it may be its
 * borrow. */
static size_t plain_run(struct bytes text, size_t at)
{
    uint64_t word;
    size_t from = at;
    for (; at + sizeof word <= text.n; at += sizeof word) {
        memcpy(&word, text.p + at, sizeof word);
        word = le64toh(word);
        uint64_t ends = zeros(word ^ ONES * '"') | zeros(word ^ ONES * '\\') |
                        ((word - ONES * 0x20) & ~word & ONES << 7);
        if (ends)
            return at - from + (size_t)__builtin_ctzll(ends) / 8;
    }
    return at - from;
}

/* Only what ends or breaks a string is looked at here; whether its UTF-8 is valid is
 * found out at the end of it, once for all. */
static bool string_body(struct json_scan *s)
{
    size_t at = s->start + 1;
    for (;; at++) {
        at += plain_run(s->text, at);
        if (at >= s->text.n) {
            fail(s, FAULT_TRUNCATED, s->text.n);
            return false;
        }
        uint8_t c = s->text.p[at];
        if (c == '"')
            break;
        /* A line's end in a string is where a record was cut and the next one begins;
         * other controls are the work of careless writers. */
        if (c == '\n') {
            fail(s, FAULT_SYNTAX, at);
            return false;
        }
        if (c < 0x20)
            note_flaw(s, FAULT_SYNTAX, at);
        if (c == '\\' && !skip_escape(s, &at))
            return false;
    }
    s->at = at + 1;
    return true;
}

static void check_encoding(struct json_scan *s)
{
    struct bytes rest = bytes_sub(s->text, s->start, s->at - s->start);
    if (s->flaw.code || utf8_valid(rest))
        return;
    uint32_t code;
    for (struct bytes before = rest; utf8_next(&rest, &code); before = rest) {
        if (code == UTF8_INVALID) {
            note_flaw(s, FAULT_ENCODING, (size_t)(before.p - s->text.p));
            return;
        }
    }
}

static enum json_token string_token(struct json_scan *s)
{
    bool key = s->expect == EXPECT_KEY || s->expect == EXPECT_KEY_OR_CLOSE;
    if (!key && s->expect != EXPECT_VALUE && s->expect != EXPECT_VALUE_OR_CLOSE)
        return fail(s, FAULT_SYNTAX, s->start);
    if (!string_body(s))
        return JSON_TOKEN_FAULT;
    check_encoding(s);
    if (key)
        s->expect = EXPECT_COLON;
    else
        after_value(s);
    return key ? JSON_TOKEN_KEY : JSON_TOKEN_STRING;
}

static size_t digits(struct bytes b, size_t at)
{
    while (at < b.n && is_digit(b.p[at]))
        at++;
    return at;
}

static bool is_number(struct bytes b)
{
    size_t at = b.n && b.p[0] == '-';
    size_t end = digits(b, at);
    if (end == at || (b.p[at] == '0' && end > at + 1))
        return false;
    if (end < b.n && b.p[end] == '.') {
        at = end + 1;
        end = digits(b, at);
        if (end == at)
            return false;
    }
    if (end < b.n && (b.p[end] == 'e' || b.p[end] == 'E')) {
        at = end + 1;
        at += at < b.n && (b.p[at] == '+' || b.p[at] == '-');
        end = digits(b, at);
        if (end == at)
            return false;
    }
    return end == b.n;
}

static enum json_token other_token(struct json_scan *s)
{
    if (s->expect != EXPECT_VALUE && s->expect != EXPECT_VALUE_OR_CLOSE)
        return fail(s, FAULT_SYNTAX, s->start);
    size_t end = s->start;
    while (end < s->text.n && !is_blank(s->text.p[end]) &&
           !memchr(",:{}[]\"", s->text.p[end], 7))
        end++;
    struct bytes word = bytes_sub(s->text, s->start, end - s->start);
    if (!bytes_is(word, "true") && !bytes_is(word, "false") && !bytes_is(word, "null") &&
        !is_number(word))
        return fail(s, end == s->text.n ? FAULT_TRUNCATED : FAULT_SYNTAX, s->start);
    /* Inside brackets a word at the very end may have been longer. */
    if (end == s->text.n && s->depth && !s->words_end)
        return fail(s, FAULT_TRUNCATED, end);
    s->at = end;
    after_value(s);
    return JSON_TOKEN_OTHER;
}

static void skip_blanks(struct json_scan *s)
{
    while (s->at < s->text.n && (s->text.p[s->at] == ' ' || s->text.p[s->at] == '\n' ||
                                 s->text.p[s->at] == '\r' || s->text.p[s->at] == '\t'))
        s->at++;
}

/* Takes what stands between values: one comma or colon, where the grammar wants it. */
static bool separator(struct json_scan *s)
{
    uint8_t c = s->at < s->text.n ? s->text.p[s->at] : 0;
    if (s->expect == EXPECT_COLON) {
        if (c != ':')
            return false;
        s->expect = EXPECT_VALUE;
    } else if (s->expect == EXPECT_COMMA_OR_CLOSE && c == ',') {
        s->expect = in_array(s) ? EXPECT_VALUE : EXPECT_KEY;
    } else {
        return true;
    }
    s->at++;
    skip_blanks(s);
    return true;
}

enum json_token json_scan_next(struct json_scan *s)
{
    if (s->fault.code)
        return JSON_TOKEN_FAULT;
    if (s->expect == EXPECT_NOTHING)
        return JSON_TOKEN_END;
    skip_blanks(s);
    bool separated = separator(s);
    s->start = s->at;
    if (s->at == s->text.n)
        return fail(s, s->text.n ? FAULT_TRUNCATED : FAULT_EMPTY, s->at);
    if (!separated)
        return fail(s, FAULT_SYNTAX, s->at);
    switch (s->text.p[s->at]) {
    case '{':
    case '[':
        if (s->expect != EXPECT_VALUE && s->expect != EXPECT_VALUE_OR_CLOSE)
            return fail(s, FAULT_SYNTAX, s->start);
        return open_bracket(s, s->text.p[s->at] == '[');
    case '}':
        return close_bracket(s, false);
    case ']':
        return close_bracket(s, true);
    case '"':
        return string_token(s);
    default:
        return other_token(s);
    }
}

bool json_scan_skip(struct json_scan *s)
{
    size_t outside = s->depth - 1;
    while (s->depth > outside) {
        if (json_scan_next(s) == JSON_TOKEN_FAULT)
            return false;
    }
    return true;
}

/* What may stand before a record. */
#define PREFIX 256

size_t json_prefix(struct bytes line)
{
    struct bytes head = bytes_sub(line, 0, PREFIX);
    size_t brace = bytes_find_byte(head, '{');
    if (brace == 1 && head.p[0] == 0x1e) /* RFC 7464 */
        return brace;
    if (head.n == 0 || brace == 0 || brace == head.n || !is_blank(head.p[brace - 1]))
        return 0;
    head.n = brace;
    bool bare =
        bytes_find_byte(head, '"') == brace && bytes_find_byte(head, '\n') == brace;
    return bare ? brace : 0;
}

struct fault json_check(struct bytes text)
{
    struct json_scan s = json_scan_of(text);
    enum json_token token;
    do {
        token = json_scan_next(&s);
    } while (token != JSON_TOKEN_END && token != JSON_TOKEN_FAULT);
    if (s.flaw.code && (!s.fault.code || s.flaw.offset < s.fault.offset))
        return s.flaw;
    if (s.fault.code)
        return s.fault;
    skip_blanks(&s);
    if (s.at < text.n)
        return (struct fault){FAULT_TRAILING, s.at, 0, text.p[s.at]};
    return (struct fault){0};
}

/* Lines of a banner, at most. */
#define BANNER_LINES 8

/* The line opens a value that goes on, as a pretty-printer would write it. */
static bool opens_pretty(struct bytes text)
{
    size_t end = bytes_find_byte(text, '\n');
    struct bytes line = bytes_trim(bytes_sub(text, 0, end));
    struct bytes next = bytes_trim(bytes_from(text, end < text.n ? end + 1 : end));
    return next.n && memchr("\"{[]}", next.p[0], 5) &&
           memchr("{[,", line.p[line.n - 1], 3) &&
           json_check(line).code == FAULT_TRUNCATED;
}

static bool opens_value(struct bytes text)
{
    return text.n && (text.p[0] == '{' || text.p[0] == '[');
}

/* A record of its own, or one with its time before it. */
static bool is_record(struct bytes line)
{
    bool opens = opens_value(line);
    size_t value = opens ? 0 : json_prefix(line);
    return (opens || value) && !json_check(bytes_trim(bytes_from(line, value))).code;
}

/* A value that opens behind records is one of them; most texts have none that opens, and
 * their lines are not read as records. */
size_t json_banner(struct bytes head)
{
    struct bytes rest = head, line;
    for (int lines = 0; lines <= BANNER_LINES && rest.n; lines++) {
        if (opens_value(rest) && opens_pretty(rest)) {
            size_t at = head.n - rest.n;
            rest = bytes_sub(head, 0, at);
            while (bytes_split(&rest, '\n', &line))
                if (is_record(line))
                    return 0;
            return at;
        }
        bytes_split(&rest, '\n', &line);
        /* A fence: JSON that somebody shows in a text. */
        if ((line.n && is_digit(line.p[0])) || bytes_starts(line, BYTES("```")))
            return 0;
    }
    return 0;
}

/* A token, with what a strict parser would refuse in a string made harmless. */
static void copy_token(struct bytes token, struct text *out)
{
    while (token.n) {
        size_t plain = 0;
        while (plain < token.n && token.p[plain] >= 0x20 && token.p[plain] < 0x80)
            plain++;
        text_add(out, bytes_sub(token, 0, plain));
        token = bytes_from(token, plain);
        uint32_t code;
        if (!utf8_next(&token, &code))
            return;
        if (code < 0x20)
            text_printf(out, "\\u%04x", (unsigned)code);
        else
            utf8_put(out, code == UTF8_INVALID ? 0xfffd : code);
    }
}

static void scan_to_end(struct json_scan *s)
{
    while (json_scan_next(s) > JSON_TOKEN_FAULT)
        ;
}

bool json_repair(struct bytes text, struct text *out)
{
    struct json_scan all = json_scan_of(text);
    scan_to_end(&all);
    struct json_scan s = json_scan_of(bytes_sub(text, 0, all.sound));
    s.words_end = true;
    for (size_t copied = 0; json_scan_next(&s) > JSON_TOKEN_FAULT; copied = s.at) {
        text_add(out, bytes_sub(text, copied, s.start - copied));
        copy_token(bytes_sub(text, s.start, s.at - s.start), out);
    }
    while (all.depth) {
        text_byte(out, in_array(&all) ? ']' : '}');
        all.depth--;
    }
    return all.fault.code != FAULT_NONE;
}

void json_quote(struct bytes octets, struct text *out)
{
    text_byte(out, '"');
    for (size_t i = 0, plain = 0; plain < octets.n; i = ++plain) {
        while (plain < octets.n && octets.p[plain] != '"' && octets.p[plain] != '\\')
            plain++;
        copy_token(bytes_sub(octets, i, plain - i), out);
        if (plain < octets.n) {
            text_byte(out, '\\');
            text_byte(out, (char)octets.p[plain]);
        }
    }
    text_byte(out, '"');
}
