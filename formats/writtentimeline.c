#include "formats/writtentimeline.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/written_city.h"
#include "formats/written_marks.h"
#include "formats/written_relative.h"
#include "formats/written_time.h"

#define HALF_DAY (12 * 3600 * NANOSECONDS)

struct reader {
    struct bytes text;
    struct timeline *out;
    instant day;  /* midnight of the day that stands in force, or INSTANT_NONE */
    instant last; /* the statement before */
    instant near; /* tells the year where a date does not; or INSTANT_NONE */
    instant zero; /* the moment that others are told from ("T+5m"); or INSTANT_NONE */
    uint8_t separator; /* of the fields, where a header tells it; or 0 */
    enum written_order order;
    const struct timeline_given *given;
    struct written_zone zone; /* of the document */
};

/* A time as it is written, and what stands behind it of its zone. */
struct stated {
    struct written_time time;
    struct written_zone zone;
};

void timeline_release(struct timeline *t)
{
    free(t->v);
    arena_release(&t->arena);
    faults_release(&t->faults);
    *t = (struct timeline){0};
}

/* -- statements ---------------------------------------------------------------------- */

static void set_day(struct reader *r, const struct written_time *t)
{
    struct written_time midnight = *t;
    midnight.clock = midnight.zone = 0;
    if (t->has_date && written_time_place(&midnight, r->near, &r->day))
        r->near = r->day;
}

/* With or without a year. */
static bool take_time(struct reader *r, struct bytes *rest, struct written_time *t)
{
    return written_time_take(rest, r->order, t) || written_short_take(rest, t);
}

/* Clock times alone run on over midnight: one that lies half a day and more before the
 * statement above it is the next day's. */
static void pass_midnight(struct reader *r, const struct written_time *t, instant when)
{
    bool clock_alone = t->has_clock && !t->has_date;
    if (clock_alone && r->last != INSTANT_NONE && when != INSTANT_NONE &&
        when < r->last - HALF_DAY)
        r->day += 2 * HALF_DAY;
}

/* What holds where a time has no zone of its own: what the document says, or who reads
 * it, where the document says nothing that is known. */
static const struct written_zone *zone_of(const struct reader *r,
                                          const struct written_zone *own)
{
    const struct written_zone *given = &r->given->zone;
    const struct written_zone *told = own->kind ? own : &r->zone;
    bool known = told->kind == ZONE_OFFSET || told->kind == ZONE_RULES;
    return known || !given->kind ? told : given;
}

static enum tzif_place place_in_time(const struct reader *r, const struct stated *t,
                                     instant *when)
{
    instant local;
    *when = INSTANT_NONE;
    if (r->day == INSTANT_NONE || __builtin_add_overflow(r->day, t->time.clock, &local))
        return TZIF_ONCE;
    return written_zone_moment(zone_of(r, &t->zone), local, when);
}

/* "Europe/Berlin", "(Asia/Kolkata)", "[America/New_York]", "IST". What begins with a sign
 * was not taken with the time, since it may be the end of a range. */
static bool take_zone_behind(const struct reader *r, struct bytes *rest,
                             struct written_zone *zone)
{
    struct bytes b = bytes_trim(*rest);
    bool bracket = b.n && memchr("([", b.p[0], 2);
    b = bracket ? bytes_from(b, 1) : b;
    if (!b.n || (!bracket && memchr("+-", b.p[0], 2)) ||
        !written_zone_read(&b, &r->given->zones, &r->zone, zone))
        return false;
    *rest = bracket && b.n ? bytes_from(b, 1) : b;
    return true;
}

/* In the next field of a table, where nothing else is. */
static bool take_zone_field(const struct reader *r, struct bytes *rest,
                            struct written_zone *zone)
{
    struct bytes field = written_without_marks(*rest);
    if (field.p == rest->p ||
        !written_zone_read(&field, &r->given->zones, &r->zone, zone))
        return false;
    field = bytes_trim(field);
    if (!field.n || !memchr("|,;", field.p[0], 3))
        return false;
    *rest = field;
    return true;
}

