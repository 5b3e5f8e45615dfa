#include "formats/base/wide_text.h"

static bool is_letter(uint8_t c)
{
    return c >= ' ' && c < 0x7f;
}

/* The last letter of a run may have no zero behind it. */
static const struct byte_runs letters = {
    .any = {{' ', 0x7e}, {' ', 0x7e}, {' ', 0x7e}},
    .next = {0, 0},
    .least = WIDE_SHORTEST - 1,
    .step = 2,
};

struct wide_walk wide_walk(struct bytes b)
{
    return (struct wide_walk){byte_runs_walk(&letters, b, 0)};
}

bool wide_next(struct wide_walk *w, struct wide_run *run)
{
    struct bytes b = w->walk.marks.text;
    for (size_t at; (at = byte_runs_next(&w->walk)) < b.n;) {
        size_t n = 1;
        while (at + 2 * n < b.n && b.p[at + 2 * n - 1] == 0 && is_letter(b.p[at + 2 * n]))
            n++;
        *run = (struct wide_run){at, n};
        if (n >= WIDE_SHORTEST)
            return true;
    }
    return false;
}

void wide_narrow(struct bytes b, struct wide_run run, struct text *out)
{
    for (size_t i = 0; i < run.n; i++)
        text_byte(out, (char)b.p[run.at + 2 * i]);
}
