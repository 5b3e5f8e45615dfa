/* However a stream is cut into blocks, its lines are the same and nothing is lost. The
 * first byte says how large the blocks are. */
#include <stdlib.h>

#include "formats/base/lines.h"
#include "formats/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void note(void *context, const struct line *line)
{
    struct text *t = context;
    text_printf(t, "%llu %llu %d %d ", (unsigned long long)line->offset,
                (unsigned long long)line->number, line->cut, line->ended);
    text_add(t, line->text);
    text_byte(t, '\n');
}

static struct text cut(struct bytes all, size_t block)
{
    struct text t = {0};
    struct lines l;
    lines_init(&l, note, &t);
    for (size_t at = 0; at < all.n; at += block)
        lines_feed(&l, bytes_sub(all, at, block));
    lines_end(&l);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct bytes all = bytes_of(data + 1, size - 1);
    struct text whole = cut(all, all.n + 1), parts = cut(all, data[0] + 1u);
    if (!bytes_eq(text_bytes(&whole), text_bytes(&parts)))
        abort();
    text_release(&whole);
    text_release(&parts);
    return 0;
}
