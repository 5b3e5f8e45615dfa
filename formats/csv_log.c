#include "formats/csv_log.h"

#include "formats/base/instant.h"
#include "formats/base/marked_text.h"
#include "formats/csv.h"
#include "formats/csv_split.h"
#include "formats/json_scan.h"
#include "formats/written_time.h"

/* -- the header ---------------------------------------------------------------------- */

/* Columns that hold a whole record, or that only a table of audit records has. */
static bool is_of_logs(struct bytes name)
{
    static const char *const names[] = {
        "@message",   "message",  "_raw",        "log_s",        "Log",
        "_source",    "log",      "line",        "Line",         "textPayload",
        "event",      "auditID",  "AuditId",     "requestURI",   "objectRef.resource",
        "LogMessage", "LogEntry", "jsonPayload", "protoPayload", "objectRef_resource"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (bytes_is(name, names[i]))
            return true;
    }
    return bytes_starts(name, BYTES("kubernetes.audit.")) ||
           bytes_starts(name, BYTES("protoPayload."));
}

/* "TimeGenerated [UTC]": the portal of Azure names the zone that it shows times in. */
static struct bytes plain_name(struct bytes name)
{
    size_t zone = bytes_find(name, BYTES(" ["));
    return bytes_trim(bytes_sub(name, 0, zone));
}

/* No store has a column of such a name; most other texts have a colon in their first
 * line, and are not read as a table. Splunk writes "user.groups{}" of a list. */
static bool may_name_columns(struct bytes line)
{
    if (line.p[0] == '[' || bytes_find_byte(line, ':') < line.n)
        return false;
    for (size_t at; (at = bytes_find_byte(line, '{')) < line.n;) {
        line = bytes_from(line, at + 1);
        if (!line.n || line.p[0] != '}')
            return false;
    }
    return true;
}

/* Most first lines are of no table, and have few separators: there is no need of room for
 * all the columns that a table may have. */
static size_t columns_at_most(struct bytes line, uint8_t separator)
{
    size_t n = 1;
    for (size_t i = 0; i < line.n && n < CSV_COLUMNS; i++)
        n += line.p[i] == separator;
    return n;
}

bool csv_header_read(struct bytes head, struct arena *arena, struct csv_header *out)
{
    head = bytes_from(head, utf8_mark(head));
    size_t end = bytes_find_byte(head, '\n');
    if (end == head.n || !head.n || !may_name_columns(bytes_sub(head, 0, end)))
        return false;
    struct csv csv = {.rest = arena_copy(arena, bytes_sub(head, 0, end)), .arena = arena};
    csv.separator = csv_separator(csv.rest);
    *out = (struct csv_header){.separator = csv.separator};
    size_t most = columns_at_most(csv.rest, csv.separator);
    out->names = arena_array(arena, struct bytes, most);
    out->n = csv_record(&csv, out->names, most);
    bool of_logs = false;
    for (size_t i = 0; i < out->n; i++)
        of_logs |= is_of_logs(plain_name(out->names[i]));
    return of_logs && !csv.wrong;
}

/* -- rows ---------------------------------------------------------------------------- */

static bool is_time_column(struct bytes name)
{
    static const char *const words[] = {"time", "Time", "@timestamp"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (bytes_contains(name, bytes_str(words[i])))
            return true;
    }
    return false;
}

/* A time that is no RFC 3339; false when it is none as people write it either. The portal
 * of Azure writes the month first, whatever the reader's language. */
static bool written_time(struct bytes name, struct bytes cell, char out[INSTANT_TEXT])
{
    struct written_time t;
    instant when;
    bool azure = bytes_contains(name, BYTES(" ["));
    if (instant_parse(cell, &when, NULL) ||
        !written_time_take(&cell, azure ? ORDER_MONTH_FIRST : ORDER_NOT_TOLD, &t) ||
        !t.has_clock || bytes_trim(cell).n ||
        !written_time_place(&t, INSTANT_NONE, &when))
        return false;
    instant_format(when, t.precision, out);
    return true;
}

static void add_cell(struct bytes name, struct bytes cell, struct text *out)
{
    char time[INSTANT_TEXT];
    /* Kibana writes a dash where a document lacks the field. */
    if (!cell.n || bytes_is(cell, "-"))
        return;
    if (is_time_column(name) && written_time(name, cell, time))
        cell = bytes_str(time);
    if (out->p[out->n - 1] != '{')
        text_byte(out, ',');
    json_quote(plain_name(name), out);
    text_byte(out, ':');
    json_quote(cell, out);
}

enum fault_code csv_row_json(const struct csv_header *header, struct bytes row,
                             struct text *out)
{
    struct arena arena = ARENA_INIT;
    struct csv csv = {row, header->separator, &arena, false};
    struct bytes *cells = arena_array(&arena, struct bytes, CSV_COLUMNS);
    size_t n = csv_record(&csv, cells, CSV_COLUMNS);
    text_byte(out, '{');
    for (size_t i = 0; i < n && i < header->n; i++)
        add_cell(header->names[i], cells[i], out);
    text_byte(out, '}');
    arena_release(&arena);
    return csv.wrong         ? FAULT_TRUNCATED
           : n > header->n   ? FAULT_SYNTAX
           : utf8_valid(row) ? FAULT_NONE
                             : FAULT_ENCODING;
}
