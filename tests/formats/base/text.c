#include "formats/base/text.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

typedef void escape_fn(struct text *t, struct bytes b);

static void expect(escape_fn *escape, struct bytes in, const char *out)
{
    struct text t = {0};
    escape(&t, in);
    cr_expect_str_eq(text_c(&t), out);
    cr_expect_eq(t.n, strlen(out));
    text_release(&t);
}

Test(text, grows_and_stays_terminated)
{
    struct text t = {0};
    cr_expect_str_eq(text_c(&t), "");
    for (int i = 0; i < 10000; i++)
        text_printf(&t, "%d,", i % 10);
    cr_expect_eq(t.n, 20000);
    cr_expect_eq(strlen(text_c(&t)), 20000);
    text_clear(&t);
    cr_expect_str_eq(text_c(&t), "");
    text_add(&t, BYTES("a\0b"));
    cr_expect(bytes_eq(text_bytes(&t), BYTES("a\0b")));
    text_release(&t);
    cr_expect_null(t.p);
}

/* The boundaries of RFC 3629, section 4. */
Test(utf8, boundaries)
{
    static const char *const good[] = {"",
                                       "\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xe0\xa0",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xf0\x90\x80",
                                      "a\xc2"
                                      "a"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(utf8_valid(bytes_str(good[i])), "good %zu", i);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(utf8_valid(bytes_str(bad[i])), "bad %zu", i);
}

Test(utf8, validity_at_each_place)
{
    char text[32];
    for (size_t n = 2; n < sizeof text; n++) {
        memset(text, 'a', n);
        for (size_t at = 0; at + 1 < n; at++) {
            memcpy(text + at, "\xc3\xa9", 2);
            cr_expect(utf8_valid(bytes_of(text, n)), "%zu of %zu", at, n);
            cr_expect_not(utf8_valid(bytes_of(text, at + 1)), "%zu of %zu", at, n);
            text[at + 1] = 'a';
            cr_expect_not(utf8_valid(bytes_of(text, n)), "%zu of %zu", at, n);
            text[at] = 'a';
        }
    }
}

Test(utf8, every_code_point_survives)
{
    struct text t = {0};
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        if (code >= 0xd800 && code < 0xe000)
            continue;
        text_clear(&t);
        utf8_put(&t, code);
        struct bytes rest = text_bytes(&t);
        uint32_t back = UTF8_INVALID;
        cr_assert(utf8_next(&rest, &back) && back == code && rest.n == 0, "U+%04X", code);
    }
    text_release(&t);
}

Test(utf8, an_invalid_byte_is_taken_alone)
{
    struct bytes b = BYTES("\xe2\x82"
                           "a");
    uint32_t code;
    cr_expect(utf8_next(&b, &code) && code == UTF8_INVALID && b.n == 2);
    cr_expect(utf8_next(&b, &code) && code == UTF8_INVALID && b.n == 1);
    cr_expect(utf8_next(&b, &code) && code == 'a' && b.n == 0);
    cr_expect_not(utf8_next(&b, &code));
}

Test(utf8, deceptive)
{
    static const uint32_t hidden[] = {0,      '\n',   0x1b,   0x7f,   0x9b,    0xa0,
                                      0xad,   0x61c,  0x200b, 0x200f, 0x202e,  0x2066,
                                      0x2028, 0xfeff, 0xfdd0, 0xfffe, 0x1ffff, 0xe0041};
    static const uint32_t shown[] = {' ',    '~',    0xa1,   0xe9,   0x3b1,  0x5d0,
                                     0x4e2d, 0x2010, 0x2027, 0x2030, 0xfffd, 0x1f600};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        cr_expect(code_is_deceptive(hidden[i]), "U+%04X", hidden[i]);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        cr_expect_not(code_is_deceptive(shown[i]), "U+%04X", shown[i]);
}

