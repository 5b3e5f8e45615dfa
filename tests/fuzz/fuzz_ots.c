/* OpenTimestamps proofs and block headers. */
#include "formats/ots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *context, const struct ots_attestation *a)
{
    (void)context;
    if (a->message.n > 4096)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct digest digest;
    const struct ots_sink sink = {take, NULL};
    (void)ots_read(bytes_of(data, size), &arena, &sink, &digest);
    (void)block_header_read(bytes_of(data, size));
    arena_release(&arena);
    return 0;
}
