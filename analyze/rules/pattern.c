#include "analyze/rules/pattern.h"

#include "formats/base/text.h"

/* Glyphs: a byte stands for itself. */
#define GLYPH_ONE  0x100 /* '?' */
#define GLYPH_MANY 0x101 /* '*' */

static uint16_t fold(uint8_t c, bool cased)
{
    return cased ? c : to_lower(c);
}

/* What `text` means from `at` on: one glyph, and how many bytes spelled it. */
static uint16_t read_glyph(struct bytes text, size_t at, struct pattern_style style,
                           size_t *used)
{
    uint8_t c = text.p[at];
    uint8_t after = at + 1 < text.n ? text.p[at + 1] : 0;
    *used = 1;
    if (style.plain)
        return fold(c, style.cased);
    if (c == '\\' && (after == '*' || after == '?' || after == '\\')) {
        *used = 2;
        return after;
    }
    if (c == '*')
        return GLYPH_MANY;
    return c == '?' ? GLYPH_ONE : fold(c, style.cased);
}

static void put_glyph(struct pattern *p, uint16_t *room, uint16_t glyph)
{
    bool repeated = glyph == GLYPH_MANY && p->glyph_count > 0 &&
                    room[p->glyph_count - 1] == GLYPH_MANY;
    if (!repeated)
        room[p->glyph_count++] = glyph;
}

/* Patterns without a wildcard in the middle are compared by memcmp and memmem. */
static void classify(struct pattern *p, struct arena *arena)
{
    size_t from = p->glyph_count > 0 && p->glyphs[0] == GLYPH_MANY;
    size_t to = p->glyph_count;
    if (to > from && p->glyphs[to - 1] == GLYPH_MANY)
        to--;
    p->kind = PATTERN_GLOB;
    for (size_t i = from; i < to; i++)
        if (p->glyphs[i] >= GLYPH_ONE)
            return;
    bool open_end = to < p->glyph_count;
    uint8_t *literal = arena_alloc(arena, to - from + 1);
    for (size_t i = from; i < to; i++)
        literal[i - from] = (uint8_t)p->glyphs[i];
    p->literal = bytes_of(literal, to - from);
    if (from == 0)
        p->kind = open_end ? PATTERN_START : PATTERN_WHOLE;
    else
        p->kind = open_end ? PATTERN_INSIDE : PATTERN_END;
    if (from == 1 && to == 1)
        p->kind = PATTERN_ANY;
}

struct pattern pattern_compile(struct bytes text, struct pattern_style style,
                               struct arena *arena)
{
    uint16_t *room = arena_array(arena, uint16_t, text.n + 2);
    struct pattern p = {.cased = style.cased, .glyphs = room};
    if (style.fit == FIT_END || style.fit == FIT_INSIDE)
        put_glyph(&p, room, GLYPH_MANY);
    for (size_t at = 0, used; at < text.n; at += used)
        put_glyph(&p, room, read_glyph(text, at, style, &used));
    if (style.fit == FIT_START || style.fit == FIT_INSIDE)
        put_glyph(&p, room, GLYPH_MANY);
    classify(&p, arena);
    return p;
}

/* -- matching ----------------------------------------------------------------------- */

static bool same(const struct pattern *p, const uint8_t *value)
{
    const uint8_t *want = p->literal.p;
    if (p->cased && p->literal.n > 0)
        return memcmp(value, want, p->literal.n) == 0;
    for (size_t i = 0; i < p->literal.n; i++)
        if (to_lower(value[i]) != want[i])
            return false;
    return true;
}

/* memchr for either case of the first byte carries most of the way. */
static bool inside(const struct pattern *p, struct bytes value)
{
    struct bytes want = p->literal;
    if (want.n > value.n)
        return false;
    if (p->cased)
        return memmem(value.p, value.n, want.p, want.n) != NULL;
    uint8_t low = want.p[0];
    uint8_t high = low >= 'a' && low <= 'z' ? (uint8_t)(low - 32) : low;
    for (size_t at = 0; at + want.n <= value.n; at++) {
        uint8_t c = value.p[at];
        if ((c == low || c == high) && same(p, value.p + at))
            return true;
    }
    return false;
}

static size_t character(struct bytes value, size_t at)
{
    struct bytes rest = bytes_from(value, at);
    uint32_t code;
    size_t before = rest.n;
    utf8_next(&rest, &code);
    return before - rest.n;
}

/* The usual walk with one place to come back to: the last star and where it stopped. */
static enum truth glob(const struct pattern *p, struct bytes value)
{
    size_t at = 0, g = 0, star = SIZE_MAX, resume = 0;
    for (uint64_t steps = 0; at < value.n || g < p->glyph_count; steps++) {
        if (steps == LIMIT_PATTERN_STEPS)
            return TRUTH_UNKNOWN;
        uint16_t glyph = g < p->glyph_count ? p->glyphs[g] : 0xffff;
        if (glyph == GLYPH_MANY) {
            star = g++;
            resume = at;
        } else if (at < value.n && glyph == GLYPH_ONE) {
            at += character(value, at);
            g++;
        } else if (at < value.n && glyph == fold(value.p[at], p->cased)) {
            at++;
            g++;
        } else if (star != SIZE_MAX && resume < value.n) {
            at = ++resume;
            g = star + 1;
        } else {
            return TRUTH_FALSE;
        }
    }
    return TRUTH_TRUE;
}

enum truth pattern_matches(const struct pattern *p, struct bytes value)
{
    struct bytes want = p->literal;
    switch (p->kind) {
    case PATTERN_ANY:
        return TRUTH_TRUE;
    case PATTERN_WHOLE:
        return truth_of(value.n == want.n && same(p, value.p));
    case PATTERN_START:
        return truth_of(value.n >= want.n && same(p, value.p));
    case PATTERN_END:
        return truth_of(value.n >= want.n && same(p, value.p + (value.n - want.n)));
    case PATTERN_INSIDE:
        return truth_of(inside(p, value));
    case PATTERN_GLOB:
        return glob(p, value);
    }
    return TRUTH_FALSE;
}
