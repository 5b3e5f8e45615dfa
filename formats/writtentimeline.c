#include "formats/writtentimeline.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
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
    bool comma;   /* the header says that it is CSV */
    enum written_order order;
};

void timeline_release(struct timeline *t)
{
    free(t->v);
    arena_release(&t->arena);
    faults_release(&t->faults);
    *t = (struct timeline){0};
}

/* -- markup -------------------------------------------------------------------------- */

/* What may stand before a time, and between a time and what is said about it. */
static struct bytes without_marks(struct bytes s)
{
    static const char *const marks[] = {"-",
                                        "*",
                                        "+",
                                        "#",
                                        ">",
                                        "`",
                                        "[",
                                        "]",
                                        "(",
                                        ")",
                                        ":",
                                        "|",
                                        "~",
                                        ",",
                                        ";",
                                        "\"",
                                        "=",
                                        "\xe2\x80\x93",
                                        "\xe2\x80\x94",
                                        "\xe2\x80\xa2",
                                        "\xe2\x86\x92",
                                        "_"};
    for (bool again = true; again;) {
        again = false;
        s = bytes_trim(s);
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
            struct bytes mark = bytes_str(marks[i]);
            if (bytes_starts(s, mark)) {
                s = bytes_from(s, mark.n);
                again = true;
            }
        }
    }
    return s;
}

static struct bytes without_end_marks(struct bytes s)
{
    s = bytes_trim(s);
    while (s.n && memchr("|*_`\"", s.p[s.n - 1], 5))
        s = bytes_trim(bytes_sub(s, 0, s.n - 1));
    return s;
}

/* "1. ", "At ", "ca. ": what people put before a time. */
static struct bytes before_time(struct bytes s)
{
    static const char *const words[] = {
        "at ",    "on ",   "ca. ",      "ca ", "about ", "around ", "approx. ",
        "since ", "from ", "am ",       "um ", "gegen ", "ab ",     "seit ",
        "le ",    "vers ", "\xc3\xa0 ", "el ", "hacia ", "alle ",   "op "};
    s = without_marks(s);
    size_t digits = 0;
    while (digits < s.n && is_digit(s.p[digits]))
        digits++;
    if (digits && digits < 4 && digits + 1 < s.n && memchr(".)", s.p[digits], 2) &&
        s.p[digits + 1] == ' ')
        s = without_marks(bytes_from(s, digits + 1));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct bytes word = bytes_str(words[i]);
        if (bytes_eq_nocase(bytes_sub(s, 0, word.n), word))
            return without_marks(bytes_from(s, word.n));
    }
    return s;
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

static instant place_in_time(const struct reader *r, const struct written_time *t)
{
    int64_t zone = t->has_zone ? t->zone : r->out->zone;
    instant when;
    if (r->day == INSTANT_NONE || __builtin_add_overflow(r->day, t->clock, &when) ||
        __builtin_sub_overflow(when, zone, &when))
        return INSTANT_NONE;
    return when;
}

/* "09:45 - 09:47", "09:45 to 09:47": takes the end off the text. */
static void read_end(struct reader *r, struct bytes *rest,
                     const struct written_time *start, struct timeline_statement *s)
{
    struct bytes b = bytes_trim(*rest);
    struct written_time t;
    bool range = bytes_starts(b, BYTES("-")) || bytes_starts(b, BYTES("\xe2\x80\x93")) ||
                 bytes_starts(b, BYTES("\xe2\x80\x94")) ||
                 bytes_starts(b, BYTES("to ")) || bytes_starts(b, BYTES("until "));
    if (!range)
        return;
    b = bytes_starts(b, BYTES("to "))      ? bytes_from(b, 3)
        : bytes_starts(b, BYTES("until ")) ? bytes_from(b, 6)
                                           : without_marks(b);
    b = bytes_trim(b);
    if (!written_time_take(&b, r->order, &t) || !t.has_clock)
        return;
    if (!t.has_zone && start->has_zone) {
        t.has_zone = true;
        t.zone = start->zone;
    }
    set_day(r, &t);
    instant end = place_in_time(r, &t);
    if (end < s->time)
        return;
    s->end = end;
    *rest = b;
}

