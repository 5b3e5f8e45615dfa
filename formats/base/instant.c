#include "formats/base/instant.h"

#include "formats/base/cursor.h"

/* Nanoseconds in one unit, by precision. */
static const int64_t widths[] = {
    [PRECISION_UNKNOWN] = 1,
    [PRECISION_NANOSECOND] = 1,
    [PRECISION_MICROSECOND] = 1000,
    [PRECISION_MILLISECOND] = 1000000,
    [PRECISION_SECOND] = NANOSECONDS,
    [PRECISION_MINUTE] = 60 * NANOSECONDS,
    [PRECISION_DAY] = 86400 * NANOSECONDS,
};

const char *precision_name(enum precision p)
{
    static const char *const names[] = {
        "unknown", "nanosecond", "microsecond", "millisecond", "second", "minute", "day"};
    return names[p];
}

enum precision precision_by_name(struct bytes name)
{
    for (int p = PRECISION_NANOSECOND; p <= PRECISION_DAY; p++)
        if (bytes_is(name, precision_name((enum precision)p)))
            return (enum precision)p;
    return PRECISION_UNKNOWN;
}

int64_t precision_width(enum precision p)
{
    return widths[p];
}

/* Precision that so many digits of fraction of a second state. */
static enum precision precision_of_digits(size_t digits)
{
    if (digits == 0)
        return PRECISION_SECOND;
    return digits <= 3   ? PRECISION_MILLISECOND
           : digits <= 6 ? PRECISION_MICROSECOND
                         : PRECISION_NANOSECOND;
}

static bool seconds_to_instant(int64_t seconds, int64_t nanoseconds, instant *out)
{
    instant t;
    /* The borrow keeps the product in range for the first second that int64 covers. */
    if (seconds < 0 && nanoseconds > 0) {
        seconds++;
        nanoseconds -= NANOSECONDS;
    }
    if (__builtin_mul_overflow(seconds, NANOSECONDS, &t) ||
        __builtin_add_overflow(t, nanoseconds, &t) || t == INSTANT_NONE)
        return false;
    *out = t;
    return true;
}

/* -- civil dates --------------------------------------------------------------------- */

/* Days since 1970-01-01, proleptic Gregorian. The year is taken to begin in March, so
 * that the leap day is its last, and 400 years (146,097 days) are one era. */
static int64_t days_of_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct civil {
    int64_t year, month, day;
};

static struct civil civil_of_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    int64_t month = shifted + (shifted < 10 ? 3 : -9);
    return (struct civil){year_of_era + era * 400 + (month <= 2), month,
                          day_of_year - (153 * shifted + 2) / 5 + 1};
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool is_civil(int year, int month, int day)
{
    return month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
}

bool instant_from_civil(int year, int month, int day, instant *out)
{
    return is_civil(year, month, day) &&
           seconds_to_instant(days_of_civil(year, month, day) * 86400, 0, out);
}

/* -- reading ------------------------------------------------------------------------- */

/* Exactly n digits; anything else fails the cursor. */
static int digits(struct cursor *c, size_t n)
{
    int value = 0;
    if (c->failed || c->all.n - c->at < n) {
        c->failed = true;
        return 0;
    }
    for (const uint8_t *p = c->all.p + c->at, *end = p + n; p < end; p++) {
        c->failed |= !is_digit(*p);
        value = value * 10 + (*p - '0');
    }
    c->at += n;
    return value;
}

/* Is the next byte one of the set? */
static inline bool next_is(const struct cursor *c, const char *set)
{
    if (c->failed || cursor_at_end(c))
        return false;
    uint8_t next = c->all.p[c->at];
    bool found = false;
    for (; *set; set++)
        found |= next == (uint8_t)*set;
    return found;
}

static inline void expect(struct cursor *c, const char *set)
{
    if (next_is(c, set))
        c->at++;
    else
        c->failed = true;
}

struct stated {
    int year, month, day, hour, minute, second;
    int64_t nanoseconds;
    size_t fraction_digits;
    int64_t offset; /* seconds east of UTC */
};

