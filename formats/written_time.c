#include "formats/written_time.h"

#define MINUTE (60 * NANOSECONDS)
#define HOUR   (60 * MINUTE)

/* -- words and numbers --------------------------------------------------------------- */

static bool is_letter(uint8_t c)
{
    c = to_lower(c);
    return c >= 'a' && c <= 'z';
}

static bool take_byte(struct bytes *rest, const char *any)
{
    if (!rest->n || !rest->p[0] || !strchr(any, rest->p[0]))
        return false;
    *rest = bytes_from(*rest, 1);
    return true;
}

static bool take_number(struct bytes *rest, size_t least, size_t most, int *out)
{
    size_t n = 0;
    int value = 0;
    while (n < rest->n && n < most && is_digit(rest->p[n]))
        value = value * 10 + (rest->p[n++] - '0');
    if (n < least || (n < rest->n && is_digit(rest->p[n])))
        return false;
    *rest = bytes_from(*rest, n);
    *out = value;
    return true;
}

/* A whole word, whatever its case. */
static bool take_word(struct bytes *rest, const char *word)
{
    size_t n = strlen(word);
    if (!bytes_eq_nocase(bytes_sub(*rest, 0, n), bytes_of(word, n)) ||
        (n < rest->n && is_letter(rest->p[n])))
        return false;
    *rest = bytes_from(*rest, n);
    return true;
}

static void skip_spaces(struct bytes *rest)
{
    while (take_byte(rest, " \t"))
        ;
}

/* -- zones --------------------------------------------------------------------------- */

/* Abbreviations that mean one thing only; CST and IST do not. */
static const struct {
    const char *name;
    int minutes;
} zones[] = {
    {"UTC", 0},    {"GMT", 0},    {"Z", 0},      {"WET", 0},
    {"CET", 60},   {"CEST", 120}, {"EET", 120},  {"EEST", 180},
    {"MSK", 180},  {"JST", 540},  {"KST", 540},  {"EST", -300},
    {"EDT", -240}, {"MST", -420}, {"PST", -480}, {"PDT", -420},
};

static bool take_offset(struct bytes *rest, int64_t *zone)
{
    struct bytes r = *rest;
    bool west = r.n && r.p[0] == '-';
    int hours, minutes = 0;
    if (!take_byte(&r, "+-") || !r.n || !is_digit(r.p[0]))
        return false;
    struct bytes four = r;
    if (take_number(&four, 4, 4, &hours)) {
        minutes = hours % 100;
        hours /= 100;
        r = four;
    } else {
        if (!take_number(&r, 1, 2, &hours))
            return false;
        if (take_byte(&r, ":") && !take_number(&r, 2, 2, &minutes))
            return false;
    }
    if (hours > 14 || minutes > 59)
        return false;
    *zone = (hours * HOUR + minutes * MINUTE) * (west ? -1 : 1);
    *rest = r;
    return true;
}

bool written_zone_take(struct bytes *rest, int64_t *zone)
{
    if (take_offset(rest, zone))
        return true;
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        struct bytes r = *rest;
        if (!take_word(&r, zones[i].name))
            continue;
        *zone = zones[i].minutes * MINUTE;
        if (zones[i].minutes == 0)
            take_offset(&r, zone);
        *rest = r;
        return true;
    }
    return false;
}

/* -- dates --------------------------------------------------------------------------- */

static bool take_month(struct bytes *rest, int *month)
{
    static const char *const months[][2] = {
        {"Jan", "January"}, {"Feb", "February"}, {"Mar", "March"},
        {"Apr", "April"},   {"May", "May"},      {"Jun", "June"},
        {"Jul", "July"},    {"Aug", "August"},   {"Sep", "September"},
        {"Oct", "October"}, {"Nov", "November"}, {"Dec", "December"},
    };
    for (int m = 0; m < 12; m++) {
        if (take_word(rest, months[m][0]) || take_word(rest, months[m][1])) {
            *month = m + 1;
            return true;
        }
    }
    return false;
}

/* 2026-11-23 and 2026/11/23. Day and month with slashes but without a leading year mean
 * different days on both sides of the Atlantic and are left alone. */
static bool take_year_first(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    if (!take_number(&r, 4, 4, &t->year) || !take_byte(&r, "-/.") ||
        !take_number(&r, 1, 2, &t->month) || !take_byte(&r, "-/.") ||
        !take_number(&r, 1, 2, &t->day))
        return false;
    *rest = r;
    return true;
}

