#include "formats/written_marks.h"

#include "formats/written_words.h"

/* -- markup -------------------------------------------------------------------------- */

/* The octets of the mark that `s` begins with; 0 where it begins with none. */
static size_t mark_length(struct bytes s)
{
    static const char *const wide[] = {"–", "—", "•", "→"};
    if (!s.n || memchr("-*+#>`[]():|~,;\"=_", s.p[0], 18))
        return s.n > 0;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (bytes_starts(s, bytes_str(wide[i])))
            return strlen(wide[i]);
    return 0;
}

struct bytes written_without_marks(struct bytes s)
{
    s = bytes_trim(s);
    for (size_t n = mark_length(s); n; n = mark_length(s))
        s = bytes_trim(bytes_from(s, n));
    return s;
}

bool written_next(struct bytes *rest, uint8_t separator, struct bytes *from)
{
    *from = written_without_marks(*rest);
    *rest = bytes_from(*from, bytes_find_byte(*from, separator) + 1);
    return from->n > 0;
}

struct bytes written_without_end_marks(struct bytes s)
{
    bool round = bytes_find_byte(s, '(') < s.n, square = bytes_find_byte(s, '[') < s.n;
    s = bytes_trim(s);
    while (s.n) {
        uint8_t c = s.p[s.n - 1];
        bool alone = (c == ')' && !round) || (c == ']' && !square);
        if (!alone && !memchr("|*_`\"", c, 5))
            break;
        s = bytes_trim(bytes_sub(s, 0, s.n - 1));
    }
    return s;
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
