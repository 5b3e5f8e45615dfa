#include "formats/base/wide_text.h"

/* Printable ASCII in the low byte of each half word, and nothing in the high one. */
static bool is_wide(uint64_t w)
{
    const uint64_t high = 0xff80ff80ff80ff80u, blank = 0x0020002000200020u;
    return (w & high) == 0 &&
           ((w + (0x0080008000800080u - blank)) & high) == 0x0080008000800080u;
}

static bool is_letter(uint8_t c)
{
    return c >= ' ' && c < 0x7f;
}

/* Four letters of a run stand at `at`: both of its ends, as far as it is not before
 * `from`. */
static struct wide_run run_around(struct bytes b, size_t at, size_t from)
{
    size_t start = at, end = at + 6;
    while (start >= from + 2 && b.p[start - 1] == 0 && is_letter(b.p[start - 2]))
        start -= 2;
    while (end + 2 < b.n && b.p[end + 1] == 0 && is_letter(b.p[end + 2]))
        end += 2;
    return (struct wide_run){start, (end - start) / 2 + 1};
}

/* A run of eight letters covers one aligned word of four, whichever byte it begins at. */
bool wide_next(struct bytes b, struct wide_run *run)
{
    size_t from = run->n ? run->at + 2 * run->n - 1 : 0;
    for (size_t at = from & ~(size_t)7; at + 8 <= b.n; at += 8) {
        uint64_t w;
        memcpy(&w, b.p + at, 8);
        bool even = is_wide(w);
        if (!even && !is_wide(w >> 8))
            continue;
        size_t first = even ? at : at + 1;
        if (first < from)
            continue;
        struct wide_run found = run_around(b, first, from);
        if (found.n < WIDE_SHORTEST)
            continue;
        *run = found;
        return true;
    }
    return false;
}

void wide_narrow(struct bytes b, struct wide_run run, struct text *out)
{
    for (size_t i = 0; i < run.n; i++)
        text_byte(out, (char)b.p[run.at + 2 * i]);
}