static void take_zone(const struct reader *r, struct bytes *rest, struct stated *t)
{
    struct written_zone zone;
    bool own = t->time.has_zone;
    if (own)
        t->zone = (struct written_zone){ZONE_OFFSET, t->time.zone, NULL};
    /* "14:02+02:00[Europe/Berlin]": the offset says it already. */
    if (take_zone_behind(r, rest, &zone) || (!own && take_zone_field(r, rest, &zone)))
        t->zone = own ? t->zone : zone;
}

static bool is_range(struct bytes *rest)
{
    static const char *const words[] = {"-",   "\xe2\x80\x93", "\xe2\x80\x94",
                                        "to ", "until ",       "bis "};
    *rest = bytes_trim(*rest);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct bytes word = bytes_str(words[i]);
        if (!bytes_starts(*rest, word))
            continue;
        *rest = bytes_trim(bytes_from(*rest, word.n));
        return true;
    }
    return false;
}

/* "09:45 - 09:47", "09:45 to 09:47 CET": takes the end off the text. The zone that stands
 * with one of both is that of the other. */
static bool take_end(struct reader *r, struct bytes *rest, struct stated *start,
                     struct stated *end)
{
    struct bytes b = *rest;
    *end = (struct stated){0};
    if (!start->time.has_clock || !is_range(&b) ||
        !written_time_take(&b, r->order, &end->time) || !end->time.has_clock)
        return false;
    take_zone(r, &b, end);
    if (!start->zone.kind)
        start->zone = end->zone;
    else if (!end->zone.kind)
        end->zone = start->zone;
    *rest = b;
    return true;
}

static void add(struct timeline *out, struct timeline_statement s)
{
    out->v = memory_grow(out->v, &out->capacity, out->n + 1, sizeof *out->v);
    out->v[out->n++] = s;
}

/* Why a time has no place. */
static enum fault_code fault_of(const struct reader *r, const struct written_zone *own)
{
    const struct written_zone *zone = zone_of(r, own);
    return r->day == INSTANT_NONE         ? FAULT_VALUE
           : zone->kind == ZONE_UNKNOWN   ? FAULT_ZONE_UNKNOWN
           : zone->kind == ZONE_AMBIGUOUS ? FAULT_ZONE_AMBIGUOUS
                                          : FAULT_VALUE;
}

/* Keeps the statement, or says that its time cannot be placed. */
static void keep(struct reader *r, struct timeline_statement s, struct bytes rest,
                 const struct written_zone *own)
{
    if (r->separator)
        rest = written_table_text(&r->out->arena, rest, r->separator);
    s.text = written_without_end_marks(written_without_marks(rest));
    if (s.time == INSTANT_NONE)
        faults_add(&r->out->faults,
                   (struct fault){.code = fault_of(r, own), .offset = s.offset});
    else if (s.text.n)
        add(r->out, s);
}

/* Neither the time nor the document tells a zone. */
static bool is_zone_assumed(const struct reader *r, const struct written_zone *own)
{
    return zone_of(r, own)->kind == ZONE_NOT_TOLD;
}

/* -- times from a moment on ---------------------------------------------------------- */

/* A day and a clock time anywhere in the text: of the moment itself. */
static instant time_within(struct reader *r, struct bytes text)
{
    instant local, when;
    for (size_t at = 0; at < text.n;) {
        struct bytes rest = written_without_marks(bytes_from(text, at));
        struct stated t = {0};
        if (take_time(r, &rest, &t.time) && t.time.has_date && t.time.has_clock) {
            take_zone(r, &rest, &t);
            t.time.has_zone = false;
            if (!written_time_place(&t.time, r->near, &local))
                return INSTANT_NONE;
            written_zone_moment(zone_of(r, &t.zone), local, &when);
            return when;
        }
        at += bytes_find_byte(bytes_from(text, at), ' ') + 1;
    }
    return INSTANT_NONE;
}

/* "T+0 = 2026-11-23 09:45 UTC", wherever in the text it stands. */
static void find_zero(struct reader *r)
{
    struct bytes rest = r->text, line;
    struct written_relative relative;
    while (r->zero == INSTANT_NONE && bytes_split(&rest, '\n', &line)) {
        for (size_t at = 0; at < line.n && r->zero == INSTANT_NONE;) {
            struct bytes word = written_without_marks(bytes_from(line, at));
            if (written_relative_take(&word, &relative) && relative.after == 0)
                r->zero = time_within(r, word);
            at += bytes_find_byte(bytes_from(line, at), ' ') + 1;
        }
    }
}

