#include "analyze/layer/patch.h"

#include <stdlib.h>

#include "formats/base/intern.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"

#define CONTEXT 3

/* -- lines --------------------------------------------------------------------------- */

struct side {
    struct bytes *lines; /* with their newline, so that a missing one is a difference */
    uint32_t *numbers;   /* equal lines have equal numbers */
    bool *changed;       /* is not in the other side */
    size_t n;
    bool cut;
};

static void split(struct side *s, struct bytes text, struct intern *lines)
{
    size_t capacity = 0;
    while (text.n && s->n < LIMIT_PATCH_LINES) {
        size_t end = bytes_find_byte(text, '\n');
        struct bytes line = bytes_sub(text, 0, end < text.n ? end + 1 : end);
        s->lines = memory_grow(s->lines, &capacity, s->n + 1, sizeof *s->lines);
        s->lines[s->n++] = line;
        text = bytes_from(text, line.n);
    }
    s->cut = text.n > 0;
    s->changed = memory_new(s->n + 1, sizeof *s->changed);
    s->numbers = memory_new(s->n + 1, sizeof *s->numbers);
    for (size_t i = 0; i < s->n; i++)
        s->numbers[i] = intern_put(lines, s->lines[i]);
}

static void side_release(struct side *s)
{
    free(s->lines);
    free(s->numbers);
    free(s->changed);
}

/* -- the shortest edit script -------------------------------------------------------- */

/* The middle of both sides, without what is equal at their ends. */
struct middle {
    struct side *a, *b;
    size_t first; /* of both */
    long n, m;    /* lines of a and of b */
};

static bool same(const struct middle *w, long x, long y)
{
    return w->a->numbers[w->first + (size_t)x] == w->b->numbers[w->first + (size_t)y];
}

/* Walks the rows that were kept back from the end, and marks what was taken. */
static void mark(const struct middle *w, long *const *rows, long d)
{
    long x = w->n, y = w->m;
    for (; d > 0; d--) {
        const long *v = rows[d - 1] + d; /* v[k], k from -d to d */
        long k = x - y;
        bool down = k == -d || (k != d && v[k - 1] < v[k + 1]);
        long before = down ? k + 1 : k - 1;
        x = v[before];
        y = x - before;
        if (down)
            w->b->changed[w->first + (size_t)y] = true;
        else
            w->a->changed[w->first + (size_t)x] = true;
    }
}

/* False when the texts differ by more than LIMIT_PATCH_EDITS lines. rows[d] holds the
 * furthest x of each diagonal from -(d+1) to d+1 after d edits. */
static bool search(const struct middle *w)
{
    long most = w->n + w->m < LIMIT_PATCH_EDITS ? w->n + w->m : LIMIT_PATCH_EDITS;
    long *v = memory_new(2 * (size_t)most + 3, sizeof *v), *middle = v + most + 1;
    long **rows = memory_new((size_t)most + 1, sizeof *rows);
    long d = 0;
    bool found = false;
    for (; d <= most && !found; d++) {
        for (long k = -d; k <= d && !found; k += 2) {
            bool down = k == -d || (k != d && middle[k - 1] < middle[k + 1]);
            long x = down ? middle[k + 1] : middle[k - 1] + 1;
            while (x < w->n && x - k < w->m && same(w, x, x - k))
                x++;
            middle[k] = x;
            found = x >= w->n && x - k >= w->m;
        }
        if (found || d == most)
            continue;
        rows[d] = memory_new(2 * (size_t)d + 3, sizeof **rows);
        memcpy(rows[d], middle - d - 1, (2 * (size_t)d + 3) * sizeof **rows);
    }
    if (found)
        mark(w, rows, d - 1);
    for (long i = 0; i <= most; i++)
        free(rows[i]);
    free(rows);
    free(v);
    return found;
}

static void compare(struct side *a, struct side *b)
{
    size_t start = 0, end = 0;
    size_t least = a->n < b->n ? a->n : b->n;
    while (start < least && a->numbers[start] == b->numbers[start])
        start++;
    while (end < least - start &&
           a->numbers[a->n - 1 - end] == b->numbers[b->n - 1 - end])
        end++;
    struct middle w = {a, b, start, (long)(a->n - start - end),
                       (long)(b->n - start - end)};
    if (search(&w))
        return;
    for (long i = 0; i < w.n; i++)
        a->changed[start + (size_t)i] = true;
    for (long i = 0; i < w.m; i++)
        b->changed[start + (size_t)i] = true;
}

