#include "formats/tzif.h"

#include "formats/base/cursor.h"
#include "formats/base/instant.h"

#define DAY 86400
/* Rules are for years of the civil calendar that instants reach. */
#define FIRST_YEAR 1600
#define LAST_YEAR  2400

/* -- the string at the end ------------------------------------------------------------
 */

static bool take(struct bytes *s, uint8_t c)
{
    if (!s->n || s->p[0] != c)
        return false;
    *s = bytes_from(*s, 1);
    return true;
}

static bool take_number(struct bytes *s, int least, int most, int *out)
{
    size_t n = 0;
    int value = 0;
    while (n < s->n && n < 4 && is_digit(s->p[n]))
        value = value * 10 + (s->p[n++] - '0');
    if (n == 0 || value < least || value > most)
        return false;
    *s = bytes_from(*s, n);
    *out = value;
    return true;
}

/* Letters, or "<+0330>". */
static bool take_name(struct bytes *s, struct bytes *out)
{
    bool quoted = take(s, '<');
    size_t n = 0;
    while (n < s->n && (quoted ? s->p[n] != '>'
                               : to_lower(s->p[n]) >= 'a' && to_lower(s->p[n]) <= 'z'))
        n++;
    *out = bytes_sub(*s, 0, n);
    *s = bytes_from(*s, n);
    return n >= 3 && (!quoted || take(s, '>'));
}

/* "-3:30:15" */
static bool take_time(struct bytes *s, int most, int64_t *out)
{
    int hour, minute = 0, second = 0;
    bool minus = take(s, '-');
    if (!minus)
        take(s, '+');
    if (!take_number(s, 0, most, &hour) ||
        (take(s, ':') && (!take_number(s, 0, 59, &minute) ||
                          (take(s, ':') && !take_number(s, 0, 59, &second)))))
        return false;
    int64_t seconds = hour * 3600 + minute * 60 + second;
    *out = minus ? -seconds : seconds;
    return true;
}

static bool take_day(struct bytes *s, struct tzif_date *d)
{
    d->kind = TZIF_DAY;
    if (take(s, 'M')) {
        d->kind = TZIF_MONTH;
        return take_number(s, 1, 12, &d->month) && take(s, '.') &&
               take_number(s, 1, 5, &d->week) && take(s, '.') &&
               take_number(s, 0, 6, &d->day);
    }
    if (take(s, 'J')) {
        d->kind = TZIF_JULIAN;
        return take_number(s, 1, 365, &d->day);
    }
    return take_number(s, 0, 365, &d->day);
}

static bool take_date(struct bytes *s, struct tzif_date *d)
{
    d->second = 2 * 3600;
    return take(s, ',') && take_day(s, d) &&
           (!take(s, '/') || take_time(s, 167, &d->second));
}

