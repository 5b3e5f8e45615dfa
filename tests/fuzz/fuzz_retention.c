/* Captured answers of object stores. */
#include "formats/retention.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *context, const struct retention_statement *s)
{
    const size_t *size = context;
    if (s->offset > *size || s->length > *size - s->offset)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct faults faults = {0};
    (void)retention_probe(bytes_of(data, size));
    (void)retention_probe_printed(bytes_of(data, size));
    const struct retention_sink sink = {take, &size, &faults};
    retention_read(bytes_of(data, size), &arena, &sink);
    faults_release(&faults);
    arena_release(&arena);
    return 0;
}