/* -- writing ------------------------------------------------------------------------- */

struct writing {
    const struct side *a, *b;
    struct text *out;
    size_t start; /* of the diff in `out` */
    struct patch_counts counts;
};

static void line(struct writing *w, char sign, struct bytes text)
{
    w->counts.added += sign == '+';
    w->counts.removed += sign == '-';
    if (w->out->n - w->start + text.n > LIMIT_PATCH) {
        w->counts.cut = true;
        return;
    }
    text_byte(w->out, sign);
    text_add(w->out, text);
    if (text.p[text.n - 1] != '\n')
        text_str(w->out, "\n\\ No newline at end of file\n");
}

/* The lines before the first of nothing: diff says the line before it. */
static void range(struct text *t, size_t from, size_t count)
{
    text_printf(t, "%zu", count ? from + 1 : from);
    if (count != 1)
        text_printf(t, ",%zu", count);
}

/* Moves over one group of changes; false at the end of both. */
static bool group(const struct writing *w, size_t *x, size_t *y)
{
    while (*x < w->a->n && *y < w->b->n && !w->a->changed[*x] && !w->b->changed[*y]) {
        ++*x;
        ++*y;
    }
    return *x < w->a->n || *y < w->b->n;
}

static void skip_changed(const struct side *s, size_t *at)
{
    while (*at < s->n && s->changed[*at])
        ++*at;
}

/* Ends where more than two contexts of equal lines follow. */
static void hunk_end(const struct writing *w, size_t *x, size_t *y)
{
    for (;;) {
        skip_changed(w->a, x);
        skip_changed(w->b, y);
        size_t i = *x, j = *y;
        if (!group(w, &i, &j) || i - *x > 2 * CONTEXT)
            return;
        *x = i;
        *y = j;
    }
}

/* Lines of a from x, and of b from y, up to their ends. */
struct hunk {
    size_t x, y, end_x, end_y;
};

static void hunk_header(const struct writing *w, struct hunk h)
{
    if (w->counts.cut)
        return;
    text_str(w->out, "@@ -");
    range(w->out, h.x, h.end_x - h.x);
    text_str(w->out, " +");
    range(w->out, h.y, h.end_y - h.y);
    text_str(w->out, " @@\n");
}

static void hunk_lines(struct writing *w, struct hunk h)
{
    while (h.x < h.end_x || h.y < h.end_y) {
        if (h.x < h.end_x && w->a->changed[h.x])
            line(w, '-', w->a->lines[h.x++]);
        else if (h.y < h.end_y && w->b->changed[h.y])
            line(w, '+', w->b->lines[h.y++]);
        else {
            line(w, ' ', w->a->lines[h.x++]);
            h.y++;
        }
    }
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void hunks(struct writing *w)
{
    size_t x = 0, y = 0;
    while (group(w, &x, &y)) {
        size_t end_x = x, end_y = y, before = smaller(CONTEXT, smaller(x, y));
        hunk_end(w, &end_x, &end_y);
        size_t after = smaller(CONTEXT, smaller(w->a->n - end_x, w->b->n - end_y));
        struct hunk hunk = {x - before, y - before, end_x + after, end_y + after};
        hunk_header(w, hunk);
        hunk_lines(w, hunk);
        x = end_x;
        y = end_y;
    }
}

struct patch_counts patch_make(const struct patch_side *before,
                               const struct patch_side *after, struct text *out)
{
    struct side a = {0}, b = {0};
    struct intern *lines = intern_new();
    struct writing w = {&a, &b, out, out->n, {0}};
    split(&a, before->text, lines);
    split(&b, after->text, lines);
    if (!bytes_eq(before->text, after->text)) {
        compare(&a, &b);
        text_printf(out, "--- %s\n+++ %s\n", before->label, after->label);
        hunks(&w);
    }
    w.counts.cut |= a.cut || b.cut;
    side_release(&a);
    side_release(&b);
    intern_free(lines);
    return w.counts;
}
