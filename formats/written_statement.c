#include <stdlib.h>

#include "formats/base/memory.h"
#include "formats/written_bounds.h"
#include "formats/written_city.h"
#include "formats/written_reader.h"
#include "formats/written_relative.h"
#include "formats/written_words.h"

#define HALF_DAY (12 * 3600 * NANOSECONDS)

/* A time as it is written, and what stands behind it of its zone. */
struct stated {
    struct written_time time;
    struct written_zone zone;
};

/* "09:45 - 09:47", "between 09:45 and 09:47" */
struct stated_range {
    struct stated start, end;
    bool between; /* a word for it stood before the start */
    bool ranges;  /* there is an end */
};

/* -- statements ---------------------------------------------------------------------- */

void written_set_day(struct written_reader *r, const struct written_time *t)
{
    struct written_time midnight = *t;
    midnight.clock = midnight.zone = 0;
    if (t->has_date && written_time_place(&midnight, r->near, &r->day))
        r->near = r->day;
}

/* With or without a year. */
bool written_take_time(struct written_reader *r, struct bytes *rest,
                       struct written_time *t)
{
    if (written_epoch_take(rest, t))
        return true;
    return written_time_take(rest, r->order, t) || written_short_take(rest, t);
}

/* Clock times alone run on over midnight: one that lies half a day and more before the
 * statement above it is the next day's. */
static void pass_midnight(struct written_reader *r, const struct written_time *t,
                          instant when)
{
    bool clock_alone = t->has_clock && !t->has_date;
    instant until, next;
    if (clock_alone && r->last != INSTANT_NONE && when != INSTANT_NONE &&
        !__builtin_sub_overflow(r->last, HALF_DAY, &until) && when < until &&
        !__builtin_add_overflow(r->day, 2 * HALF_DAY, &next))
        r->day = next;
}

/* What holds where a time has no zone of its own: what the document says, or who reads
 * it, where the document says nothing that is known. */
static const struct written_zone *zone_of(const struct written_reader *r,
                                          const struct written_zone *own)
{
    const struct written_zone *given = &r->given->zone;
    const struct written_zone *told = own->kind ? own : &r->zone;
    bool known = told->kind == ZONE_OFFSET || told->kind == ZONE_RULES;
    return known || !given->kind ? told : given;
}

static enum tzif_place place_in_time(const struct written_reader *r,
                                     const struct stated *t, instant *when)
{
    instant local;
    *when = INSTANT_NONE;
    if (r->day == INSTANT_NONE || __builtin_add_overflow(r->day, t->time.clock, &local))
        return TZIF_ONCE;
    return written_zone_moment(zone_of(r, &t->zone), local, when);
}

/* "Europe/Berlin", "(Asia/Kolkata)", "[America/New_York]", "IST". What begins with a sign
 * was not taken with the time, since it may be the end of a range. */
