/* Check files of coreutils. */
#include "formats/sums.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every entry and every fault must lie inside of what was read. */
static void take(void *context, const struct manifest_entry *e)
{
    const size_t *size = context;
    if (e->offset > *size || e->length > *size - e->offset ||
        e->digest_count > MANIFEST_DIGESTS)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct faults faults = {0};
    const struct manifest_sink sink = {
        .context = &size, .entry = take, .faults = &faults};
    struct bytes all = bytes_of(data, size);
    (void)sums_probe(all, BYTES("a.sha256"));
    sums_read(all, BYTES("B2SUMS"), &arena, &sink);
    sums_read(all, BYTES_NONE, &arena, &sink);
    for (size_t i = 0; i < faults.n; i++) {
        if (faults.v[i].offset > size)
            __builtin_trap();
    }
    faults_release(&faults);
    arena_release(&arena);
    return 0;
}
