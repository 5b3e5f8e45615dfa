#include "verify/identify_account.h"

#include "formats/writtentimeline.h"
#include "verify/identify_name.h"

/* A spreadsheet with a column that says what happened; other tables have times, too. */
static bool is_table_of_acts(struct bytes head, struct bytes path)
{
    static const char *const columns[] = {
        "event",     "what",        "descri", "activit",     "action",
        "ereignis",  "was",         "aktion", "vorgang",     "beschreibung",
        "événement", "evento",      "azione", "acci",        "facto",
        "fatto",     "gebeurtenis", "actie",  "omschrijving"};
    struct bytes first = bytes_sub(head, 0, bytes_find_byte(head, '\n')), cell;
    bool acts = false;
    if (!name_ends(path, ".csv") && !name_ends(path, ".tsv"))
        return false;
    for (size_t at = 0; at < first.n; at += cell.n + 1) {
        cell = bytes_from(first, at);
        size_t n = 0;
        while (n < cell.n && !memchr(",;\t", cell.p[n], 3))
            n++;
        cell = bytes_sub(cell, 0, n);
        struct bytes name = bytes_trim(cell);
        for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
            acts |= bytes_eq_nocase(bytes_sub(name, 0, strlen(columns[i])),
                                    bytes_str(columns[i]));
    }
    return acts;
}

/* People write minutes, which a spreadsheet exports as 15:20:00; logs have seconds. */
static bool is_of_minutes(const struct timeline_statement *c)
{
    bool minute = c->precision == PRECISION_MINUTE ||
                  (c->precision == PRECISION_SECOND && c->time % (60 * NANOSECONDS) == 0);
    return minute && !c->loose;
}

bool account_probe(struct bytes head, struct bytes path)
{
    enum { ENOUGH = 3, LINES = 24 * 1024 };
    static const struct timeline_given given = {.near = INSTANT_NONE};
    bool text = name_ends(path, ".md") || name_ends(path, ".txt") ||
                name_ends(path, ".markdown") || name_ends(path, ".rst") ||
                name_ends(path, ".adoc") || is_table_of_acts(head, path);
    struct timeline t = {0};
    struct bytes line, rest = head = bytes_sub(head, 0, LINES);
    size_t lines = 0, minutes = 0;
    if (!text)
        return false;
    while (bytes_split(&rest, '\n', &line))
        lines += bytes_trim(line).n > 0;
    timeline_read(head, &given, &t);
    for (size_t i = 0; i < t.n; i++)
        minutes += is_of_minutes(&t.v[i]);
    for (size_t i = 0; i < t.faults.n; i++) /* a zone that has several meanings */
        minutes += t.faults.v[i].code == FAULT_ZONE_AMBIGUOUS ||
                   t.faults.v[i].code == FAULT_ZONE_UNKNOWN;
    timeline_release(&t);
    return minutes >= ENOUGH && minutes * 2 >= lines;
}
