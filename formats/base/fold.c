#include "formats/base/fold.h"

#include "formats/base/bisect.h"
#include "formats/base/memory.h"
#include <stdlib.h>

struct fold_row {
    uint32_t code;
    uint32_t to[4]; /* 0 after the last */
};

static const struct fold_row rows[] = {
#define FOLD(code, ...) {code, {__VA_ARGS__}},
#include "formats/base/fold.def"
#undef FOLD
};

static const struct {
    uint32_t first, last;
    uint8_t class;
} marks[] = {
#define MARK(first, last, class) {first, last, class},
#include "formats/base/fold.def"
#undef MARK
};

static uint8_t combining_class(uint32_t code)
{
    size_t low;
    BISECT(low, 0, sizeof marks / sizeof *marks, code > marks[low].last);
    bool found = low < sizeof marks / sizeof *marks && code >= marks[low].first;
    return found ? marks[low].class : 0;
}

static const struct fold_row *row_of(uint32_t code)
{
    size_t low;
    BISECT(low, 0, sizeof rows / sizeof *rows, rows[low].code < code);
    return low < sizeof rows / sizeof *rows && rows[low].code == code ? &rows[low] : NULL;
}

struct codes {
    uint32_t *v;
    size_t n, capacity;
};

/* Marks of different classes stand in the order of their classes. */
static void put(struct codes *codes, uint32_t code)
{
    codes->v = memory_grow(codes->v, &codes->capacity, codes->n + 1, sizeof *codes->v);
    size_t at = codes->n++;
    uint8_t class = combining_class(code);
    while (class && at && combining_class(codes->v[at - 1]) > class) {
        codes->v[at] = codes->v[at - 1];
        at--;
    }
    codes->v[at] = code;
}

/* Section 3.12: syllables are decomposed by arithmetic. */
static bool put_hangul(struct codes *codes, uint32_t code)
{
    enum { BASE = 0xAC00, COUNT = 11172, VOWELS = 21, TAILS = 28 };
    if (code < BASE || code >= BASE + COUNT)
        return false;
    uint32_t index = code - BASE;
    put(codes, 0x1100 + index / (VOWELS * TAILS));
    put(codes, 0x1161 + index / TAILS % VOWELS);
    if (index % TAILS)
        put(codes, 0x11A7 + index % TAILS);
    return true;
}

static void put_folded(struct codes *codes, uint32_t code)
{
    const struct fold_row *row = code < 0x80 ? NULL : row_of(code);
    if (put_hangul(codes, code))
        return;
    for (size_t i = 0; row && i < 4 && row->to[i]; i++)
        put(codes, row->to[i]);
    if (!row)
        put(codes, code < 0x80 ? to_lower((uint8_t)code) : code);
}

/* ASCII, as most names are: true when all of it was folded. */
static bool fold_ascii(struct bytes name, struct text *t)
{
    const size_t start = t->n;
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] >= 0x80)
            return false;
    }
    text_add(t, name);
    for (size_t i = start; i < t->n; i++)
        t->p[i] = (char)to_lower((uint8_t)t->p[i]);
    return true;
}

void fold_name(struct bytes name, struct text *t)
{
    struct codes codes = {NULL, 0, 0};
    uint32_t code;
    if (fold_ascii(name, t))
        return;
    if (!utf8_valid(name)) {
        text_add(t, name);
        return;
    }
    while (utf8_next(&name, &code))
        put_folded(&codes, code);
    for (size_t i = 0; i < codes.n; i++)
        utf8_put(t, codes.v[i]);
    free(codes.v);
}
