#include "analyze/events/layout.h"

#include "analyze/events/parts.h"
#include "formats/base/limits.h"
#include "formats/container_export.h"
#include "formats/json_scan.h"
#include "formats/loki.h"

/* A chunk from the middle of a pretty-printed document begins inside a value. */
static bool is_inside_value(struct bytes text)
{
    struct bytes line = text;
    while (line.n && (line.p[0] == '\n' || line.p[0] == '\r'))
        line = bytes_from(line, 1);
    return line.n && memchr(" \t\"}],", line.p[0], 6);
}

/* What a runtime wrote are lines, whatever the program put into them; a collector's are
 * records, one on each line or pretty-printed. */
static enum layout layout_of_lines(const struct log_chunk *chunk)
{
    if (!chunk->first || container_log_looks_like(chunk->text))
        return LAYOUT_LINES;
    struct bytes head = bytes_sub(chunk->text, 0, LIMIT_HEAD), text = bytes_trim(head);
    bool json = text.n && (text.p[0] == '{' || text.p[0] == '[');
    if (!container_export_probe(head))
        return LAYOUT_LINES;
    return json ? LAYOUT_JSON : csv_split_wants(chunk->text) ? LAYOUT_CSV : LAYOUT_LINES;
}

/* What a journal says is in lines, also where it says JSON. */
static size_t banner_of(const struct log_chunk *chunk)
{
    enum role role = chunk->item->role;
    bool of_records =
        role == ROLE_AUDIT_LOG || role == ROLE_FALCO_ALERTS || role == ROLE_CLOUD_LOG;
    return chunk->first && of_records ? json_banner(chunk->text) : 0;
}

/* "Warning: …" reads like YAML; records in JSON behind it do not, nor events that a
 * server sends one by one. */
static bool has_json_line(struct bytes text)
{
    enum { LINES = 8 };
    struct bytes line;
    bool found = false;
    for (int n = 0; n < LINES && !found && bytes_split(&text, '\n', &line); n++)
        found = line.n && (line.p[0] == '{' || line.p[0] == '[' ||
                           bytes_starts(line, BYTES("data: {\"")));
    return found;
}

enum layout layout_of(const struct log_chunk *chunk)
{
    if (chunk->first && loki_probe(bytes_sub(chunk->text, 0, LIMIT_HEAD)))
        return LAYOUT_JSON;
    if (chunk->item->role == ROLE_CONTAINER_LOG)
        return layout_of_lines(chunk);
    if (!chunk->first)
        return is_inside_value(chunk->text) ? LAYOUT_JSON : LAYOUT_LINES;
    if (csv_split_wants(chunk->text))
        return LAYOUT_CSV;
    if (chunk->item->role == ROLE_RUNTIME_LOG && journal_split_wants(chunk->text))
        return LAYOUT_JOURNAL;
    bool may_be_yaml =
        chunk->item->role == ROLE_AUDIT_LOG || chunk->item->role == ROLE_RUNTIME_LOG;
    if (may_be_yaml && !has_json_line(chunk->text) && yaml_split_wants(chunk->text))
        return LAYOUT_YAML;
    return json_split_wants(chunk->text) || banner_of(chunk) ? LAYOUT_JSON : LAYOUT_LINES;
}

/* -- records ------------------------------------------------------------------------- */

static void hand_out(struct layout_reader *r, struct bytes text, struct piece place)
{
    place.text = text;
    place.readable = text.n;
    place.offset += r->base;
    r->each(r->context, &place);
}

/* An entry of Loki becomes the line that it holds. */
static bool read_entry(struct layout_reader *r, struct bytes labels, struct bytes raw)
{
    text_clear(&r->row);
    if (r->layout != LAYOUT_JSON || !r->json.streams || !raw.n || raw.p[0] != '[')
        return false;
    if (r->container)
        loki_place(labels, &r->row);
    return loki_entry(raw, &r->row);
}