/* Digits after the ninth are read and dropped. */
static void read_fraction(struct cursor *c, struct stated *s)
{
    if (!next_is(c, ".,"))
        return;
    c->at++;
    int64_t unit = NANOSECONDS / 10;
    for (; c->at < c->all.n && is_digit(c->all.p[c->at]); c->at++, unit /= 10) {
        s->nanoseconds += (c->all.p[c->at] - '0') * unit;
        s->fraction_digits++;
    }
    if (s->fraction_digits == 0)
        c->failed = true;
}

static void read_offset(struct cursor *c, struct stated *s)
{
    if (next_is(c, "Zz")) {
        c->at++;
        return;
    }
    bool west = next_is(c, "-");
    expect(c, "+-");
    int hours = digits(c, 2);
    if (next_is(c, ":"))
        c->at++;
    int minutes = digits(c, 2);
    if (hours > 23 || minutes > 59)
        c->failed = true;
    s->offset = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
}

static void read_date(struct cursor *c, struct stated *s)
{
    s->year = digits(c, 4);
    expect(c, "-");
    s->month = digits(c, 2);
    expect(c, "-");
    s->day = digits(c, 2);
    if (!c->failed && !is_civil(s->year, s->month, s->day))
        c->failed = true;
}

static void read_clock(struct cursor *c, struct stated *s)
{
    s->hour = digits(c, 2);
    expect(c, ":");
    s->minute = digits(c, 2);
    expect(c, ":");
    s->second = digits(c, 2);
    if (s->hour > 23 || s->minute > 59 || s->second > 60)
        c->failed = true;
}

static bool instant_of_stated(const struct stated *s, instant *out)
{
    int64_t seconds = days_of_civil(s->year, s->month, s->day) * 86400 + s->hour * 3600 +
                      s->minute * 60 + s->second - s->offset;
    return seconds_to_instant(seconds, s->nanoseconds, out);
}

bool instant_parse_prefix(struct bytes text, size_t *used, instant *out,
                          enum precision *p)
{
    struct cursor c = cursor_of(text);
    struct stated s = {0};
    read_date(&c, &s);
    if (c.failed) /* most texts that are tried are no time */
        return false;
    expect(&c, "Tt ");
    read_clock(&c, &s);
    read_fraction(&c, &s);
    read_offset(&c, &s);
    if (c.failed || !instant_of_stated(&s, out))
        return false;
    *used = c.at;
    if (p)
        *p = precision_of_digits(s.fraction_digits);
    return true;
}

bool instant_parse(struct bytes text, instant *out, enum precision *p)
{
    size_t used;
    instant t;
    enum precision stated;
    if (!instant_parse_prefix(text, &used, &t, &stated) || used != text.n)
        return false;
    *out = t;
    if (p)
        *p = stated;
    return true;
}

bool instant_parse_date(struct bytes text, instant *out, enum precision *p)
{
    struct cursor c = cursor_of(text);
    struct stated s = {0};
    read_date(&c, &s);
    if (c.failed || !cursor_at_end(&c))
        return instant_parse(text, out, p);
    if (!instant_of_stated(&s, out))
        return false;
    if (p)
        *p = PRECISION_DAY;
    return true;
}

/* Position (from 1) of the next three letters in a list of names of three; 0 if absent.
 */
static int name_of_three(struct cursor *c, const char *names)
{
    struct bytes name = cursor_take(c, 3);
    size_t count = strlen(names) / 3;
    for (size_t i = 0; !c->failed && i < count; i++)
        if (bytes_eq(name, bytes_of(names + 3 * i, 3)))
            return (int)i + 1;
    c->failed = true;
    return 0;
}

bool instant_parse_http(struct bytes text, instant *out)
{
    struct cursor c = cursor_of(text);
    struct stated s = {0};
    name_of_three(&c, "MonTueWedThuFriSatSun");
    expect(&c, ",");
    expect(&c, " ");
    s.day = digits(&c, 2);
    expect(&c, " ");
    s.month = name_of_three(&c, "JanFebMarAprMayJunJulAugSepOctNovDec");
    expect(&c, " ");
    s.year = digits(&c, 4);
    expect(&c, " ");
    read_clock(&c, &s);
    return !c.failed && bytes_is(cursor_rest(&c), " GMT") &&
           is_civil(s.year, s.month, s.day) && instant_of_stated(&s, out);
}