/* The string tells what is to be added to local time: west is positive. */
static bool read_rule(struct bytes s, struct tzif_rule *r)
{
    if (!take_name(&s, &r->standard) || !take_time(&s, 24, &r->standard_offset))
        return false;
    r->standard_offset = -r->standard_offset;
    if (!s.n)
        return true;
    if (!take_name(&s, &r->summer))
        return false;
    r->summer_offset = r->standard_offset + 3600;
    if (s.n && s.p[0] != ',') {
        if (!take_time(&s, 24, &r->summer_offset))
            return false;
        r->summer_offset = -r->summer_offset;
    }
    return take_date(&s, &r->begins) && take_date(&s, &r->ends) && !s.n;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since the epoch. */
static int64_t day_of(int year, int month, int day)
{
    instant t = 0;
    instant_from_civil(year, month, day, &t);
    return floor_div(t, NANOSECONDS * DAY);
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int year_of(int64_t t)
{
    int64_t year = 1970 + floor_div(t, INT64_C(31556952));
    year = year < FIRST_YEAR ? FIRST_YEAR : year > LAST_YEAR ? LAST_YEAR : year;
    int y = (int)year;
    while (y > FIRST_YEAR && day_of(y, 1, 1) > floor_div(t, DAY))
        y--;
    while (y < LAST_YEAR && day_of(y + 1, 1, 1) <= floor_div(t, DAY))
        y++;
    return y;
}

/* Week 5 is the last one of the month. */
static int64_t nth_weekday(int year, const struct tzif_date *d)
{
    int64_t first = day_of(year, d->month, 1);
    int64_t next =
        d->month == 12 ? day_of(year + 1, 1, 1) : day_of(year, d->month + 1, 1);
    int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    int64_t day = first + (d->day - weekday + 7) % 7 + 7 * (d->week - 1);
    return day < next ? day : day - 7;
}

/* In seconds of the local clock. */
static int64_t local_of(int year, const struct tzif_date *d)
{
    int64_t day = day_of(year, 1, 1);
    switch (d->kind) {
    case TZIF_MONTH:
        day = nth_weekday(year, d);
        break;
    case TZIF_JULIAN: /* February 29 is never counted */
        day += d->day - 1 + (is_leap(year) && d->day > 59);
        break;
    default:
        day += d->day;
        break;
    }
    return day * DAY + d->second;
}

static int64_t offset_by_rule(const struct tzif_rule *r, int64_t t)
{
    if (!r->summer.n)
        return r->standard_offset;
    int year = year_of(t + r->standard_offset);
    int64_t begins = local_of(year, &r->begins) - r->standard_offset;
    int64_t ends = local_of(year, &r->ends) - r->summer_offset;
    bool summer = begins < ends ? t >= begins && t < ends : !(t >= ends && t < begins);
    return summer ? r->summer_offset : r->standard_offset;
}

/* -- the file -------------------------------------------------------------------------
 */

#define HEADER 44

struct counts {
    uint64_t utc, standard, leap, time, type, name;
};

static bool read_header(struct cursor *c, struct counts *n, uint8_t *version)
{
    if (!bytes_is(cursor_take(c, 4), "TZif"))
        return false;
    *version = cursor_u8(c);
    cursor_take(c, 15);
    uint64_t *const counts[] = {&n->utc,  &n->standard, &n->leap,
                                &n->time, &n->type,     &n->name};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        *counts[i] = cursor_u32be(c);
    return !c->failed;
}

static bool read_block(struct cursor *c, const struct counts *n, struct tzif *z)
{
    size_t time = z->wide ? 8 : 4;
    z->time_count = n->time;
    z->type_count = n->type;
    z->times = cursor_take(c, n->time * time);
    z->types = cursor_take(c, n->time);
    z->offsets = cursor_take(c, n->type * 6);
    z->names = cursor_take(c, n->name);
    cursor_take(c, n->leap * (time + 4) + n->standard + n->utc);
    return !c->failed;
}

/* Every transition leads to a type, and every type has a name. */
static bool is_sound(const struct tzif *z)
{
    if (z->type_count == 0)
        return false;
    for (size_t i = 0; i < z->time_count; i++)
        if (z->types.p[i] >= z->type_count)
            return false;
    for (size_t i = 0; i < z->type_count; i++)
        if (z->offsets.p[6 * i + 5] >= z->names.n)
            return false;
    return true;
}

static bool wrong(struct fault *fault, enum fault_code code, const struct cursor *c)
{
    *fault = (struct fault){.code = code, .offset = c->at};
    return false;
}

/* Files of the second version and later hold everything twice. */
bool tzif_read(struct bytes data, struct tzif *out, struct fault *fault)
{
    struct cursor c = cursor_of(data);
    struct counts n;
    uint8_t version;
    *out = (struct tzif){0};
    if (!read_header(&c, &n, &version))
        return wrong(fault, FAULT_MAGIC, &c);
    if (!read_block(&c, &n, out))
        return wrong(fault, FAULT_TRUNCATED, &c);
    if (version >= '2') {
        out->wide = true;
        if (!read_header(&c, &n, &version))
            return wrong(fault, FAULT_MAGIC, &c);
        if (!read_block(&c, &n, out))
            return wrong(fault, FAULT_TRUNCATED, &c);
        struct bytes footer = cursor_take(&c, cursor_left(&c));
        size_t end = bytes_find_byte(bytes_from(footer, 1), '\n') + 1;
        if (!footer.n || footer.p[0] != '\n' || end >= footer.n)
            return wrong(fault, FAULT_TRUNCATED, &c);
        out->has_rule = end > 1;
        if (out->has_rule && !read_rule(bytes_sub(footer, 1, end - 1), &out->rule))
            return wrong(fault, FAULT_SYNTAX, &c);
    }
    if (n.leap)
        return wrong(fault, FAULT_UNSUPPORTED, &c);
    return is_sound(out) || wrong(fault, FAULT_VALUE, &c);
}

/* -- questions ------------------------------------------------------------------------
 */

static int64_t big_endian(const uint8_t *p, size_t n)
{
    uint64_t value = p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | p[i];
    return (int64_t)value;
}

static int64_t time_at(const struct tzif *z, size_t i)
{
    size_t width = z->wide ? 8 : 4;
    return big_endian(z->times.p + i * width, width);
}

static int64_t offset_of_type(const struct tzif *z, size_t type)
{
    return big_endian(z->offsets.p + 6 * type, 4);
}

int64_t tzif_offset(const struct tzif *z, int64_t t)
{
    size_t low = 0, high = z->time_count; /* the first transition after t */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (time_at(z, middle) <= t)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == z->time_count && z->has_rule)
        return offset_by_rule(&z->rule, t);
    return offset_of_type(z, low ? z->types.p[low - 1] : 0);
}

/* With the offsets of the days before and after, of which at most one changes between. */
enum tzif_place tzif_moment(const struct tzif *z, int64_t local, int64_t *t)
{
    int64_t before = tzif_offset(z, local - DAY), after = tzif_offset(z, local + DAY);
    int64_t first = local - before, second = local - after;
    bool first_holds = tzif_offset(z, first) == before;
    bool second_holds = tzif_offset(z, second) == after;
    *t = first;
    if (first_holds && second_holds)
        return before == after ? TZIF_ONCE : TZIF_TWICE;
    if (!first_holds && !second_holds)
        return TZIF_SKIPPED;
    *t = first_holds ? first : second;
    return TZIF_ONCE;
}

static struct bytes name_of_type(const struct tzif *z, size_t type)
{
    struct bytes name = bytes_from(z->names, z->offsets.p[6 * type + 5]);
    return bytes_sub(name, 0, bytes_find_byte(name, '\0'));
}

bool tzif_abbreviation(const struct tzif *z, struct bytes name, int64_t *offset)
{
    const struct tzif_rule *r = &z->rule;
    if (z->has_rule && (bytes_eq(name, r->standard) || bytes_eq(name, r->summer))) {
        *offset = bytes_eq(name, r->standard) ? r->standard_offset : r->summer_offset;
        return name.n > 0;
    }
    for (size_t i = z->time_count; i > 0; i--) {
        size_t type = z->types.p[i - 1];
        if (!bytes_eq(name, name_of_type(z, type)))
            continue;
        *offset = offset_of_type(z, type);
        return true;
    }
    return false;
}
