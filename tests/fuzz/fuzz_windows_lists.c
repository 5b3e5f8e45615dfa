/* Lists by PowerShell and certutil. */
#include "formats/certutil.h"
#include "formats/file_hash.h"

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
    (void)file_hash_probe(all);
    (void)certutil_probe(all);
    file_hash_read(all, &arena, &sink);
    certutil_read(all, &arena, &sink);
    for (size_t i = 0; i < faults.n; i++) {
        if (faults.v[i].offset > size)
            __builtin_trap();
    }
    faults_release(&faults);
    arena_release(&arena);
    return 0;
}