/* -- epoch times --------------------------------------------------------------------- */

bool instant_from_epoch(int64_t count, enum precision unit, instant *out)
{
    instant t;
    if (unit == PRECISION_UNKNOWN || __builtin_mul_overflow(count, widths[unit], &t) ||
        t == INSTANT_NONE)
        return false;
    *out = t;
    return true;
}

static enum precision unit_of_magnitude(size_t digits)
{
    return digits <= 11   ? PRECISION_SECOND
           : digits <= 14 ? PRECISION_MILLISECOND
           : digits <= 17 ? PRECISION_MICROSECOND
                          : PRECISION_NANOSECOND;
}

/* Decimals of a count, as nanoseconds; *finest becomes what so many digits state. */
static bool read_decimals(struct bytes decimals, enum precision unit, int64_t *out,
                          enum precision *finest)
{
    int64_t place = widths[unit], sum = 0, stated = place;
    for (size_t i = 0; i < decimals.n; i++) {
        if (!is_digit(decimals.p[i]))
            return false;
        place /= 10;
        sum += (decimals.p[i] - '0') * place;
        stated = place ? place : 1;
    }
    *out = sum;
    while (*finest > PRECISION_NANOSECOND && widths[*finest] > stated)
        (*finest)--;
    return decimals.n > 0;
}

bool instant_parse_epoch(struct bytes text, instant *out, enum precision *p)
{
    size_t point = bytes_find_byte(text, '.');
    uint64_t count;
    if (!bytes_to_u64(bytes_sub(text, 0, point), &count) || count > INT64_MAX)
        return false;
    enum precision unit = unit_of_magnitude(point), finest = unit;
    int64_t nanoseconds = 0;
    instant t;
    if (point < text.n &&
        !read_decimals(bytes_from(text, point + 1), unit, &nanoseconds, &finest))
        return false;
    if (!instant_from_epoch((int64_t)count, unit, &t) ||
        __builtin_add_overflow(t, nanoseconds, &t))
        return false;
    *out = t;
    if (p)
        *p = finest;
    return true;
}

/* -- writing ------------------------------------------------------------------------- */

static int fraction_digits(enum precision p)
{
    switch (p) {
    case PRECISION_MICROSECOND:
        return 6;
    case PRECISION_MILLISECOND:
        return 3;
    case PRECISION_SECOND:
    case PRECISION_MINUTE: /* RFC 3339 knows no shorter form */
    case PRECISION_DAY:
        return 0;
    default:
        return 9;
    }
}

/* Years of 64-bit nanoseconds have four digits. */
static char *put_digits(char *to, int64_t n, int digits)
{
    for (int i = digits - 1; i >= 0; i--, n /= 10)
        to[i] = (char)('0' + n % 10);
    return to + digits;
}

static char *put_part(char *to, char before, int64_t n, int digits)
{
    *to = before;
    return put_digits(to + 1, n, digits);
}

const char *instant_format(instant t, enum precision p, char out[INSTANT_TEXT])
{
    out[0] = '\0';
    if (t == INSTANT_NONE)
        return out;
    int64_t nanoseconds = t % NANOSECONDS, seconds = t / NANOSECONDS;
    if (nanoseconds < 0) {
        nanoseconds += NANOSECONDS;
        seconds--;
    }
    int64_t of_day = seconds % 86400, days = seconds / 86400;
    if (of_day < 0) {
        of_day += 86400;
        days--;
    }
    struct civil date = civil_of_days(days);
    char *end = put_digits(out, date.year, 4);
    end = put_part(end, '-', date.month, 2);
    end = put_part(end, '-', date.day, 2);
    end = put_part(end, 'T', of_day / 3600, 2);
    end = put_part(end, ':', of_day / 60 % 60, 2);
    end = put_part(end, ':', of_day % 60, 2);
    int places = fraction_digits(p);
    if (places)
        end = put_part(end, '.', nanoseconds, 9) - (9 - places);
    end[0] = 'Z';
    end[1] = '\0';
    return out;
}
