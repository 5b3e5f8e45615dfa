/* What the fuzz targets of manifests share: a target says which readers are tried. */
#ifndef TESTS_FUZZ_MANIFEST_READERS_H
#define TESTS_FUZZ_MANIFEST_READERS_H

#include "formats/manifest.h"

/* Probes and reads `all`; each target has its own. */
static void read_all(struct bytes all, struct arena *arena,
                     const struct manifest_sink *sink);

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
    read_all(bytes_of(data, size), &arena, &sink);
    for (size_t i = 0; i < faults.n; i++) {
        if (faults.v[i].offset > size)
            __builtin_trap();
    }
    faults_release(&faults);
    arena_release(&arena);
    return 0;
}

#endif
