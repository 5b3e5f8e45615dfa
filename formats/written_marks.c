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
        "at ",   "on ", "ca. ",   "ca ",    "about ", "around ", "approx. ", "since ",
        "from ", "am ", "um ",    "gegen ", "ab ",    "seit ",   "le ",      "vers ",
        "à ",    "el ", "hacia ", "alle ",  "op ",    "a las ",  "las ",     "los "};
    s = written_without_marks(s);
    if (bytes_starts(s, BYTES("x] ")) || bytes_starts(s, BYTES("X] ")))
        s = written_without_marks(bytes_from(s, 2)); /* "- [x] " */
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
