#include "formats/written_time.h"

#include "formats/written_date.h"
#include "formats/written_words.h"
#include "formats/written_zone.h"

#define MINUTE (60 * NANOSECONDS)
#define HOUR   (60 * MINUTE)

/* -- clock times --------------------------------------------------------------------- */

static void take_fraction(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    int64_t unit = NANOSECONDS / 10;
    if (!written_byte(&r, ".,") || !r.n || !is_digit(r.p[0]))
        return;
    size_t digits = 0;
    for (; r.n && is_digit(r.p[0]); r = bytes_from(r, 1), digits++) {
        t->clock += (r.p[0] - '0') * unit;
        unit /= 10;
    }
    t->precision = digits <= 3   ? PRECISION_MILLISECOND
                   : digits <= 6 ? PRECISION_MICROSECOND
                                 : PRECISION_NANOSECOND;
    *rest = r;
}

static bool take_half(struct bytes *rest, int *hour)
{
    struct bytes r = *rest;
    written_spaces(&r);
    bool am = written_word(&r, "am") || written_word(&r, "a.m.");
    bool pm = !am && (written_word(&r, "pm") || written_word(&r, "p.m."));
    if ((!am && !pm) || *hour < 1 || *hour > 12)
        return false;
    *hour = *hour % 12 + (pm ? 12 : 0);
    *rest = r;
    return true;
}

/* "9h45", "13 h 10", behind the hour. "2h later" is no time of the day, "2 h 30 min" is
 * none either. */
static bool take_behind_letter(struct bytes *rest, int *minute)
{
    struct bytes r = *rest;
    written_spaces(&r);
    bool apart = r.p != rest->p;
    if (!written_byte(&r, "hH"))
        return false;
    if (apart)
        written_spaces(&r);
    if (!written_number(&r, 2, 2, minute) ||
        (r.n && to_lower(r.p[0]) >= 'a' && to_lower(r.p[0]) <= 'z'))
        return false;
    *rest = r;
    written_spaces(&r);
    return !apart || !bytes_eq_nocase(bytes_sub(r, 0, 3), BYTES("min"));
}

/* "9 Uhr", "9.45 Uhr", "9.45 am", "13.20h", behind the hour; the half of the day is left.
 */
static bool take_behind_dot(struct bytes *rest, int *minute)
{
    struct bytes r = *rest, half;
    int any = 1;
    bool dot = written_byte(&r, ".");
    if (dot && !written_number(&r, 2, 2, minute))
        return false;
    half = *rest = r;
    written_spaces(&r);
    if (written_word(&r, "Uhr") || (dot && written_word(&r, "h"))) {
        *rest = r;
        return true;
    }
    return dot && take_half(&half, &any);
}

/* "9 Uhr", "9h45", "22時 05分": hours and minutes with words of the
 * language between or behind them. */
static bool take_spoken(struct bytes *rest, int *hour, int *minute)
{
    struct bytes r = *rest;
    *minute = 0;
    if (!written_number(&r, 1, 2, hour))
        return false;
    struct bytes letter = r, dot = r, sign = r;
    if (written_sign_take(&sign, "時", "시") || written_sign_take(&sign, "时", "시")) {
        *rest = sign;
        if (written_number(&sign, 1, 2, minute) && written_sign_take(&sign, "分", "분"))
            *rest = sign;
        return true;
    }
    bool by_letter = take_behind_letter(&letter, minute);
    if (!by_letter && !take_behind_dot(&dot, minute))
        return false;
    *rest = by_letter ? letter : dot;
    return true;
}

/* "9:45", "09:45:32.5", with "Uhr" or "h" behind it or without. */
static bool take_digits(struct bytes *rest, int *hour, int *minute,
                        struct written_time *t)
{
    struct bytes r = *rest;
    int second = 0;
    if (written_number(&r, 6, 6, &second)) { /* 094532, behind "T" */
        *hour = second / 10000;
        *minute = second / 100 % 100;
        t->precision = PRECISION_SECOND;
        t->clock = second % 100 * NANOSECONDS;
        *rest = r;
        return t->has_date && second % 100 < 61;
    }
    if (!written_number(&r, 1, 2, hour) || !written_byte(&r, ":") ||
        !written_number(&r, 2, 2, minute))
        return false;
    struct bytes seconds = r;
    if (written_byte(&seconds, ":") && written_number(&seconds, 2, 2, &second) &&
        second < 61) {
        r = seconds;
        t->precision = PRECISION_SECOND;
        t->clock = second * NANOSECONDS;
        take_fraction(&r, t);
    }
    *rest = r;
    written_spaces(&r);
    if (written_word(&r, "Uhr") || written_word(&r, "h"))
        *rest = r;
    return true;
}

/* "1110Z", "1120 hrs": four digits are a time where their zone or word follows. */
static bool take_military(struct bytes *rest, int *hour, int *minute)
{
    struct bytes r = *rest;
    int number;
    if (!written_number(&r, 4, 4, &number))
        return false;
    struct bytes behind = r;
    written_spaces(&behind);
    bool hours = written_word(&behind, "hrs") || written_word(&behind, "h") ||
                 written_word(&behind, "hours");
    struct bytes zone = r;
    written_spaces(&zone);
    if (!hours && !written_word(&zone, "Z") && !written_word(&zone, "UTC"))
        return false;
    *hour = number / 100;
    *minute = number % 100;
    *rest = hours ? behind : r;
    return true;
}

/* What is no clock time leaves *t as it was. */
static bool take_clock(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    struct written_time clock = *t;
    int hour, minute;
    clock.precision = PRECISION_MINUTE;
    clock.clock = 0;
    if ((!take_digits(&r, &hour, &minute, &clock) && !take_spoken(&r, &hour, &minute) &&
         !take_military(&r, &hour, &minute)) ||
        hour > 23 || minute > 59)
        return false;
    take_half(&r, &hour);
    clock.clock += hour * HOUR + minute * MINUTE;
    clock.has_clock = true;
    *t = clock;
    *rest = r;
    return true;
}

