/* Answers of Loki: the streams that they are taken apart into, and what stands in them.
 */
#include "formats/json_split.h"
#include "formats/loki.h"

#include <stdlib.h>

struct seen {
    struct bytes whole;
    struct text line;
};

static void on_record(void *context, const struct json_split_record *record)
{
    struct seen *seen = context;
    struct text *line = &seen->line;
    if (!bytes_eq(record->text, bytes_sub(seen->whole, record->offset, record->text.n)))
        abort();
    text_clear(line);
    loki_place(record->labels, line);
    loki_entry(record->text, line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_split s;
    struct seen seen = {.whole = bytes_of(data, size)};
    loki_probe(seen.whole);
    loki_first_line(seen.whole, &seen.line);
    json_split_begin(&s, on_record, &seen);
    s.streams = true;
    json_split_feed(&s, bytes_sub(seen.whole, 0, size / 2));
    json_split_feed(&s, bytes_from(seen.whole, size / 2));
    json_split_end(&s);
    text_release(&seen.line);
    return 0;
}
