#include "formats/writtentimeline.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/written_chat.h"
#include "formats/written_city.h"
#include "formats/written_plain.h"
#include "formats/written_reader.h"

void timeline_release(struct timeline *t)
{
    free(t->v);
    arena_release(&t->arena);
    faults_release(&t->faults);
    *t = (struct timeline){0};
}

/* -- lines --------------------------------------------------------------------------- */

static bool speaks_of_time(struct bytes word)
{
    static const char *const words[] = {"time", "zeit",    "uhrzeit", "heure", "hora",
                                        "tijd", "horario", "horário", "orario"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (bytes_eq_nocase(bytes_sub(word, 0, strlen(words[i])), bytes_str(words[i])))
            return true;
    return false;
}

/* "When (CET)", "Datum (MEZ)": a column's name that speaks of time only with a zone. */
static bool heads_times(struct bytes word)
{
    static const char *const names[] = {"when",  "wann",   "quand",  "quando", "cuándo",
                                        "date",  "datum",  "fecha",  "data",   "start",
                                        "begin", "beginn", "wanneer"};
    struct bytes name = bytes_sub(word, 0, bytes_find_byte(word, ' '));
    bool bracket = bytes_starts(bytes_from(word, name.n), BYTES(" ("));
    name = written_without_end_marks(name);
    for (size_t i = 0; bracket && i < sizeof names / sizeof *names; i++)
        if (bytes_eq_nocase(name, bytes_str(names[i])))
            return true;
    return false;
}

/* "Times are UTC", "(all times CET)", "Timezone: Europe/Berlin", "alle Zeiten in MEZ" */
static void read_zone(struct written_reader *r, struct bytes line)
{
    bool about_time = false;
    struct bytes rest = line, word;
    while (!r->zone.kind && written_next(&rest, ' ', &word)) {
        about_time |= speaks_of_time(word) || heads_times(word);
        struct written_zone zone;
        if (about_time && bytes_find_byte(word, ' ') >= 3 &&
            written_zone_read(&word, &r->given->zones, NULL, &zone))
            r->zone = zone;
    }
    const struct tzif *rules =
        r->zone.kind ? NULL : written_city_zone(line, &r->given->zones);
    if (rules)
        r->zone = (struct written_zone){.kind = ZONE_RULES, .rules = rules};
}

/* The next cell of a table or field of CSV whose text begins with a time. */
static bool read_cells(struct written_reader *r, const struct written_line *line,
                       uint8_t separator)
{
    struct bytes rest = line->text, cell;
    bool read = false;
    r->row = rest;
    r->cell = rest.p;
    while (!read && written_next(&rest, separator, &cell)) {
        read = written_statement_read(r, cell, line->place);
        r->cell = rest.p;
    }
    r->row = BYTES_NONE;
    return read;
}

/* Longer lines tell something besides. */
#define ZONE_WORDS 8

/* "All times IST", "Timezone: Asia/Sri Nagar": of the document, and nothing happened. */
static bool is_about_times(struct bytes line)
{
    struct bytes rest = line, word;
    bool about = false;
    size_t words = 0;
    for (; bytes_word(&rest, &word); words++)
        about |= (words < 2 || word.p[0] == '(') &&
                 speaks_of_time(written_without_marks(word));
    return about && words <= ZONE_WORDS;
}

/* "# Incident timeline, 2 April 2026", "Date: 2026-04-02": the day of what follows. */
static void read_day(struct written_reader *r, struct bytes line)
{
    struct written_time t;
    struct bytes word;
    while (written_next(&line, ' ', &word)) {
        if (written_take_time(r, &word, &t) && t.has_date && !t.has_clock) {
            written_set_day(r, &t);
            return;
        }
    }
}

/* A day that cannot be told from its month is said, and the line is not read. */
static void tell_ambiguous(struct written_reader *r, const struct written_line *one)
{
    struct bytes rest = one->text, cell;
    uint8_t separator = rest.p[0] == '|'       ? '|'
                        : r->columns.separator ? r->columns.separator
                                               : ',';
    while (written_next(&rest, separator, &cell)) {
        if (written_date_has_slashes(written_before_time(cell))) {
            faults_add(&r->out->faults,
                       (struct fault){.code = FAULT_VALUE,
                                      .offset = (uint64_t)(one->place.p - r->text.p)});
            return;
        }
    }
}

/* "## Monday, 23 November 2026" */
static bool read_day_heading(struct written_reader *r, struct bytes line)
{
    struct bytes rest = written_before_time(line);
    struct written_time t;
    if (line.p[0] != '#' || !written_take_time(r, &rest, &t) || !t.has_date ||
        t.has_clock)
        return false;
    written_set_day(r, &t);
    r->above = (struct written_above){.when = {.time = INSTANT_NONE}, .dated = true};
    return true;
}

/* A heading, a row of a table or a sentence that has no time. */
static void read_timeless(struct written_reader *r, const struct written_line *line)
{
    instant day = r->day;
    tell_ambiguous(r, line);
    read_zone(r, line->text);
    bool heading = line->text.p[0] == '#';
    if (heading || r->day == INSTANT_NONE)
        read_day(r, line->text);
    if (heading)
        r->above = (struct written_above){.when = {.time = INSTANT_NONE},
                                          .dated = r->day != day};
    else if (line->text.p[0] == '|' || r->columns.separator)
        written_row_read(r, line);
    else if (!is_about_times(line->text))
        written_line_read(r, line);
}

static void read_line(struct written_reader *r, const struct written_line *line)
{
    struct bytes text = line->text;
    if (line->place.n > LIMIT_LINE || !written_without_marks(text).n) {
        r->above.open = false;
        return;
    }
    if (read_day_heading(r, text))
        return;
    bool header = written_table_header(text, &r->columns);
    if (header && r->columns.month_first)
        r->order = ORDER_MONTH_FIRST;
    uint8_t separator = text.p[0] == '|' ? '|' : r->columns.separator;
    if (separator ? read_cells(r, line, separator)
                  : written_statement_read(r, text, line->place)) {
        r->above.alone |= text.p[0] == '#';
        r->above.open &= text.p[0] != '#';
        r->above.listed = line->point;
        r->above.indent = line->indent;
    } else if (!header) {
        read_timeless(r, line);
    }
}

/* "- x", "* x", "1. x" */
static bool is_point(struct bytes text)
{
    size_t digits = 0;
    while (digits < text.n && is_digit(text.p[digits]))
        digits++;
    bool numbered = digits && digits < 4 && digits + 1 < text.n &&
                    memchr(".)", text.p[digits], 2) && is_blank(text.p[digits + 1]);
    bool mark = text.n > 1 && memchr("-*+", text.p[0], 3) && is_blank(text.p[1]);
    return mark || numbered || bytes_starts(text, BYTES("•"));
}

static struct written_line line_of(struct bytes place, struct bytes plain)
{
    struct written_line line = {.text = bytes_trim(plain), .place = bytes_trim(place)};
    line.indent = (size_t)(line.text.p - plain.p);
    line.point = is_point(line.text);
    return line;
}

/* The first whole date of the text tells the year of those that have none. */
static void find_year(struct written_reader *r)
{
    struct written_text text = written_text_of(r->text, &r->out->arena);
    struct bytes place, line, word;
    struct written_time t;
    while (written_text_line(&text, &place, &line))
        while (written_next(&line, ' ', &word))
            if (written_time_take(&word, r->order, &t) && t.has_date &&
                written_time_place(&t, INSTANT_NONE, &r->near))
                return;
}

void timeline_read(struct bytes text, const struct timeline_given *given,
                   struct timeline *out)
{
    struct written_reader r = {.text = text,
                               .out = out,
                               .day = INSTANT_NONE,
                               .last = INSTANT_NONE,
                               .near = given->near,
                               .given = given,
                               .zero = INSTANT_NONE,
                               .above = {.when = {.time = INSTANT_NONE}},
                               .order = written_order_of(text)};
    if (chat_probe(text)) {
        chat_read(text, out);
        return;
    }
    find_year(&r);
    struct written_text lines = written_text_of(text, &out->arena);
    struct bytes place, line;
    while (written_text_line(&lines, &place, &line))
        read_zone(&r, bytes_trim(line));
    written_find_zero(&r);
    lines = written_text_of(text, &out->arena);
    while (written_text_line(&lines, &place, &line)) {
        struct written_line one = line_of(place, line);
        read_line(&r, &one);
    }
}