static void on_json(void *context, const struct json_split_record *record)
{
    struct layout_reader *r = context;
    if (read_entry(r, record->labels, record->text)) {
        struct piece place = piece_of(record->text, record->text.n, record->offset);
        place.fault = record->complete ? FAULT_NONE : FAULT_TRUNCATED;
        hand_out(r, text_bytes(&r->row), place);
        return;
    }
    hand_out(context, record->text,
             piece_of(record->text, record->text.n, record->offset));
}

static void on_yaml(void *context, const struct yaml_split_record *record)
{
    hand_out(context, record->text,
             piece_of(record->text, record->text.n, record->offset));
}

static void on_entry(void *context, const struct journal_split_record *record)
{
    struct piece place = piece_of(record->text, record->text.n, record->offset);
    place.fault = record->complete ? FAULT_NONE : FAULT_TRUNCATED;
    hand_out(context, record->text, place);
}

static enum fault_code read_row(struct layout_reader *r, struct bytes row)
{
    text_clear(&r->row);
    return csv_row_json(&r->header, row, &r->row);
}

static void on_row(void *context, const struct csv_split_record *record)
{
    struct layout_reader *r = context;
    if (record->offset == 0)
        return; /* the header */
    struct piece place = piece_of(record->text, record->text.n, record->offset);
    place.fault = read_row(r, record->text);
    if (!record->complete)
        place.fault = FAULT_TRUNCATED;
    hand_out(r, text_bytes(&r->row), place);
}

/* --------------------------------------------------------------------------------------
 */

void layout_begin(struct layout_reader *r, const struct log_chunk *first)
{
    r->layout = layout_of(first);
    r->base = first->offset;
    if (r->layout == LAYOUT_JSON) {
        json_split_begin(&r->json, on_json, r);
        r->json.streams = loki_probe(bytes_sub(first->text, 0, LIMIT_HEAD));
        r->container = first->item->role == ROLE_CONTAINER_LOG;
        r->banner = banner_of(first);
        r->json.offset = r->banner;
    } else if (r->layout == LAYOUT_YAML)
        yaml_split_begin(&r->yaml, on_yaml, r);
    else if (r->layout == LAYOUT_JOURNAL)
        journal_split_begin(&r->journal, on_entry, r);
    if (r->layout != LAYOUT_CSV)
        return;
    csv_header_read(first->text, &r->arena, &r->header);
    csv_split_begin(&r->csv, on_row, r);
}

/* It is no record, and is told as what it is: a line that could not be read. */
static struct bytes behind_banner(struct layout_reader *r, struct bytes text)
{
    struct bytes banner = bytes_sub(text, 0, r->banner);
    if (banner.n)
        hand_out(r, bytes_trim(banner), piece_of(banner, banner.n, 0));
    r->banner = 0;
    return bytes_from(text, banner.n);
}

void layout_feed(struct layout_reader *r, struct bytes text)
{
    if (r->layout == LAYOUT_JSON)
        json_split_feed(&r->json, behind_banner(r, text));
    else if (r->layout == LAYOUT_YAML)
        yaml_split_feed(&r->yaml, text);
    else if (r->layout == LAYOUT_CSV)
        csv_split_feed(&r->csv, text);
    else if (r->layout == LAYOUT_JOURNAL)
        journal_split_feed(&r->journal, text);
}

void layout_end(struct layout_reader *r)
{
    if (r->layout == LAYOUT_JSON)
        json_split_end(&r->json);
    else if (r->layout == LAYOUT_YAML)
        yaml_split_end(&r->yaml);
    else if (r->layout == LAYOUT_CSV)
        csv_split_end(&r->csv);
    else if (r->layout == LAYOUT_JOURNAL)
        journal_split_end(&r->journal);
    arena_release(&r->arena);
    text_release(&r->row);
    r->layout = LAYOUT_LINES;
}

struct bytes layout_record(struct layout_reader *r, struct bytes raw)
{
    if (r->layout == LAYOUT_CSV)
        read_row(r, raw);
    else if (read_entry(r, BYTES_NONE, raw))
        return text_bytes(&r->row);
    else if (r->layout != LAYOUT_LINES || !parts_join(raw, &r->row))
        return raw;
    return text_bytes(&r->row);
}