/* A line that says how long after that moment something was. */
static bool read_relative(struct reader *r, struct bytes rest, struct bytes line)
{
    static const struct written_zone none;
    struct written_relative relative;
    if (!written_relative_take(&rest, &relative))
        return false;
    /* With its own time beside it the line is read by that. */
    instant own = time_within(r, rest);
    if (own != INSTANT_NONE)
        return false;
    struct timeline_statement s = {
        .time = INSTANT_NONE,
        .precision = relative.precision,
        .zone_assumed = is_zone_assumed(r, &none),
        .date_assumed = true,
        .place = line,
        .offset = (uint64_t)(line.p - r->text.p),
        .length = line.n,
    };
    if (r->zero == INSTANT_NONE ||
        __builtin_add_overflow(r->zero, relative.after, &s.time))
        s.time = INSTANT_NONE;
    s.end = r->last = s.time;
    keep(r, s, rest, &none);
    return true;
}

/* -- times of the day ---------------------------------------------------------------- */

/* A day and its clock time may stand in two columns. */
static bool take_stated(struct reader *r, struct bytes *rest, struct stated *t)
{
    struct written_time clock;
    if (!take_time(r, rest, &t->time))
        return false;
    struct bytes next = written_without_marks(*rest);
    if (t->time.has_date && !t->time.has_clock &&
        written_time_take(&next, r->order, &clock) && clock.has_clock &&
        !clock.has_date) {
        clock.has_date = true;
        clock.year = t->time.year; /* or 0 */
        clock.month = t->time.month;
        clock.day = t->time.day;
        t->time = clock;
        *rest = next;
    }
    if (!t->time.year && t->time.has_date && !t->time.has_clock)
        return false;
    if (t->time.has_clock)
        take_zone(r, rest, t);
    return true;
}

/* "12 May 2026 (UTC)": a day and its zone, and nothing that happened. */
static bool is_heading(struct reader *r, const struct written_time *t, struct bytes rest)
{
    struct bytes b = written_without_end_marks(written_without_marks(rest));
    struct written_zone zone;
    if (!t->has_date || t->has_clock ||
        !written_zone_read(&b, &r->given->zones, &r->zone, &zone) || bytes_trim(b).n)
        return false;
    set_day(r, t);
    if (!r->zone.kind)
        r->zone = zone;
    return true;
}

/* A line from its time on. False when there is none. */
static bool read_from_time(struct reader *r, struct bytes rest, struct bytes line)
{
    struct stated t = {0}, end;
    struct written_relative relative;
    instant when;
    if (read_relative(r, rest, line))
        return true;
    if (written_relative_take(&rest, &relative))
        rest = written_before_time(rest);
    if (!take_stated(r, &rest, &t))
        return false;
    if (is_heading(r, &t.time, rest))
        return true;
    bool range = take_end(r, &rest, &t, &end);
    set_day(r, &t.time);
    place_in_time(r, &t, &when);
    pass_midnight(r, &t.time, when);
    struct timeline_statement s = {
        .precision = t.time.precision,
        .zone_assumed = is_zone_assumed(r, &t.zone),
        .date_assumed = !t.time.has_date || !t.time.year,
        .place = line,
        .offset = (uint64_t)(line.p - r->text.p),
        .length = line.n,
    };
    s.clock = place_in_time(r, &t, &s.time);
    s.end = r->last = s.time;
    if (range) {
        set_day(r, &end.time);
        place_in_time(r, &end, &when);
        s.end = when > s.time ? when : s.time;
    }
    keep(r, s, rest, &t.zone);
    return true;
}

/* -- lines --------------------------------------------------------------------------- */

static bool speaks_of_time(struct bytes word)
{
    static const char *const words[] = {"time",    "zeit",           "uhrzeit",
                                        "heure",   "hora",           "tijd",
                                        "horario", "hor\xc3\xa1rio", "orario"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_eq_nocase(bytes_sub(word, 0, strlen(words[i])), bytes_str(words[i])))
            return true;
    return false;
}

