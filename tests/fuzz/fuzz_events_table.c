/* Tables of kubectl: rows lie within the text. */
#include "formats/events_table.h"

#include <stdlib.h>

static void on_row(void *context, const struct event_row *row)
{
    const struct bytes *text = context;
    if (row->offset > text->n || row->length > text->n - row->offset ||
        row->event.count == 0 || row->first.age < 0 || row->last.age < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = bytes_of(data, size);
    events_table_probe(text);
    events_table_printed(text);
    events_table_read(text, on_row, &text);
    return 0;
}
