/* The four slices of the audit log as tables: one line for each action, tabs between the
 * columns. The document's texts have no control characters left. */
#include <jansson.h>

#include "analyze/report/report.h"
#include "formats/json_scan.h"

static const char *const columns[] = {
    "time", "user",   "as",    "action",     "object",   "command",  "outcome",
    "code", "source", "agent", "credential", "in_scope", "caused_by"};

/* What a spreadsheet would take for a formula is told to be text. */
static void put_cell(struct text *t, const char *value)
{
    if (*value && strchr("=+-@", *value))
        text_byte(t, '\'');
    for (; *value; value++)
        text_byte(t, *value == '\t' || *value == '\n' ? ' ' : *value);
}

static void put_value(struct text *t, const json_t *value)
{
    if (json_is_string(value))
        put_cell(t, json_string_value(value));
    else if (json_is_integer(value))
        text_printf(t, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        text_str(t, json_is_true(value) ? "yes" : "no");
}

static void put_proof(struct text *t, const json_t *request)
{
    const json_t *span = json_array_get(json_object_get(request, "spans"), 0);
    static const char *const parts[] = {"item", "offset", "length"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        text_byte(t, '\t');
        put_value(t, json_object_get(span, parts[i]));
    }
    text_byte(t, '\n');
}

static void put_row(struct report *r, const json_t *request)
{
    struct text *t = &r->out.text;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        text_str(t, i ? "\t" : "");
        put_value(t, json_object_get(request, columns[i]));
    }
    put_proof(t, request);
    output_spill(&r->out);
}

/* One slice of the document: the others, which are as long, are passed over. */
static json_t *slice_of(struct bytes document, struct bytes name)
{
    struct json_scan s = json_scan_of(document);
    json_scan_next(&s);
    while (json_scan_next(&s) == JSON_TOKEN_KEY) {
        bool found = bytes_eq(bytes_sub(document, s.start + 1, s.at - s.start - 2), name);
        enum json_token first = json_scan_next(&s);
        size_t start = s.start;
        if (first == JSON_TOKEN_OPEN_OBJECT && !json_scan_skip(&s))
            return NULL;
        if (found)
            return json_loadb((const char *)document.p + start, s.at - start, 0, NULL);
    }
    return NULL;
}

/* The format's name is "slice-" and the slice's. An empty table says that the log was read
 * and holds none; without a log there is no table. */
int write_slice(struct report *r)
{
    json_t *slice = slice_of(case_document_text(r->casefile, "slices"),
                             bytes_str(r->format->name + 6));
    const json_t *rows = json_object_get(slice, "requests");
    size_t i;
    json_t *row;
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        text_printf(&r->out.text, "%s\t", columns[c]);
    text_str(&r->out.text, "item\toffset\tlength\n");
    json_array_foreach((json_t *)(uintptr_t)rows, i, row) put_row(r, row);
    json_int_t more = json_integer_value(json_object_get(slice, "more"));
    if (more)
        text_printf(&r->out.text, "# and %lld more\n", (long long)more);
    json_decref(slice);
    return slice ? 0 : 1;
}
