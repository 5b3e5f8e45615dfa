#include "formats/written_marks.h"

#include "formats/written_words.h"

/* -- markup -------------------------------------------------------------------------- */
/* What may stand before a time, and between a time and what is said about it. */
struct bytes written_without_marks(struct bytes s)
{
    static const char *const marks[] = {"-",
                                        "*",
                                        "+",
                                        "#",
                                        ">",
                                        "`",
                                        "[",
                                        "]",
                                        "(",
                                        ")",
                                        ":",
                                        "|",
                                        "~",
                                        ",",
                                        ";",
                                        "\"",
                                        "=",
                                        "\xe2\x80\x93",
                                        "\xe2\x80\x94",
                                        "\xe2\x80\xa2",
                                        "\xe2\x86\x92",
                                        "_"};
    for (bool again = true; again;) {
        again = false;
        s = bytes_trim(s);
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
            struct bytes mark = bytes_str(marks[i]);
            if (bytes_starts(s, mark)) {
                s = bytes_from(s, mark.n);
                again = true;
            }
        }
    }
    return s;
}

struct bytes written_without_end_marks(struct bytes s)
{
    s = bytes_trim(s);
    for (;;) {
        bool closes = s.n && memchr(")]", s.p[s.n - 1], 2);
        uint8_t opens = closes && s.p[s.n - 1] == ')' ? '(' : '[';
        bool alone = closes && bytes_find_byte(s, opens) == s.n;
        if (!alone && !(s.n && memchr("|*_`\"", s.p[s.n - 1], 5)))
            return s;
        s = bytes_trim(bytes_sub(s, 0, s.n - 1));
    }
}

/* "1. ", "At ", "ca. ": what people put before a time. */
struct bytes written_before_time(struct bytes s)
{
    static const char *const words[] = {
        "at ",    "on ",   "ca. ",      "ca ", "about ", "around ", "approx. ",
        "since ", "from ", "am ",       "um ", "gegen ", "ab ",     "seit ",
        "le ",    "vers ", "\xc3\xa0 ", "el ", "hacia ", "alle ",   "op "};
    s = written_without_marks(s);
    size_t digits = 0;
    while (digits < s.n && is_digit(s.p[digits]))
        digits++;
    if (digits && digits < 4 && digits + 1 < s.n && memchr(".)", s.p[digits], 2) &&
        s.p[digits + 1] == ' ') {
        /* "23. November" is a day. */
        struct bytes behind = written_without_marks(bytes_from(s, digits + 1)),
                     word = behind;
        int month;
        s = written_month(&word, &month) ? s : behind;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct bytes word = bytes_str(words[i]);
        if (bytes_eq_nocase(bytes_sub(s, 0, word.n), word))
            return written_without_marks(bytes_from(s, word.n));
    }
    return s;
}

/* -- tables ---------------------------------------------------------------------------
 */

static bool names_times(struct bytes cell)
{
    static const char *const words[] = {"time",
                                        "date",
                                        "when",
                                        "zeit",
                                        "datum",
                                        "uhrzeit",
                                        "heure",
                                        "fecha",
                                        "hora",
                                        "data",
                                        "tijd",
                                        "\xe6\x97\xa5\xe6\x99\x82",
                                        "\xe6\x99\x82\xe5\x88\xbb",
                                        "\xe6\x97\xb6\xe9\x97\xb4"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct bytes word = bytes_str(words[i]);
        if (bytes_eq_nocase(bytes_sub(cell, 0, word.n), word))
            return true;
    }
    return false;
}

static uint8_t separator_of(struct bytes line)
{
    size_t n = 0;
    while (n < line.n && !memchr(",;\t", line.p[n], 3))
        n++;
    return n < line.n ? line.p[n] : 0;
}

/* Longer cells are sentences. */
#define HEADING_MOST 40

bool written_table_header(struct bytes line, uint8_t *separator)
{
    struct bytes cell;
    uint8_t found = separator_of(line);
    bool header = false;
    bool heading = bytes_starts(line, BYTES("# ")) || bytes_starts(line, BYTES("##"));
    if (!found || heading || line.p[0] == '|')
        return false;
    while (bytes_split(&line, found, &cell)) {
        cell = written_without_marks(cell);
        /* "Date: Monday, October 5" is no name of a column, nor is the day in "Times are
         * UTC, 2026-07-01". */
        if (cell.n > HEADING_MOST || bytes_find_byte(cell, ':') < cell.n ||
            (cell.n && is_digit(cell.p[0])))
            return false;
        header |= names_times(cell);
    }
    *separator = header ? found : *separator;
    return header;
}

struct bytes written_table_text(struct arena *arena, struct bytes rest, uint8_t separator)
{
    uint8_t *out = arena_alloc(arena, 3 * rest.n + 1);
    size_t n = 0;
    bool quoted = false, begun = false;
    for (size_t i = 0; i < rest.n; i++) {
        uint8_t c = rest.p[i];
        bool doubled = quoted && c == '"' && i + 1 < rest.n && rest.p[i + 1] == '"';
        if (c == '"' && !doubled) {
            quoted = !quoted;
        } else if (c == separator && !quoted) {
            begun = n > 0;
        } else {
            i += doubled;
            if (begun) {
                memcpy(out + n, " | ", 3);
                n += 3;
                begun = false;
            }
            out[n++] = c;
        }
    }
    return bytes_of(out, n);
}
