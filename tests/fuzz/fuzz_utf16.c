/* UTF-16 as a stream gives what it gives as a whole, however it is cut into blocks. */
#include <stdlib.h>

#include "formats/base/marked_text.h"
#include "formats/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct bytes all = bytes_of(data, size), block;
    struct memory_source memory =
        memory_source_of(all, size ? 1 + data[size - 1] % 7 : 1);
    struct source *s = utf16_source_new(&memory.source);
    struct marked_text whole = marked_text_of(all, &arena);
    struct text t = {0};
    while (source_next(s, &block) == 1)
        text_add(&t, block);
    if (!utf8_valid(text_bytes(&t)))
        abort();
    if (whole.decoded && (whole.fault.code != s->fault.code ||
                          (whole.fault.code && whole.fault.offset != s->fault.offset) ||
                          !bytes_starts(text_bytes(&t), whole.text)))
        abort();
    utf16_source_free(s);
    text_release(&t);
    arena_release(&arena);
    return 0;
}