static void take_zone_behind(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    written_spaces(&r);
    /* "09:45 - 09:47" is no offset: behind a blank a minus counts only where four digits
     * follow it, and where it touches the time only if that is written out too fully to
     * be the start of a range. */
    bool full = t->has_date || t->precision != PRECISION_MINUTE;
    bool apart = r.p != rest->p;
    uint64_t digits;
    if (r.n && r.p[0] == '-' &&
        (apart ? !bytes_to_u64(bytes_sub(r, 1, 4), &digits) || r.n < 5 : !full))
        return;
    bool bracket = written_byte(&r, "(");
    if (!written_zone_take(&r, &t->zone))
        return;
    if (bracket)
        written_byte(&r, ")");
    t->has_zone = true;
    *rest = r;
}

/* What stands between a date and the clock time. */
static void take_joint(struct bytes *rest)
{
    static const char *const words[] = {"at", "um", "à", "a las", "alle", "om"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (written_word(rest, words[i]))
            break;
    written_spaces(rest);
}

/* A clock time behind a date, with what stands between them. */
static bool take_clock_behind(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    bool joined = written_byte(&r, "Tt_") || written_byte(&r, ",") ||
                  written_byte(&r, " ") || (r.n && is_digit(r.p[0]));
    written_spaces(&r);
    take_joint(&r);
    if (!joined || !take_clock(&r, t))
        return false;
    *rest = r;
    return true;
}

bool written_time_take(struct bytes *rest, enum written_order order,
                       struct written_time *out)
{
    struct written_time t = {.precision = PRECISION_DAY};
    struct bytes r = *rest;
    if (written_date_take(&r, order, &t))
        take_clock_behind(&r, &t);
    else if (!take_clock(&r, &t))
        return false;
    if (t.has_clock)
        take_zone_behind(&r, &t);
    *rest = r;
    *out = t;
    return true;
}

/* Other numbers of so many digits are ids. */
#define EPOCH_LEAST (INT64_C(1200000000) * NANOSECONDS) /* 2008 */
#define EPOCH_MOST  (INT64_C(2200000000) * NANOSECONDS) /* 2039 */

bool written_epoch_take(struct bytes *rest, struct written_time *out)
{
    char text[INSTANT_TEXT];
    instant when;
    size_t n = 0;
    while (n < rest->n && (is_digit(rest->p[n]) || (n == 10 && rest->p[n] == '.')))
        n++;
    bool ends =
        n == rest->n || !(to_lower(rest->p[n]) >= 'a' && to_lower(rest->p[n]) <= 'z');
    struct written_time t = {.has_date = true, .has_clock = true, .has_zone = true};
    if (n < 10 || !ends ||
        !instant_parse_epoch(bytes_sub(*rest, 0, n), &when, &t.precision) ||
        when < EPOCH_LEAST || when > EPOCH_MOST)
        return false;
    struct bytes day = bytes_str(instant_format(when, PRECISION_SECOND, text));
    if (!written_year_first_take(&day, &t))
        return false;
    t.clock = when % (24 * HOUR);
    *rest = bytes_from(*rest, n);
    *out = t;
    return true;
}

/* "Nov 23", "23 Nov", "23rd of November", "23." is none. */
static bool take_day_of_year(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    if (written_weekday(&r))
        written_spaces(&r);
    bool month_first = written_month(&r, &t->month);
    if (month_first && !written_byte(&r, " .-"))
        return false;
    written_spaces(&r);
    if (!written_number(&r, 1, 2, &t->day))
        return false;
    written_ordinal(&r);
    if (!month_first) {
        written_byte(&r, ".-");
        written_spaces(&r);
        if (written_word(&r, "of") || written_word(&r, "de"))
            written_spaces(&r);
        if (!written_month(&r, &t->month))
            return false;
    }
    *rest = r;
    return t->day >= 1 && t->day <= 31;
}

bool written_short_take(struct bytes *rest, struct written_time *out)
{
    struct written_time t = {.precision = PRECISION_DAY};
    struct bytes r = *rest, year;
    int number;
    if (!take_day_of_year(&r, &t))
        return false;
    t.has_date = true;
    if (!take_clock_behind(&r, &t)) {
        *rest = r;
        *out = t;
        return true;
    }
    take_zone_behind(&r, &t);
    year = r;
    if (written_byte(&year, " ") && written_number(&year, 4, 4, &number) &&
        number >= 1970) {
        t.year = number;
        r = year;
    }
    *rest = r;
    *out = t;
    return true;
}

/* In the year in which the day lies nearest to `near`. */
static bool nearest_day(const struct written_time *t, instant near, instant *out)
{
    instant day;
    int64_t least = INT64_MAX;
    int year = (int)(1970 + near / (INT64_C(31556952) * NANOSECONDS));
    for (int y = year - 1; y <= year + 1; y++) {
        if (!instant_from_civil(y, t->month, t->day, &day))
            continue;
        int64_t apart = day < near ? near - day : day - near;
        if (apart >= least)
            continue;
        *out = day;
        least = apart;
    }
    return least < INT64_MAX;
}

bool written_time_place(const struct written_time *t, instant near, instant *out)
{
    instant day;
    bool placed = t->year ? instant_from_civil(t->year, t->month, t->day, &day)
                          : near != INSTANT_NONE && nearest_day(t, near, &day);
    return t->has_date && placed && !__builtin_add_overflow(day, t->clock, &day) &&
           !__builtin_sub_overflow(day, t->has_zone ? t->zone : 0, out);
}