Test(escape, terminal)
{
    expect(escape_terminal, BYTES(""), "");
    expect(escape_terminal, BYTES("plain \xc3\xa9"), "plain \xc3\xa9");
    expect(escape_terminal, BYTES("\x1b[31m\r\n\t\0"), "\\x1B[31m\\r\\n\\t\\x00");
    expect(escape_terminal, BYTES("\xff\xe2\x80\xae"), "\\xFF\\u{202E}");
    expect(escape_terminal,
           BYTES("\xc2\x9b"
                 "31m"),
           "\\u{9B}31m");
    expect(escape_terminal, BYTES("\xf3\xa0\x81\x81"), "\\u{E0041}");
}

/* Text that reads like our escapes is told from what they stand for. */
Test(escape, backslashes_leave_no_doubt)
{
    expect(escape_plain, BYTES("C:\\dir\\new"), "C:\\dir\\new");
    expect(escape_terminal, BYTES("C:\\dir\\new"), "C:\\dir\\\\new");
    expect(escape_plain, BYTES("\xff"), "\\xFF");
    expect(escape_plain, BYTES("\\xFF"), "\\\\xFF");
    expect(escape_plain, BYTES("\\\xff"), "\\\\\\xFF");
    expect(escape_plain, BYTES("\\\\xFF"), "\\\\\\\\xFF");
    expect(escape_plain, BYTES("\\u{202E}"), "\\\\u{202E}");
    expect(escape_plain, BYTES("\\xF"), "\\xF");
    expect(escape_plain, BYTES("\\"), "\\");
    expect(escape_plain, BYTES("\\\\"), "\\\\");
}

/* What escape_plain made visible is written as it is, in the syntax of the output. */
Test(escape, visible_text_is_not_escaped_again)
{
    struct bytes once = BYTES("\\u{202E} \\xFF C:\\\\xFF");
    expect(escape_line, once, "\\u{202E} \\xFF C:\\\\xFF");
    expect(escape_html, once, "\\u{202E} \\xFF C:\\\\xFF");
    expect(escape_csv, once, "\\u{202E} \\xFF C:\\\\xFF");
    expect(escape_json, once, "\"\\\\u{202E} \\\\xFF C:\\\\\\\\xFF\"");
    expect(escape_line, BYTES("a\n\x1b\xe2\x80\xae"), "a\\n\\x1B\\u{202E}");
}

Test(escape, html)
{
    expect(escape_html, BYTES("<script>alert(1)</script>"),
           "&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(escape_html, BYTES("\" onload='x' &amp; `"),
           "&#34; onload=&#39;x&#39; &amp;amp; &#96;");
    expect(escape_html, BYTES("a\n\tb\r\0"), "a\n\tb\\x0D\\x00");
}

Test(escape, json)
{
    expect(escape_json, BYTES(""), "\"\"");
    expect(escape_json, BYTES("a\"b\\c\n\t/"), "\"a\\\"b\\\\c\\n\\t/\"");
    expect(escape_json, BYTES("\x01\xff\x7f"), "\"\\\\x01\\\\xFF\\\\x7F\"");
    expect(escape_json, BYTES("\xe2\x80\xae"), "\"\\\\u{202E}\"");
}

