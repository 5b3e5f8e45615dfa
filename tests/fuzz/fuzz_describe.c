/* kubectl describe: times are lines of the text. */
#include <stdlib.h>

#include "formats/describe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_time(void *context, const struct describe_time *t)
{
    const size_t *size = context;
    if (t->offset > *size || t->length > *size - t->offset)
        abort();
}

static void on_line(void *context, const struct describe_line *l)
{
    const size_t *size = context;
    if (l->key.n > *size || l->value.n > *size || l->indent > *size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    describe_lines(bytes_of(data, size), on_line, &size);
    describe_read(bytes_of(data, size), on_time, &size);
    return 0;
}
