#include "formats/written_time.h"

#include "formats/written_words.h"
#include "formats/written_zone.h"

#define MINUTE (60 * NANOSECONDS)
#define HOUR   (60 * MINUTE)

/* -- dates --------------------------------------------------------------------------- */

/* The characters for year, month, day, hour, minute and second of Chinese and Japanese,
 * and those of Korean. */
static bool take_sign(struct bytes *rest, const char *han, const char *hangul)
{
    struct bytes a = bytes_str(han), b = bytes_str(hangul);
    struct bytes sign = bytes_starts(*rest, a) ? a : b;
    if (!bytes_starts(*rest, sign))
        return false;
    *rest = bytes_from(*rest, sign.n);
    written_spaces(rest);
    return true;
}

/* 2026\xe5\xb9\xb4 9\xe6\x9c\x88 10\xe6\x97\xa5 */
static bool take_signed(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    if (!written_number(&r, 4, 4, &t->year) ||
        !take_sign(&r, "\xe5\xb9\xb4", "\xeb\x85\x84") ||
        !written_number(&r, 1, 2, &t->month) ||
        !take_sign(&r, "\xe6\x9c\x88", "\xec\x9b\x94") ||
        !written_number(&r, 1, 2, &t->day) ||
        !take_sign(&r, "\xe6\x97\xa5", "\xec\x9d\xbc"))
        return false;
    *rest = r;
    return true;
}

/* 23/11/2026 */
static bool take_slashes(struct bytes *rest, int *first, int *second, int *year)
{
    struct bytes r = *rest;
    if (!written_number(&r, 1, 2, first) || !written_byte(&r, "/") ||
        !written_number(&r, 1, 2, second) || !written_byte(&r, "/") ||
        !written_number(&r, 4, 4, year))
        return false;
    *rest = r;
    return true;
}

enum written_order written_order_of(struct bytes text)
{
    bool day = false, month = false;
    int first, second, year;
    for (size_t i = 0; i < text.n; i++) {
        struct bytes rest = bytes_from(text, i);
        bool begins = is_digit(text.p[i]) && (i == 0 || !is_digit(text.p[i - 1]));
        if (!begins || !take_slashes(&rest, &first, &second, &year))
            continue;
        day |= first > 12;
        month |= second > 12;
    }
    return day == month ? ORDER_NOT_TOLD : day ? ORDER_DAY_FIRST : ORDER_MONTH_FIRST;
}

bool written_date_has_slashes(struct bytes text)
{
    int first, second, year;
    return take_slashes(&text, &first, &second, &year);
}

static bool take_ordered(struct bytes *rest, enum written_order order,
                         struct written_time *t)
{
    int first, second;
    if (order == ORDER_NOT_TOLD || !take_slashes(rest, &first, &second, &t->year))
        return false;
    t->day = order == ORDER_DAY_FIRST ? first : second;
    t->month = order == ORDER_DAY_FIRST ? second : first;
    return true;
}

/* 20261123T094532Z: as a date only where a time follows. */
static bool take_basic(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    int date, clock;
    if (!written_number(&r, 8, 8, &date) || !r.n || r.p[0] != 'T')
        return false;
    struct bytes behind = bytes_from(r, 1);
    if (!written_number(&behind, 6, 6, &clock))
        return false;
    t->year = date / 10000;
    t->month = date / 100 % 100;
    t->day = date % 100;
    *rest = r;
    return true;
}

/* 2026-11-23 and 2026/11/23. */
static bool take_year_first(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    if (!written_number(&r, 4, 4, &t->year) || !written_byte(&r, "-/.") ||
        !written_number(&r, 1, 2, &t->month) || !written_byte(&r, "-/.") ||
        !written_number(&r, 1, 2, &t->day))
        return false;
    *rest = r;
    return true;
}

/* 10/Jun/26, 10-Jun-26, as trackers write it. */
static bool take_short_year(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    if (!written_number(&r, 1, 2, &t->day) || !written_byte(&r, "/-") ||
        !written_month(&r, &t->month) || !written_byte(&r, "/-"))
        return false;
    bool whole = written_number(&r, 4, 4, &t->year);
    if (!whole && !written_number(&r, 2, 2, &t->year))
        return false;
    t->year += whole ? 0 : 2000;
    *rest = r;
    return true;
}

/* 23.11.2026, 23 Nov 2026, 23-Nov-2026 */
static bool take_day_first(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    if (!written_number(&r, 1, 2, &t->day))
        return false;
    written_ordinal(&r);
    bool dot = written_byte(&r, ".");
    if (!dot && !written_byte(&r, " -"))
        return false;
    written_spaces(&r);
    written_word(&r, "de"); /* Spanish and Portuguese: 23 de noviembre de 2026 */
    written_spaces(&r);
    bool month =
        written_month(&r, &t->month) || (dot && written_number(&r, 1, 2, &t->month));
    if (!month || !written_byte(&r, " .-,"))
        return false;
    written_spaces(&r);
    written_word(&r, "de");
    written_spaces(&r);
    if (!written_number(&r, 4, 4, &t->year))
        return false;
    *rest = r;
    return true;
}

/* Nov 23, 2026 and Mon Nov 23 2026 */
static bool take_month_first(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    written_weekday(&r);
    struct bytes day_first = r;
    if (r.p != rest->p && take_day_first(&day_first, t)) {
        *rest = day_first;
        return true;
    }
    if (!written_month(&r, &t->month) || !written_byte(&r, " ") ||
        !written_number(&r, 1, 2, &t->day))
        return false;
    written_ordinal(&r);
    written_byte(&r, ",");
    written_spaces(&r);
    if (!written_number(&r, 4, 4, &t->year))
        return false;
    *rest = r;
    return true;
}

static bool take_date(struct bytes *rest, enum written_order order,
                      struct written_time *t)
{
    instant midnight;
    struct bytes r = *rest;
    if (!take_year_first(&r, t) && !take_basic(&r, t) && !take_day_first(&r, t) &&
        !take_month_first(&r, t) && !take_signed(&r, t) && !take_short_year(&r, t) &&
        !take_ordered(&r, order, t))
        return false;
    if (!instant_from_civil(t->year, t->month, t->day, &midnight))
        return false;
    *rest = r;
    t->has_date = true;
    return true;
}

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

/* "9 Uhr", "9h45", "22\xe6\x99\x82 05\xe5\x88\x86": hours and minutes with words of the
 * language between or behind them. */
static bool take_spoken(struct bytes *rest, int *hour, int *minute)
{
    struct bytes r = *rest;
    *minute = 0;
    if (!written_number(&r, 1, 2, hour))
        return false;
    struct bytes letter = r, dot = r, sign = r;
    if (take_sign(&sign, "\xe6\x99\x82", "\xec\x8b\x9c") ||
        take_sign(&sign, "\xe6\x97\xb6", "\xec\x8b\x9c")) {
        *rest = sign;
        if (written_number(&sign, 1, 2, minute) &&
            take_sign(&sign, "\xe5\x88\x86", "\xeb\xb6\x84"))
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
    static const char *const words[] = {"at", "um", "\xc3\xa0", "a las", "alle", "om"};
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
    if (take_date(&r, order, &t))
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
    if (!take_year_first(&day, &t))
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
