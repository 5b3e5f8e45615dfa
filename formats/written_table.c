#include "formats/written_table.h"

#include "formats/written_marks.h"

/* -- the header ---------------------------------------------------------------------- */

static bool ends(struct bytes cell, const char *word)
{
    size_t n = strlen(word);
    return cell.n >= n && bytes_eq_nocase(bytes_from(cell, cell.n - n), bytes_str(word));
}

static bool names_times(struct bytes cell)
{
    static const char *const words[] = {
        "start", "begin", "time", "date", "when", "zeit", "datum", "uhrzeit",
        "heure", "fecha", "hora", "data", "tijd", "日時", "時刻",  "时间"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct bytes word = bytes_str(words[i]);
        if (bytes_eq_nocase(bytes_sub(cell, 0, word.n), word))
            return true;
    }
    /* "event_date", "startDate" */
    return cell.n > 4 && (ends(cell, "date") || ends(cell, "time") || ends(cell, "_at"));
}

static uint8_t separator_of(struct bytes line)
{
    size_t n = 0;
    while (n < line.n && !memchr(",;\t", line.p[n], 3))
        n++;
    return n < line.n ? line.p[n] : 0;
}

/* Longer cells are sentences. */
#define HEADING_MOST 40

/* What a column is called that says what happened, the better first. */
static const char *const said[] = {"message",   "desc",    "event_content", "description",
                                   "content",   "details", "what",          "event",
                                   "activity",  "action",  "ereignis",      "vorgang",
                                   "événement", "evento",  "gebeurtenis"};
static const char *const titles[] = {"event_title", "title", "short", "summary"};

/* The place of a name among the columns' names, from 1; 0 where there is none. */
static size_t column_of(struct bytes line, uint8_t separator, const char *name)
{
    struct bytes cell;
    for (size_t n = 1; bytes_split(&line, separator, &cell); n++) {
        cell = written_without_end_marks(written_without_marks(cell));
        if (bytes_eq_nocase(cell, bytes_str(name)))
            return n;
    }
    return 0;
}

static size_t first_column(struct bytes line, uint8_t separator, const char *const *names,
                           size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t column = column_of(line, separator, names[i]);
        if (column)
            return column;
    }
    return 0;
}

/* Exports of Timesketch, plaso, DFIR-IRIS and TheHive have columns behind the time that
 * say nothing of what happened. */
static bool is_export(struct bytes line, uint8_t separator)
{
    static const char *const own[] = {"timestamp_desc", "MACB", "event_content",
                                      "event_title", "startDate"};
    return first_column(line, separator, own, sizeof own / sizeof *own) > 0;
}

static size_t time_column(struct bytes line, uint8_t separator)
{
    struct bytes cell;
    for (size_t n = 1; bytes_split(&line, separator, &cell); n++)
        if (names_times(written_without_marks(cell)))
            return n;
    return 0;
}

static void find_columns(struct bytes line, struct written_columns *out)
{
    uint8_t separator = out->separator;
    size_t text = first_column(line, separator, said, sizeof said / sizeof *said);
    bool before = text && text < time_column(line, separator);
    bool known = before || is_export(line, separator);
    out->text = known ? text : 0;
    out->title =
        known ? first_column(line, separator, titles, sizeof titles / sizeof *titles) : 0;
}

bool written_table_header(struct bytes line, struct written_columns *out)
{
    struct bytes cell, rest = line;
    uint8_t found = separator_of(line);
    bool header = false;
    bool heading = bytes_starts(line, BYTES("# ")) || bytes_starts(line, BYTES("##"));
    if (!found || heading || line.p[0] == '|')
        return false;
    while (bytes_split(&rest, found, &cell)) {
        cell = written_without_marks(cell);
        /* "Date: Monday, October 5" is no name of a column, nor is the day in "Times are
         * UTC, 2026-07-01". */
        if (cell.n > HEADING_MOST || bytes_find_byte(cell, ':') < cell.n ||
            (cell.n && is_digit(cell.p[0])))
            return false;
        header |= names_times(cell);
    }
    if (!header)
        return false;
    *out = (struct written_columns){.separator = found};
    find_columns(line, out);
    out->month_first = column_of(line, found, "MACB") > 0;
    return true;
}

/* -- rows ---------------------------------------------------------------------------- */

struct bytes written_table_text(struct arena *arena, struct bytes rest, uint8_t separator)
{
    uint8_t *out = arena_alloc(arena, 3 * rest.n + 1);
    size_t n = 0;
    bool quoted = false, begun = false;
    for (size_t i = 0; i < rest.n; i++) {
        uint8_t c = rest.p[i];
        bool doubled = quoted && c == '"' && i + 1 < rest.n && rest.p[i + 1] == '"';
        if (c == '"' && !doubled) {
            quoted = !quoted;
        } else if (c == separator && !quoted) {
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

static struct bytes field_of(struct arena *arena, struct bytes row, uint8_t separator,
                             size_t number)
{
    bool quoted = false;
    size_t n = 1, from = 0, at = 0;
    for (; at < row.n && n <= number; at++) {
        quoted ^= row.p[at] == '"';
        if (row.p[at] != separator || quoted)
            continue;
        if (n == number)
            break;
        n++;
        from = at + 1;
    }
    return n == number
               ? written_table_text(arena, bytes_sub(row, from, at - from), separator)
               : BYTES_NONE;
}

struct bytes written_table_said(struct arena *arena, struct bytes row,
                                const struct written_columns *columns)
{
    struct bytes text = BYTES_NONE;
    if (columns->text)
        text = field_of(arena, row, columns->separator, columns->text);
    if (columns->title && (!bytes_trim(text).n || bytes_is(text, "-")))
        text = field_of(arena, row, columns->separator, columns->title);
    return text;
}