static bool take_zone_behind(const struct written_reader *r, struct bytes *rest,
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
static bool take_zone_field(const struct written_reader *r, struct bytes *rest,
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

static void take_zone(const struct written_reader *r, struct bytes *rest,
                      struct stated *t)
{
    struct written_zone zone;
    bool own = t->time.has_zone;
    if (own)
        t->zone = (struct written_zone){ZONE_OFFSET, t->time.zone, NULL};
    /* "14:02+02:00[Europe/Berlin]": the offset says it already. */
    if (take_zone_behind(r, rest, &zone) || (!own && take_zone_field(r, rest, &zone)))
        t->zone = own ? t->zone : zone;
}

/* What stands before the end; the last ones where "between" stands before the start. */
static bool is_range(struct bytes *rest, bool between)
{
    static const char *const words[] = {"-",      "/",      "–",     "—",    "→",
                                        "to ",    "until ", "till ", "bis ", "à ",
                                        "a las ", "and ",   "und ",  "et ",  "y las ",
                                        "y ",     "e as ",  "e le ", "e ",   "en "};
    const size_t plain = 11, all = sizeof words / sizeof *words;
    *rest = bytes_trim(*rest);
    for (size_t i = 0; i < (between ? all : plain); i++) {
        struct bytes word = bytes_str(words[i]);
        if (!bytes_starts(*rest, word))
            continue;
        *rest = bytes_trim(bytes_from(*rest, word.n));
        return true;
    }
    return false;
}

/* In the next field of a row, where a whole time stands and nothing else. */
static bool take_end_field(struct written_reader *r, struct bytes *rest,
                           struct stated *end)
{
    struct bytes b = written_without_marks(*rest);
    if (!r->row.n || b.p == rest->p || !written_take_time(r, &b, &end->time) ||
        !end->time.has_date || !end->time.has_clock)
        return false;
    take_zone(r, &b, end);
    struct bytes behind = bytes_trim(b);
    bool ends = !behind.n || memchr("|,;\"", behind.p[0], 4) || (b.n && b.p[0] == '\t');
    if (ends)
        *rest = b;
    return ends;
}

/* "09:45 to 09:47 CET": takes the end off the text. The zone that stands with one of both
 * is that of the other. */
static bool take_end(struct written_reader *r, struct bytes *rest, struct stated_range *t)
{
    struct stated *start = &t->start, *end = &t->end;
    struct bytes b = *rest;
    *end = (struct stated){0};
    if (take_end_field(r, rest, end))
        return true;
    if (!start->time.has_clock || !is_range(&b, t->between) ||
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

void written_add(struct written_reader *r, const struct timeline_statement *when,
                 struct bytes text, struct bytes line)
{
    struct timeline *out = r->out;
    struct timeline_statement s = *when;
    s.text = text;
    s.place = line;
    s.offset = (uint64_t)(line.p - r->text.p);
    s.length = line.n;
    out->v = memory_grow(out->v, &out->capacity, out->n + 1, sizeof *out->v);
    out->v[out->n++] = s;
    r->above.open = true;
}

/* Why a time has no place. */
static enum fault_code fault_of(const struct written_reader *r,
                                const struct written_zone *own)
{
    const struct written_zone *zone = zone_of(r, own);
    return r->day == INSTANT_NONE         ? FAULT_VALUE
           : zone->kind == ZONE_UNKNOWN   ? FAULT_ZONE_UNKNOWN
           : zone->kind == ZONE_AMBIGUOUS ? FAULT_ZONE_AMBIGUOUS
                                          : FAULT_VALUE;
}

/* What is said: behind the time; of a row what its columns tell, or what stands before.
 */
static struct bytes said(struct written_reader *r, struct bytes rest)
{
    struct arena *arena = &r->out->arena;
    uint8_t separator = r->columns.separator;
    struct bytes row = written_table_said(arena, r->row, &r->columns);
    if (bytes_trim(row).n)
        return bytes_trim(row);
    if (separator)
        rest = written_table_text(arena, rest, separator);
    rest = written_without_end_marks(written_without_marks(rest));
    if (rest.n || r->cell <= r->row.p || r->cell > r->row.p + r->row.n)
        return rest;
    rest = bytes_of(r->row.p, (size_t)(r->cell - r->row.p));
    if (separator)
        rest = written_table_text(arena, rest, separator);
    return written_without_end_marks(written_without_marks(rest));
}

/* Keeps the statement, or says that its time cannot be placed. A time alone is that of
 * the lines below it. */
static void keep(struct written_reader *r, struct timeline_statement s, struct bytes rest,
                 const struct written_zone *own)
{
    struct bytes line = s.place;
    rest = said(r, rest);
    r->above =
        (struct written_above){.when = s, .alone = !rest.n, .dated = r->above.dated};
    if (s.time == INSTANT_NONE)
        faults_add(&r->out->faults,
                   (struct fault){.code = fault_of(r, own), .offset = s.offset});
    else if (rest.n)
        written_add(r, &s, rest, line);
}

/* Neither the time nor the document tells a zone. */
static bool is_zone_assumed(const struct written_reader *r,
                            const struct written_zone *own)
{
    return zone_of(r, own)->kind == ZONE_NOT_TOLD;
}

/* -- times from a moment on ---------------------------------------------------------- */

/* A day and a clock time anywhere in the text: of the moment itself. */
static instant time_within(struct written_reader *r, struct bytes text)
{
    instant local, when;
    struct bytes rest;
    while (written_next(&text, ' ', &rest)) {
        const uint8_t *at = rest.p;
        struct stated t = {0};
        if (written_take_time(r, &rest, &t.time) && t.time.has_date && t.time.has_clock) {
            take_zone(r, &rest, &t);
            t.time.has_zone = false;
            if (!written_time_place(&t.time, r->near, &local))
                return INSTANT_NONE;
            written_zone_moment(zone_of(r, &t.zone), local, &when);
            r->own = at;
            return when;
        }
    }
    return INSTANT_NONE;
}

/* "T+0 = 2026-11-23 09:45 UTC", wherever in the text it stands. What the first "T+0" of a
 * line has not behind it, a later one has not either. */
void written_find_zero(struct written_reader *r)
{
    struct bytes rest = r->text, line, word;
    struct written_relative relative;
    while (r->zero == INSTANT_NONE && bytes_split(&rest, '\n', &line)) {
        bool found = false;
        while (!found && written_next(&line, ' ', &word))
            found = written_relative_take(&word, &relative) && relative.after == 0;
        if (found)
            r->zero = time_within(r, word);
    }
}

/* Does a time with its day stand behind? Asked of each cell of a row: what was found for
 * one before is still there. */
static bool has_own_time(struct written_reader *r, struct bytes rest)
{
    bool known = rest.n && r->own >= rest.p && r->own < rest.p + rest.n;
    return known || time_within(r, rest) != INSTANT_NONE;
}

/* A line that says how long after that moment something was. */
static bool read_relative(struct written_reader *r, struct bytes rest, struct bytes line)
{
    static const struct written_zone none;
    struct written_relative relative;
    if (!written_relative_take(&rest, &relative))
        return false;
    /* With its own time beside it the line is read by that. */
    if (has_own_time(r, rest))
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
static bool take_stated(struct written_reader *r, struct bytes *rest, struct stated *t)
{
    struct written_time clock;
    if (!written_take_time(r, rest, &t->time))
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

/* "(all times in UTC)", without the words around the zone. */
static struct bytes before_zone(struct bytes b)
{
    static const char *const words[] = {"all",   "times",  "time",   "are",    "in",
                                        "alle",  "zeiten", "zeit",   "heures", "heure",
                                        "horas", "hora",   "toutes", "les",    NULL};
    for (bool again = true; again;) {
        again = false;
        b = written_without_marks(b);
        for (size_t i = 0; words[i]; i++)
            again |= written_word(&b, words[i]);
    }
    return b;
}

/* "12 May 2026 (UTC)": a day, perhaps its zone, and nothing that happened. */
static bool is_heading(struct written_reader *r, const struct written_time *t,
                       struct bytes rest)
{
    struct bytes b = before_zone(written_without_end_marks(written_without_marks(rest)));
    struct written_zone zone = {0};
    if (!t->has_date || t->has_clock)
        return false;
    if (b.n && !written_city_zone(b, &r->given->zones) &&
        (!written_zone_read(&b, &r->given->zones, &r->zone, &zone) || bytes_trim(b).n))
        return false;
    written_set_day(r, t);
    if (!r->zone.kind)
        r->zone = zone;
    r->above = (struct written_above){.when = {.time = INSTANT_NONE}, .dated = true};
    return true;
}

/* Does a "~" stand before it? */
static bool is_about(const struct written_reader *r, struct bytes rest)
{
    const uint8_t *p = rest.p;
    while (p > r->text.p && p <= r->text.p + r->text.n && p[-1] == ' ')
        p--;
    return p > r->text.p && p <= r->text.p + r->text.n && p[-1] == '~';
}

/* What stands before the time: "between", "5 minutes after", "approx."; then the time. */
static bool take_bounded(struct written_reader *r, struct bytes *rest,
                         struct written_bound *bound, struct stated *t)
{
    struct written_relative relative;
    struct bytes b = written_without_marks(*rest);
    if (written_relative_take(&b, &relative))
        b = written_before_time(b);
    bool about = is_about(r, b);
    struct bytes counted = b;
    if (written_after_take(&counted, bound) && bound->after &&
        take_stated(r, &counted, t) && t->time.has_clock) {
        bound->about = false;
        *rest = counted;
        return true;
    }
    if (!written_bound_take(&b, bound)) {
        b = written_before_time(b);
        written_bound_take(&b, bound);
    }
    bound->about |= about;
    b = written_before_time(b);
    *rest = b;
    return take_stated(r, rest, t);
}

/* The moment, and the end of a range. */
static void place(struct written_reader *r, const struct stated_range *t,
                  struct timeline_statement *s)
{
    instant when;
    written_set_day(r, &t->start.time);
    place_in_time(r, &t->start, &when);
    pass_midnight(r, &t->start.time, when);
    s->clock = place_in_time(r, &t->start, &s->time);
    s->end = r->last = s->time;
    if (!t->ranges)
        return;
    written_set_day(r, &t->end.time);
    place_in_time(r, &t->end, &when);
    s->end = when > s->time ? when : s->time;
}

bool written_statement_read(struct written_reader *r, struct bytes rest,
                            struct bytes line)
{
    struct stated_range t = {.ranges = false};
    struct written_bound bound;
    if (read_relative(r, written_before_time(rest), line))
        return true;
    if (!take_bounded(r, &rest, &bound, &t.start))
        return false;
    if (is_heading(r, &t.start.time, rest))
        return true;
    t.between = bound.range;
    t.ranges = take_end(r, &rest, &t);
    struct timeline_statement s = {
        .precision = t.start.time.precision,
        .zone_assumed = is_zone_assumed(r, &t.start.zone),
        .date_assumed = !t.start.time.has_date || !t.start.time.year,
        .bound = bound.bound,
        .loose = bound.about,
        .place = line,
        .offset = (uint64_t)(line.p - r->text.p),
        .length = line.n,
    };
    place(r, &t, &s);
    instant after;
    if (s.time != INSTANT_NONE && bound.after &&
        !__builtin_add_overflow(s.time, bound.after, &after))
        s.time = s.end = r->last = after;
    keep(r, s, rest, &t.start.zone);
    return true;
}