/* 23.11.2026, 23 Nov 2026, 23-Nov-2026 */
static bool take_day_first(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    if (!take_number(&r, 1, 2, &t->day))
        return false;
    bool dot = take_byte(&r, ".");
    if (!dot && !take_byte(&r, " -"))
        return false;
    skip_spaces(&r);
    bool month = take_month(&r, &t->month) || (dot && take_number(&r, 1, 2, &t->month));
    if (!month || !take_byte(&r, " .-,"))
        return false;
    skip_spaces(&r);
    if (!take_number(&r, 4, 4, &t->year))
        return false;
    *rest = r;
    return true;
}

/* Nov 23, 2026 and Mon Nov 23 2026 */
static bool take_month_first(struct bytes *rest, struct written_time *t)
{
    static const char *const days[] = {
        "Mon",    "Tue",     "Wed",       "Thu",      "Fri",    "Sat",      "Sun",
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    struct bytes r = *rest;
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        if (take_word(&r, days[i])) {
            take_byte(&r, ",");
            skip_spaces(&r);
            break;
        }
    }
    struct bytes day_first = r;
    if (r.p != rest->p && take_day_first(&day_first, t)) {
        *rest = day_first;
        return true;
    }
    if (!take_month(&r, &t->month) || !take_byte(&r, " ") ||
        !take_number(&r, 1, 2, &t->day))
        return false;
    take_byte(&r, ",");
    skip_spaces(&r);
    if (!take_number(&r, 4, 4, &t->year))
        return false;
    *rest = r;
    return true;
}

static bool take_date(struct bytes *rest, struct written_time *t)
{
    instant midnight;
    struct bytes r = *rest;
    if (!take_year_first(&r, t) && !take_day_first(&r, t) && !take_month_first(&r, t))
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
    if (!take_byte(&r, ".,") || !r.n || !is_digit(r.p[0]))
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
    skip_spaces(&r);
    bool am = take_word(&r, "am") || take_word(&r, "a.m.");
    bool pm = !am && (take_word(&r, "pm") || take_word(&r, "p.m."));
    if ((!am && !pm) || *hour < 1 || *hour > 12)
        return false;
    *hour = *hour % 12 + (pm ? 12 : 0);
    *rest = r;
    return true;
}

static bool take_clock(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    int hour, minute, second = 0;
    if (!take_number(&r, 1, 2, &hour) || !take_byte(&r, ":") ||
        !take_number(&r, 2, 2, &minute) || hour > 23 || minute > 59)
        return false;
    t->precision = PRECISION_MINUTE;
    t->clock = 0;
    struct bytes seconds = r;
    if (take_byte(&seconds, ":") && take_number(&seconds, 2, 2, &second) && second < 61) {
        r = seconds;
        t->precision = PRECISION_SECOND;
        take_fraction(&r, t);
    } else {
        second = 0;
    }
    take_half(&r, &hour);
    t->clock += hour * HOUR + minute * MINUTE + second * NANOSECONDS;
    t->has_clock = true;
    *rest = r;
    return true;
}

static void take_zone_behind(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    skip_spaces(&r);
    /* "09:45 - 09:47" is no offset: behind a blank a minus counts only where four digits
     * follow it, and where it touches the time only if that is written out too fully to
     * be the start of a range. */
    bool full = t->has_date || t->precision != PRECISION_MINUTE;
    bool apart = r.p != rest->p;
    uint64_t digits;
    if (r.n && r.p[0] == '-' &&
        (apart ? !bytes_to_u64(bytes_sub(r, 1, 4), &digits) || r.n < 5 : !full))
        return;
    bool bracket = take_byte(&r, "(");
    if (!written_zone_take(&r, &t->zone))
        return;
    if (bracket)
        take_byte(&r, ")");
    t->has_zone = true;
    *rest = r;
}

bool written_time_take(struct bytes *rest, struct written_time *out)
{
    struct written_time t = {.precision = PRECISION_DAY};
    struct bytes r = *rest;
    if (take_date(&r, &t)) {
        struct bytes behind = r;
        bool joined = take_byte(&behind, "Tt_") || take_byte(&behind, ",") ||
                      take_byte(&behind, " ");
        skip_spaces(&behind);
        take_word(&behind, "at");
        skip_spaces(&behind);
        if (joined && take_clock(&behind, &t))
            r = behind;
    } else if (!take_clock(&r, &t)) {
        return false;
    }
    if (t.has_clock)
        take_zone_behind(&r, &t);
    *rest = r;
    *out = t;
    return true;
}