Test(escape, csv)
{
    expect(escape_csv, BYTES("plain"), "plain");
    expect(escape_csv, BYTES(""), "");
    expect(escape_csv, BYTES("a,b"), "\"a,b\"");
    expect(escape_csv, BYTES("say \"x\""), "\"say \"\"x\"\"\"");
    expect(escape_csv, BYTES("a\r\nb"), "a\\r\\nb");
    expect(escape_csv, BYTES("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
    expect(escape_csv, BYTES("+1"), "\"'+1\"");
    expect(escape_csv, BYTES("-1"), "\"'-1\"");
    expect(escape_csv, BYTES("@SUM(A1)"), "\"'@SUM(A1)\"");
    expect(escape_csv, BYTES("\t=1"), "\"'\\t=1\"");
    expect(escape_csv,
           BYTES("\xef\xbc\x9d"
                 "1"),
           "\"'\xef\xbc\x9d"
           "1\"");
    expect(escape_csv, BYTES("a=1"), "a=1");
}

Test(escape, markdown)
{
    expect(escape_markdown, BYTES("[x](http://e.com)"), "\\[x\\](http\\://e.com)");
    expect(escape_markdown, BYTES("<img src=x>"), "&lt;img src=x>");
    expect(escape_markdown, BYTES("a\n# b"), "a\\\\n\\# b");
    expect(escape_markdown, BYTES("- a"), "\\- a");
    expect(escape_markdown, BYTES("1. a"), "1\\. a");
    expect(escape_markdown, BYTES("2) a"), "2\\) a");
    expect(escape_markdown, BYTES("> a"), "&gt; a");
    expect(escape_markdown, BYTES("---"), "\\---");
    expect(escape_markdown, BYTES("    code"), "&#32;   code");
    expect(escape_markdown, BYTES("*a* _b_ `c` ~d~ |"),
           "\\*a\\* \\_b\\_ \\`c\\` \\~d\\~ \\|");
    expect(escape_markdown, BYTES("www.evil.com"), "www\\.evil.com");
    expect(escape_markdown, BYTES("a@e.com &lt; &x"), "a@<!-- -->e.com &amp;lt; &amp;x");
    expect(escape_markdown, BYTES(":smile: :+1: :100:"), "\\:smile: \\:+1: \\:100:");
}

/* What is no markup stays as it is read. */
Test(escape, markdown_of_ordinary_text)
{
    const char *const plain[] = {
        "10.0.0.1",
        "file-name.c",
        "2026-11-23T09:45:32.032033113Z",
        "127.0.0.1:40000->127.0.0.1:4444",
        "/root/.ssh/authorized_keys: changed (again), a=1 & b",
        "pid 19 (memfd:kworker)",
        "system:serviceaccount:shop:api",
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        expect(escape_markdown, bytes_str(plain[i]), plain[i]);
}

/* Whatever goes in, every output is valid UTF-8 and holds nothing deceptive. */
Test(escape, every_byte_pair)
{
    escape_fn *const all[] = {escape_terminal, escape_line,     escape_html, escape_json,
                              escape_csv,      escape_markdown, escape_plain};
    struct text t = {0};
    for (unsigned pair = 0; pair < 65536; pair++) {
        uint8_t in[3] = {(uint8_t)(pair >> 8), (uint8_t)pair, 0x80};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            text_clear(&t);
            all[i](&t, bytes_of(in, sizeof in));
            struct bytes rest = text_bytes(&t);
            uint32_t code;
            while (utf8_next(&rest, &code))
                cr_assert(code != UTF8_INVALID &&
                              (code == '\n' || code == '\t' || !code_is_deceptive(code)),
                          "escape %zu of %02x %02x", i, in[0], in[1]);
        }
    }
    text_release(&t);
}

Test(text, numbers_are_decimal_from_the_least_to_the_greatest)
{
    static const int64_t all[] = {0,         1,        -1, 9, 10, -10, 1234567890123,
                                  INT64_MAX, INT64_MIN};
    struct text ours = {0}, theirs = {0};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char digits[32];
        snprintf(digits, sizeof digits, "%" PRId64 " ", all[i]);
        text_decimal(&ours, all[i]);
        text_byte(&ours, ' ');
        text_str(&theirs, digits);
    }
    cr_expect_str_eq(text_c(&ours), text_c(&theirs));
    text_release(&ours);
    text_release(&theirs);
}

/* Of any length, also where what it says just fits or just does not. */
Test(text, what_is_formatted_is_whole)
{
    for (int width = 0; width < 300; width++) {
        struct text t = {0};
        text_str(&t, "x");
        text_printf(&t, "%*s", width, "");
        text_printf(&t, "%d", 7);
        cr_assert_eq(t.n, (size_t)width + 2);
        cr_assert_eq(strlen(text_c(&t)), t.n);
        cr_assert_eq(t.p[t.n - 1], '7');
        text_release(&t);
    }
}