static void add(struct timeline *out, struct timeline_statement s)
{
    out->v = memory_grow(out->v, &out->capacity, out->n + 1, sizeof *out->v);
    out->v[out->n++] = s;
}

/* The fields of a CSV line (RFC 4180) as one text, with bars between them. */
static struct bytes text_of_fields(struct reader *r, struct bytes rest)
{
    uint8_t *out = arena_alloc(&r->out->arena, 3 * rest.n + 1);
    size_t n = 0;
    bool quoted = false, begun = false;
    for (size_t i = 0; i < rest.n; i++) {
        uint8_t c = rest.p[i];
        bool doubled = quoted && c == '"' && i + 1 < rest.n && rest.p[i + 1] == '"';
        if (c == '"' && !doubled) {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            begun = n > 0;
        } else {
            i += doubled;
            if (begun) {
                memcpy(out + n, " | ", 3);
                n += 3;
                begun = false;
            }
            out[n++] = c;
        }
    }
    return bytes_of(out, n);
}

/* Keeps the statement, or says that its time cannot be placed. */
static void keep(struct reader *r, struct timeline_statement s, struct bytes rest)
{
    if (r->comma)
        rest = text_of_fields(r, rest);
    s.text = without_end_marks(without_marks(rest));
    if (s.time == INSTANT_NONE)
        faults_add(&r->out->faults,
                   (struct fault){.code = FAULT_VALUE, .offset = s.offset});
    else if (s.text.n)
        add(r->out, s);
}

/* -- times from a moment on ---------------------------------------------------------- */

/* A day and a clock time anywhere in the text: of the moment itself. */
static instant time_within(struct reader *r, struct bytes text)
{
    struct written_time t;
    instant when;
    for (size_t at = 0; at < text.n;) {
        struct bytes rest = without_marks(bytes_from(text, at));
        if (take_time(r, &rest, &t) && t.has_date && t.has_clock) {
            if (!t.has_zone) {
                t.has_zone = true;
                t.zone = r->out->zone;
            }
            return written_time_place(&t, r->near, &when) ? when : INSTANT_NONE;
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
            struct bytes word = without_marks(bytes_from(line, at));
            if (written_relative_take(&word, &relative) && relative.after == 0)
                r->zero = time_within(r, word);
            at += bytes_find_byte(bytes_from(line, at), ' ') + 1;
        }
    }
}

/* A line that says how long after that moment something was. */
static bool read_relative(struct reader *r, struct bytes rest, struct bytes line)
{
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
        .zone_assumed = !r->out->has_zone,
        .date_assumed = true,
        .place = line,
        .offset = (uint64_t)(line.p - r->text.p),
        .length = line.n,
    };
    if (r->zero == INSTANT_NONE ||
        __builtin_add_overflow(r->zero, relative.after, &s.time))
        s.time = INSTANT_NONE;
    s.end = r->last = s.time;
    keep(r, s, rest);
    return true;
}

/* -- times of the day ---------------------------------------------------------------- */

/* A line from its time on. False when there is none. */
static bool read_from_time(struct reader *r, struct bytes rest, struct bytes line)
{
    struct written_time t, clock;
    struct written_relative relative;
    if (read_relative(r, rest, line))
        return true;
    if (written_relative_take(&rest, &relative))
        rest = before_time(rest);
    if (!take_time(r, &rest, &t))
        return false;
    /* Day and clock time in two columns. */
    struct bytes next = without_marks(rest);
    if (t.has_date && !t.has_clock && written_time_take(&next, r->order, &clock) &&
        clock.has_clock && !clock.has_date) {
        clock.has_date = true;
        clock.year = t.year; /* or 0 */
        clock.month = t.month;
        clock.day = t.day;
        t = clock;
        rest = next;
    }
    if (!t.year && t.has_date && !t.has_clock)
        return false;
    set_day(r, &t);
    pass_midnight(r, &t, place_in_time(r, &t));
    struct timeline_statement s = {
        .time = place_in_time(r, &t),
        .precision = t.precision,
        .zone_assumed = !t.has_zone && !r->out->has_zone,
        .date_assumed = !t.has_date || !t.year,
        .place = line,
        .offset = (uint64_t)(line.p - r->text.p),
        .length = line.n,
    };
    s.end = s.time;
    r->last = s.time;
    if (t.has_clock)
        read_end(r, &rest, &t, &s);
    keep(r, s, rest);
    return true;
}