/* "Times are UTC", "(all times CET)", "Timezone: Europe/Berlin", "alle Zeiten in MEZ" */
static void read_zone(struct reader *r, struct bytes line)
{
    bool about_time = false;
    for (size_t at = 0; at < line.n && !r->zone.kind;) {
        struct bytes word = written_without_marks(bytes_from(line, at));
        size_t blank = bytes_find_byte(bytes_from(line, at), ' ');
        about_time |= speaks_of_time(word);
        struct written_zone zone;
        if (about_time && bytes_find_byte(word, ' ') >= 3 &&
            written_zone_read(&word, &r->given->zones, NULL, &zone))
            r->zone = zone;
        at += blank + 1;
    }
    const struct tzif *rules =
        r->zone.kind ? NULL : written_city_zone(line, &r->given->zones);
    if (rules)
        r->zone = (struct written_zone){.kind = ZONE_RULES, .rules = rules};
}

/* The next cell of a table or field of CSV whose text begins with a time. */
static bool read_cells(struct reader *r, struct bytes line, uint8_t separator)
{
    for (size_t at = 0; at < line.n;) {
        struct bytes rest = bytes_from(line, at);
        if (read_from_time(r, written_before_time(rest), line))
            return true;
        size_t next = bytes_find_byte(rest, separator);
        at += next + 1;
    }
    return false;
}

/* "# Incident timeline, 2 April 2026", "Date: 2026-04-02": the day of what follows. */
static void read_day(struct reader *r, struct bytes line)
{
    struct written_time t;
    for (size_t at = 0; at < line.n;) {
        struct bytes rest = written_without_marks(bytes_from(line, at));
        if (take_time(r, &rest, &t) && t.has_date && !t.has_clock) {
            set_day(r, &t);
            return;
        }
        at += bytes_find_byte(bytes_from(line, at), ' ') + 1;
    }
}

/* A day that cannot be told from its month is said, and the line is not read. */
static void tell_ambiguous(struct reader *r, struct bytes line)
{
    uint8_t separator = line.p[0] == '|' ? '|' : r->separator ? r->separator : ',';
    for (size_t at = 0; at < line.n;) {
        struct bytes rest = bytes_from(line, at);
        if (written_date_has_slashes(written_before_time(rest))) {
            faults_add(&r->out->faults,
                       (struct fault){.code = FAULT_VALUE,
                                      .offset = (uint64_t)(line.p - r->text.p)});
            return;
        }
        at += bytes_find_byte(rest, separator) + 1;
    }
}

static void read_line(struct reader *r, struct bytes line)
{
    struct written_time t;
    struct bytes rest = written_before_time(line);
    if (line.n > LIMIT_LINE || !rest.n)
        return;
    if (line.p[0] == '#' && take_time(r, &rest, &t) && t.has_date && !t.has_clock) {
        set_day(r, &t);
        return;
    }
    written_table_header(line, &r->separator);
    bool read = line.p[0] == '|' ? read_cells(r, line, '|')
                : r->separator   ? read_cells(r, line, r->separator)
                                 : read_from_time(r, written_before_time(line), line);
    if (read)
        return;
    tell_ambiguous(r, line);
    read_zone(r, line);
    if (line.p[0] == '#' || r->day == INSTANT_NONE)
        read_day(r, line);
}

/* The first whole date of the text tells the year of those that have none. */
static void find_year(struct reader *r)
{
    struct bytes rest = r->text, line;
    struct written_time t;
    while (bytes_split(&rest, '\n', &line)) {
        for (size_t at = 0; at < line.n;) {
            struct bytes word = written_without_marks(bytes_from(line, at));
            if (written_time_take(&word, r->order, &t) && t.has_date &&
                written_time_place(&t, INSTANT_NONE, &r->near))
                return;
            at += bytes_find_byte(bytes_from(line, at), ' ') + 1;
        }
    }
}

void timeline_read(struct bytes text, const struct timeline_given *given,
                   struct timeline *out)
{
    struct reader r = {.text = text,
                       .out = out,
                       .day = INSTANT_NONE,
                       .last = INSTANT_NONE,
                       .near = given->near,
                       .given = given,
                       .zero = INSTANT_NONE,
                       .order = written_order_of(text)};
    struct bytes rest = text, line;
    find_year(&r);
    while (bytes_split(&rest, '\n', &line))
        read_zone(&r, bytes_trim(line));
    find_zero(&r);
    rest = text;
    while (bytes_split(&rest, '\n', &line))
        read_line(&r, bytes_trim(line));
}
