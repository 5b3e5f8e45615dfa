#include "formats/json_split.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/json_scan.h"

void json_split_begin(struct json_split *s,
                      void (*each)(void *context, const struct json_split_record *r),
                      void *context)
{
    *s = (struct json_split){.each = each, .context = context, .only_blanks = true};
}

/* -- records ------------------------------------------------------------------------- */

static void begin_record(struct json_split *s)
{
    s->inside = true;
    s->resync = false;
    s->n = 0;
    s->start = s->offset;
    s->column = s->at_column;
    s->begins_line = s->only_blanks;
    s->own_depth = s->depth;
    s->too_long = false;
    s->key_start = s->key_end = 0;
}

static void end_record(struct json_split *s, bool complete)
{
    s->inside = false;
    struct json_split_record record = {.text = bytes_of(s->buffer, s->n),
                                       .offset = s->start,
                                       .complete = complete && !s->too_long};
    if (s->values)
        record.labels = bytes_of(s->labels, s->labels_n);
    s->each(s->context, &record);
}

static void keep(struct json_split *s, uint8_t c)
{
    if (s->n == LIMIT_LINE) {
        s->too_long = true;
        return;
    }
    s->buffer = memory_grow(s->buffer, &s->capacity, s->n + 1, 1);
    s->buffer[s->n++] = c;
}

/* The record breaks here: what comes is skipped up to a line that begins as it did. */
static void break_record(struct json_split *s)
{
    end_record(s, false);
    s->string = s->escaped = false;
    s->depth = s->own_depth;
    s->resync = s->begins_line;
}

/* -- wrappers ------------------------------------------------------------------------ */

static bool opens_stream(struct bytes key)
{
    return bytes_is(key, "result") || bytes_is(key, "streams") || bytes_is(key, "values");
}

static bool opens_list(struct bytes key)
{
    static const char *const names[] = {"items",   "events",  "logEvents", "records",
                                        "Records", "hits",    "results",   "entries",
                                        "Events",  "Findings"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (bytes_is(key, names[i]))
            return true;
    }
    return false;
}

/* A list member begins: the record turns out to be its wrapper. */
static bool is_wrapper(const struct json_split *s, uint8_t c)
{
    if (!s->inside || s->depth != s->own_depth + 1 || s->before != ':' ||
        s->list_count == JSON_SPLIT_LISTS || s->key_end < s->key_start)
        return false;
    struct bytes key = bytes_of(s->buffer + s->key_start, s->key_end - s->key_start);
    if (s->streams)
        return c == '[' ? opens_stream(key) : c == '{' && bytes_is(key, "data");
    return c == '[' ? opens_list(key) : c == '{' && bytes_is(key, "hits");
}

/* Of a list of entries the labels before it are kept. */
static void open_list(struct json_split *s)
{
    s->lists[s->list_count++] = s->depth;
    if (!s->streams ||
        !bytes_is(bytes_of(s->buffer + s->key_start, s->key_end - s->key_start),
                  "values"))
        return;
    s->values = s->list_count;
    s->labels = memory_grow(s->labels, &s->labels_capacity, s->key_start + 1, 1);
    s->labels_n = s->key_start;
    memcpy(s->labels, s->buffer, s->key_start);
}

static bool in_values(const struct json_split *s)
{
    return s->values && s->values == s->list_count;
}

static bool in_list(const struct json_split *s)
{
    return s->list_count && s->lists[s->list_count - 1] == s->depth;
}

/* -- bytes --------------------------------------------------------------------------- */

/* Where a new record begins though the one before has not ended: an opening brace, first
 * in its line, where that one's stood, and where the grammar has no place for it. */
static bool begins_anew(const struct json_split *s)
{
    if (!s->inside || !s->begins_line || !s->only_blanks || s->at_column != s->column)
        return false;
    /* A record is an object: at its first level a value stands behind a colon only. */
    bool first_level = s->depth == s->own_depth + 1;
    return first_level ? s->before != ':' : !memchr(":[,", s->before, 3);
}

static void open_bracket(struct json_split *s, uint8_t c)
{
    if (s->resync && !(s->only_blanks && s->at_column == s->column))
        return;
    if (c == '{' && begins_anew(s))
        break_record(s);
    if (is_wrapper(s, c)) {
        s->inside = c == '{';
        s->depth++;
        if (c == '[')
            open_list(s);
        else
            begin_record(s); /* "hits" in "hits": the inner object is the wrapper */
        if (c == '{') {
            s->own_depth = s->depth - 1;
            keep(s, c);
        }
        return;
    }
    bool top = s->depth == 0 || in_list(s);
    if (!s->inside && top && c == '[' && s->list_count < JSON_SPLIT_LISTS &&
        !in_values(s)) {
        s->lists[s->list_count++] = ++s->depth;
        return;
    }
    if (!s->inside && top)
        begin_record(s);
    s->depth++;
    if (s->inside)
        keep(s, c);
}

static void close_bracket(struct json_split *s, uint8_t c)
{
    if (s->resync || !s->depth)
        return;
    if (s->inside)
        keep(s, c);
    else if (in_list(s)) {
        s->values = in_values(s) ? 0 : s->values;
        s->list_count--;
    }
    s->depth--;
    if (s->inside && s->depth == s->own_depth)
        end_record(s, true);
}

static void string_byte(struct json_split *s, uint8_t c)
{
    if (c == '\n') {
        s->string = s->escaped = false;
        if (s->inside)
            break_record(s);
        return;
    }
    if (s->inside)
        keep(s, c);
    bool ends = c == '"' && !s->escaped;
    s->escaped = c == '\\' && !s->escaped;
    if (!ends)
        return;
    s->string = false;
    s->before = '"';
    s->key_end = s->n - (s->n ? 1 : 0);
}

static void plain_byte(struct json_split *s, uint8_t c)
{
    if (c == '{' || c == '[') {
        open_bracket(s, c);
    } else if (c == '}' || c == ']') {
        close_bracket(s, c);
    } else if (s->inside) {
        keep(s, c);
    }
    if (c == '"' && !s->resync && (s->inside || s->depth)) {
        s->string = true;
        if (s->depth == s->own_depth + 1 && s->before != ':')
            s->key_start = s->n;
    }
    if (!is_blank(c))
        s->before = c;
}

void json_split_feed(struct json_split *s, struct bytes block)
{
    for (size_t i = 0; i < block.n; i++) {
        uint8_t c = block.p[i];
        if (s->string)
            string_byte(s, c);
        else
            plain_byte(s, c);
        s->offset++;
        s->at_column = c == '\n' ? 0 : s->at_column + 1;
        s->only_blanks = c == '\n' || (s->only_blanks && is_blank(c));
    }
}

void json_split_end(struct json_split *s)
{
    if (s->inside)
        end_record(s, false);
    free(s->buffer);
    free(s->labels);
    s->buffer = s->labels = NULL;
    s->n = s->capacity = s->labels_n = s->labels_capacity = 0;
}

bool json_split_wants(struct bytes head)
{
    struct bytes text = head;
    while (text.n && is_blank(text.p[0]))
        text = bytes_from(text, 1);
    if (!text.n || (text.p[0] != '{' && text.p[0] != '['))
        return false;
    if (text.p[0] == '[')
        return true;
    /* A record that is cut off ends its line as well; one that goes on in the next line
     * is broken between two tokens. */
    size_t end = bytes_find_byte(text, '\n');
    struct bytes line = bytes_trim(bytes_sub(text, 0, end));
    return end < text.n && memchr("{[,", line.p[line.n - 1], 3) &&
           json_check(line).code == FAULT_TRUNCATED;
}
