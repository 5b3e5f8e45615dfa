/* Subscriptions: however the stream is cut into blocks, the octets are the same. */
#include "formats/awslogs.h"

#include <stdlib.h>

static uint64_t read_all(struct bytes text, size_t block)
{
    struct memory_source memory = memory_source_of(text, block);
    struct source *s = awslogs_source_new(&memory.source);
    struct bytes octets;
    uint64_t sum = 0;
    while (source_next(s, &octets) > 0) {
        for (size_t i = 0; i < octets.n; i++)
            sum = sum * 31 + octets.p[i] + 1;
    }
    sum += s->fault.code * 7 + s->fault.offset * 3;
    awslogs_source_free(s);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = bytes_of(data, size);
    awslogs_sniff(text);
    if (read_all(text, 1) != read_all(text, 4096))
        abort();
    return 0;
}
