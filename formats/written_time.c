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

/* "5th" */
static void skip_ordinal(struct bytes *rest)
{
    static const char *const endings[] = {"st", "nd", "rd", "th"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct bytes ending = bytes_str(endings[i]);
        bool whole = ending.n >= rest->n || !is_letter(rest->p[ending.n]);
        if (whole && bytes_eq_nocase(bytes_sub(*rest, 0, ending.n), ending)) {
            *rest = bytes_from(*rest, ending.n);
            return;
        }
    }
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
    {"UTC", 0},    {"GMT", 0},    {"Z", 0},      {"WET", 0},    {"MEZ", 60},
    {"MESZ", 120}, {"CET", 60},   {"CEST", 120}, {"EET", 120},  {"EEST", 180},
    {"MSK", 180},  {"JST", 540},  {"KST", 540},  {"EST", -300}, {"EDT", -240},
    {"MST", -420}, {"PST", -480}, {"PDT", -420},
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

/* English, German, French, Spanish, Italian, Portuguese, Dutch; full and shortened. */
static const char *const months[12] = {
    "Jan January Januar J\xc3\xa4nner janvier janv enero ene gennaio gen janeiro januari",
    "Feb February Februar Feber f\xc3\xa9vrier f\xc3\xa9vr fevrier febrero febbraio "
    "fevereiro fev februari",
    "Mar March M\xc3\xa4rz M\xc3\xa4r mars marzo mar\xc3\xa7o maart mrt",
    "Apr April avril avr abril abr aprile",
    "May Mai mayo maggio mag maio mei",
    "Jun June Juni juin junio giugno giu junho",
    "Jul July Juli juillet juil julio luglio lug julho",
    "Aug August ao\xc3\xbbt aout agosto ago augustus",
    "Sep Sept September septembre septiembre settembre set setembro",
    "Oct October Oktober Okt octobre octubre ottobre ott outubro out oktober",
    "Nov November novembre noviembre novembro",
    "Dec December Dezember Dez d\xc3\xa9"
    "cembre d\xc3\xa9"
    "c decembre diciembre dic "
    "dicembre dezembro",
};

static bool take_bytes(struct bytes *rest, struct bytes word)
{
    if (!bytes_eq_nocase(bytes_sub(*rest, 0, word.n), word) ||
        (word.n < rest->n && is_letter(rest->p[word.n])))
        return false;
    *rest = bytes_from(*rest, word.n);
    return true;
}

static bool take_month(struct bytes *rest, int *month)
{
    for (int m = 0; m < 12; m++) {
        struct bytes names = bytes_str(months[m]), name;
        while (bytes_word(&names, &name)) {
            if (!take_bytes(rest, name))
                continue;
            *month = m + 1;
            return true;
        }
    }
    return false;
}

/* The characters for year, month, day, hour, minute and second of Chinese and Japanese,
 * and those of Korean. */
static bool take_sign(struct bytes *rest, const char *han, const char *hangul)
{
    struct bytes a = bytes_str(han), b = bytes_str(hangul);
    struct bytes sign = bytes_starts(*rest, a) ? a : b;
    if (!bytes_starts(*rest, sign))
        return false;
    *rest = bytes_from(*rest, sign.n);
    skip_spaces(rest);
    return true;
}

/* 2026\xe5\xb9\xb4 9\xe6\x9c\x88 10\xe6\x97\xa5 */
static bool take_signed(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    if (!take_number(&r, 4, 4, &t->year) ||
        !take_sign(&r, "\xe5\xb9\xb4", "\xeb\x85\x84") ||
        !take_number(&r, 1, 2, &t->month) ||
        !take_sign(&r, "\xe6\x9c\x88", "\xec\x9b\x94") ||
        !take_number(&r, 1, 2, &t->day) || !take_sign(&r, "\xe6\x97\xa5", "\xec\x9d\xbc"))
        return false;
    *rest = r;
    return true;
}

/* 23/11/2026 */
static bool take_slashes(struct bytes *rest, int *first, int *second, int *year)
{
    struct bytes r = *rest;
    if (!take_number(&r, 1, 2, first) || !take_byte(&r, "/") ||
        !take_number(&r, 1, 2, second) || !take_byte(&r, "/") ||
        !take_number(&r, 4, 4, year))
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

/* 2026-11-23 and 2026/11/23. */
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
    skip_ordinal(&r);
    bool dot = take_byte(&r, ".");
    if (!dot && !take_byte(&r, " -"))
        return false;
    skip_spaces(&r);
    take_word(&r, "de"); /* Spanish and Portuguese: 23 de noviembre de 2026 */
    skip_spaces(&r);
    bool month = take_month(&r, &t->month) || (dot && take_number(&r, 1, 2, &t->month));
    if (!month || !take_byte(&r, " .-,"))
        return false;
    skip_spaces(&r);
    take_word(&r, "de");
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
    skip_ordinal(&r);
    take_byte(&r, ",");
    skip_spaces(&r);
    if (!take_number(&r, 4, 4, &t->year))
        return false;
    *rest = r;
    return true;
}

static bool take_date(struct bytes *rest, enum written_order order,
                      struct written_time *t)
{
    instant midnight;
    struct bytes r = *rest;
    if (!take_year_first(&r, t) && !take_day_first(&r, t) && !take_month_first(&r, t) &&
        !take_signed(&r, t) && !take_ordered(&r, order, t))
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

/* "9 Uhr", "9.45 Uhr", "9h45", "22\xe6\x99\x82 05\xe5\x88\x86": hours and minutes
 * with words of the language between or behind them. */
static bool take_spoken(struct bytes *rest, int *hour, int *minute)
{
    struct bytes r = *rest;
    *minute = 0;
    if (!take_number(&r, 1, 2, hour))
        return false;
    struct bytes behind = r;
    if (take_byte(&behind, "hH")) {
        /* "2h later" is no time of the day. */
        if (!take_number(&behind, 2, 2, minute))
            return false;
        *rest = behind;
        return !behind.n || !is_letter(behind.p[0]);
    }
    if (take_sign(&behind, "\xe6\x99\x82", "\xec\x8b\x9c") ||
        take_sign(&behind, "\xe6\x97\xb6", "\xec\x8b\x9c")) {
        *rest = behind;
        if (take_number(&behind, 1, 2, minute) &&
            take_sign(&behind, "\xe5\x88\x86", "\xeb\xb6\x84"))
            *rest = behind;
        return true;
    }
    if (take_byte(&behind, ".") && !take_number(&behind, 2, 2, minute))
        return false;
    skip_spaces(&behind);
    if (!take_word(&behind, "Uhr"))
        return false;
    *rest = behind;
    return true;
}

/* "9:45", "09:45:32.5", with "Uhr" or "h" behind it or without. */
static bool take_digits(struct bytes *rest, int *hour, int *minute,
                        struct written_time *t)
{
    struct bytes r = *rest;
    int second = 0;
    if (!take_number(&r, 1, 2, hour) || !take_byte(&r, ":") ||
        !take_number(&r, 2, 2, minute))
        return false;
    struct bytes seconds = r;
    if (take_byte(&seconds, ":") && take_number(&seconds, 2, 2, &second) && second < 61) {
        r = seconds;
        t->precision = PRECISION_SECOND;
        t->clock = second * NANOSECONDS;
        take_fraction(&r, t);
    }
    *rest = r;
    skip_spaces(&r);
    if (take_word(&r, "Uhr") || take_word(&r, "h"))
        *rest = r;
    return true;
}

static bool take_clock(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    int hour, minute;
    t->precision = PRECISION_MINUTE;
    t->clock = 0;
    if ((!take_digits(&r, &hour, &minute, t) && !take_spoken(&r, &hour, &minute)) ||
        hour > 23 || minute > 59)
        return false;
    take_half(&r, &hour);
    t->clock += hour * HOUR + minute * MINUTE;
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

/* What stands between a date and the clock time. */
static void take_joint(struct bytes *rest)
{
    static const char *const words[] = {"at", "um", "\xc3\xa0", "a las", "alle", "om"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (take_word(rest, words[i]))
            break;
    skip_spaces(rest);
}

bool written_time_take(struct bytes *rest, enum written_order order,
                       struct written_time *out)
{
    struct written_time t = {.precision = PRECISION_DAY};
    struct bytes r = *rest;
    if (take_date(&r, order, &t)) {
        struct bytes behind = r;
        bool joined = take_byte(&behind, "Tt_") || take_byte(&behind, ",") ||
                      take_byte(&behind, " ") || (behind.n && is_digit(behind.p[0]));
        skip_spaces(&behind);
        take_joint(&behind);
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
