#include "formats/written_date.h"

#include "formats/written_words.h"

/* The characters for year, month, day, hour, minute and second of Chinese and Japanese,
 * and those of Korean. */
bool written_sign_take(struct bytes *rest, const char *han, const char *hangul)
{
    struct bytes a = bytes_str(han), b = bytes_str(hangul);
    struct bytes sign = bytes_starts(*rest, a) ? a : b;
    if (!bytes_starts(*rest, sign))
        return false;
    *rest = bytes_from(*rest, sign.n);
    written_spaces(rest);
    return true;
}

/* 2026年 9月 10日 */
static bool take_signed(struct bytes *rest, struct written_time *t)
{
    struct bytes r = *rest;
    if (!written_number(&r, 4, 4, &t->year) || !written_sign_take(&r, "年", "년") ||
        !written_number(&r, 1, 2, &t->month) || !written_sign_take(&r, "月", "월") ||
        !written_number(&r, 1, 2, &t->day) || !written_sign_take(&r, "日", "일"))
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
bool written_year_first_take(struct bytes *rest, struct written_time *t)
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

bool written_date_take(struct bytes *rest, enum written_order order,
                       struct written_time *t)
{
    instant midnight;
    struct bytes r = *rest;
    if (!written_year_first_take(&r, t) && !take_basic(&r, t) && !take_day_first(&r, t) &&
        !take_month_first(&r, t) && !take_signed(&r, t) && !take_short_year(&r, t) &&
        !take_ordered(&r, order, t))
        return false;
    if (!instant_from_civil(t->year, t->month, t->day, &midnight))
        return false;
    *rest = r;
    t->has_date = true;
    return true;
}
