#include "analyze/events/parts.h"

#include "formats/base/limits.h"
#include "formats/container_join.h"

/* Where the stream stands behind the longest time stamp. */
#define STREAM_WITHIN 48

bool parts_line(struct jsonl_parser *p, struct bytes line, size_t readable,
                struct container_line *out)
{
    bool docker = bytes_starts(line, BYTES("{\"log\":\""));
    struct bytes head = bytes_sub(line, 0, STREAM_WITHIN);
    if (!docker &&
        (!line.n || !is_digit(line.p[0]) || !bytes_contains(head, BYTES(" std"))))
        return false;
    return !container_line_read(p, line, readable, out).code &&
           out->stream != STREAM_UNKNOWN;
}

void parts_text(const struct container_line *whole, struct text *out)
{
    char time[INSTANT_TEXT];
    text_printf(out, "%s %s F ", instant_format(whole->time, whole->precision, time),
                container_stream_name(whole->stream));
    text_add(out, whole->text);
}

bool parts_join(struct bytes raw, struct text *out)
{
    struct container_join join = {.limit = LIMIT_LINE};
    struct container_line line, whole = {.time = INSTANT_NONE};
    struct bytes rest = raw, text;
    if (bytes_find_byte(raw, '\n') == raw.n)
        return false;
    struct jsonl_parser *parser = jsonl_parser_new();
    enum container_stream first = STREAM_UNKNOWN;
    bool done = false;
    while (!done && bytes_split(&rest, '\n', &text)) {
        if (!parts_line(parser, text, text.n, &line) || (first && line.stream != first))
            continue;
        first = line.stream;
        done = container_join_next(&join, &line, &whole);
    }
    done = done || container_join_end(&join, &whole);
    text_clear(out);
    if (done)
        parts_text(&whole, out);
    container_join_release(&join);
    jsonl_parser_free(parser);
    return done;
}
