#include "formats/written_relative.h"

#include "formats/written_words.h"

#define MINUTE (60 * NANOSECONDS)

static const struct {
    const char *word;
    int64_t length;
    enum precision precision;
} units[] = {
    {"s", NANOSECONDS, PRECISION_SECOND},       {"sec", NANOSECONDS, PRECISION_SECOND},
    {"secs", NANOSECONDS, PRECISION_SECOND},    {"second", NANOSECONDS, PRECISION_SECOND},
    {"seconds", NANOSECONDS, PRECISION_SECOND}, {"m", MINUTE, PRECISION_MINUTE},
    {"min", MINUTE, PRECISION_MINUTE},          {"mins", MINUTE, PRECISION_MINUTE},
    {"minute", MINUTE, PRECISION_MINUTE},       {"minutes", MINUTE, PRECISION_MINUTE},
    {"h", 60 * MINUTE, PRECISION_MINUTE},       {"hr", 60 * MINUTE, PRECISION_MINUTE},
    {"hrs", 60 * MINUTE, PRECISION_MINUTE},     {"hour", 60 * MINUTE, PRECISION_MINUTE},
    {"hours", 60 * MINUTE, PRECISION_MINUTE},   {"d", 1440 * MINUTE, PRECISION_MINUTE},
    {"day", 1440 * MINUTE, PRECISION_MINUTE},   {"days", 1440 * MINUTE, PRECISION_MINUTE},
};

static bool take_unit(struct bytes *rest, struct written_relative *r, int64_t count)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!written_word(rest, units[i].word))
            continue;
        int64_t after;
        if (__builtin_add_overflow(r->after, count * units[i].length, &after))
            return false;
        r->after = after;
        r->precision = units[i].precision;
        return true;
    }
    return false;
}

/* "00:05" are hours and minutes, "0:05:30" has seconds as well. */
static bool take_clock(struct bytes *rest, struct written_relative *r)
{
    struct bytes b = *rest;
    int hours, minutes, seconds;
    if (!written_number(&b, 1, 3, &hours) || !written_byte(&b, ":") ||
        !written_number(&b, 2, 2, &minutes))
        return false;
    *rest = b;
    r->after = (hours * 60 + minutes) * MINUTE;
    r->precision = PRECISION_MINUTE;
    if (!written_byte(&b, ":") || !written_number(&b, 2, 2, &seconds))
        return true;
    *rest = b;
    r->after += seconds * NANOSECONDS;
    r->precision = PRECISION_SECOND;
    return true;
}

/* "1h30m", "1 h 30 min", "45" (minutes, as nobody counts otherwise without saying so). */
static bool take_units(struct bytes *rest, struct written_relative *r)
{
    struct bytes b = *rest;
    bool any = false, bare = false;
    int count;
    while (!bare && written_number(&b, 1, 5, &count)) {
        struct bytes behind = b;
        written_spaces(&behind);
        bare = !take_unit(&behind, r, count);
        if (bare && any)
            return true;
        any = true;
        *rest = bare ? b : behind;
        b = behind;
        written_spaces(&b);
        if (bare)
            *r = (struct written_relative){count * MINUTE, PRECISION_MINUTE};
    }
    return any;
}

static bool take_sign(struct bytes *rest, int *sign)
{
    struct bytes minus = BYTES("−");
    *sign = 1;
    if (written_byte(rest, "+"))
        return true;
    *sign = -1;
    if (bytes_starts(*rest, minus)) {
        *rest = bytes_from(*rest, minus.n);
        return true;
    }
    return written_byte(rest, "-");
}

bool written_relative_take(struct bytes *rest, struct written_relative *out)
{
    struct bytes b = *rest;
    struct written_relative r = {0, PRECISION_MINUTE};
    int sign, zero;
    if (!written_byte(&b, "Tt"))
        return false;
    struct bytes behind = b;
    if (written_number(&behind, 1, 1, &zero) && zero == 0) {
        *rest = behind;
        *out = r;
        return true;
    }
    written_spaces(&b);
    if (!take_sign(&b, &sign))
        return false;
    written_spaces(&b);
    if (!take_clock(&b, &r) && !take_units(&b, &r))
        return false;
    r.after *= sign;
    *rest = b;
    *out = r;
    return true;
}
