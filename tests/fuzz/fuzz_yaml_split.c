/* Records are the bytes at their places, however the stream is cut into blocks. */
#include <stdlib.h>

#include "formats/yaml_split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct bytes whole;
    uint64_t sum;
};

static void on_record(void *context, const struct yaml_split_record *r)
{
    struct seen *s = context;
    if (!bytes_eq(r->text, bytes_sub(s->whole, r->offset, r->text.n)))
        abort();
    s->sum = s->sum * 31 + r->offset * 7 + r->text.n * 2 + r->complete;
}

static uint64_t split(struct bytes text, size_t block)
{
    struct seen seen = {.whole = text};
    struct yaml_split s;
    yaml_split_begin(&s, on_record, &seen);
    for (size_t i = 0; i < text.n; i += block)
        yaml_split_feed(&s, bytes_sub(text, i, block));
    yaml_split_end(&s);
    return seen.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = bytes_of(data, size);
    yaml_split_wants(text);
    if (split(text, 1) != split(text, 4096))
        abort();
    return 0;
}