/* -- lines --------------------------------------------------------------------------- */

static bool speaks_of_time(struct bytes word)
{
    static const char *const words[] = {"time",  "zeit", "uhrzeit",
                                        "heure", "hora", "tijd"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_eq_nocase(bytes_sub(word, 0, strlen(words[i])), bytes_str(words[i])))
            return true;
    return false;
}

/* "Times are UTC", "(all times CET)", "Timezone: UTC+2", "alle Zeiten in MEZ" */
static void read_zone(struct reader *r, struct bytes line)
{
    if (r->out->has_zone)
        return;
    bool about_time = false;
    struct bytes rest = line, word;
    while (bytes_split(&rest, ' ', &word)) {
        struct bytes zone = without_marks(word);
        about_time |= speaks_of_time(zone);
        if (about_time && zone.n >= 3 && written_zone_take(&zone, &r->out->zone)) {
            r->out->has_zone = true;
            return;
        }
    }
}

/* The next cell of a table or field of CSV whose text begins with a time. */
static bool read_cells(struct reader *r, struct bytes line, uint8_t separator)
{
    for (size_t at = 0; at < line.n;) {
        struct bytes rest = bytes_from(line, at);
        if (read_from_time(r, before_time(rest), line))
            return true;
        size_t next = bytes_find_byte(rest, separator);
        at += next + 1;
    }
    return false;
}

static bool is_csv_header(struct bytes line)
{
    struct bytes first = without_marks(bytes_sub(line, 0, bytes_find_byte(line, ',')));
    static const char *const words[] = {"time",
                                        "date",
                                        "when",
                                        "zeit",
                                        "datum",
                                        "uhrzeit",
                                        "heure",
                                        "fecha",
                                        "hora",
                                        "data",
                                        "tijd",
                                        "\xe6\x97\xa5\xe6\x99\x82",
                                        "\xe6\x99\x82\xe5\x88\xbb",
                                        "\xe6\x97\xb6\xe9\x97\xb4"};
    bool header = false;
    for (size_t i = 0; i < sizeof words / sizeof *words && !header; i++) {
        struct bytes word = bytes_str(words[i]);
        header = bytes_eq_nocase(bytes_sub(first, 0, word.n), word);
    }
    /* "Date: Monday, October 5" is no name of a column. */
    return header && bytes_find_byte(line, ',') < line.n &&
           bytes_find_byte(first, ':') == first.n;
}

/* "# Incident timeline, 2 April 2026", "Date: 2026-04-02": the day of what follows. */
static void read_day(struct reader *r, struct bytes line)
{
    struct written_time t;
    for (size_t at = 0; at < line.n;) {
        struct bytes rest = without_marks(bytes_from(line, at));
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
    uint8_t separator = line.p[0] == '|' ? '|' : ',';
    for (size_t at = 0; at < line.n;) {
        struct bytes rest = bytes_from(line, at);
        if (written_date_has_slashes(before_time(rest))) {
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
    struct bytes rest = before_time(line);
    if (line.n > LIMIT_LINE || !rest.n)
        return;
    if (line.p[0] == '#' && take_time(r, &rest, &t) && t.has_date && !t.has_clock) {
        set_day(r, &t);
        return;
    }
    if (is_csv_header(line))
        r->comma = true;
    bool read = line.p[0] == '|' ? read_cells(r, line, '|')
                : r->comma       ? read_cells(r, line, ',')
                                 : read_from_time(r, before_time(line), line);
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
            struct bytes word = without_marks(bytes_from(line, at));
            if (written_time_take(&word, r->order, &t) && t.has_date &&
                written_time_place(&t, INSTANT_NONE, &r->near))
                return;
            at += bytes_find_byte(bytes_from(line, at), ' ') + 1;
        }
    }
}

void timeline_read(struct bytes text, instant near, struct timeline *out)
{
    struct reader r = {.text = text,
                       .out = out,
                       .day = INSTANT_NONE,
                       .last = INSTANT_NONE,
                       .near = near,
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
