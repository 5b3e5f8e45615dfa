/* METADATA and RECORD of Python distributions. */
#include "formats/python_dist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_file(void *context, const struct package_file *f)
{
    (void)context;
    if (f->path.n == 0)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct faults faults = {0};
    struct package_record p;
    struct bytes all = bytes_of(data, size);
    const struct package_sink sink = {NULL, NULL, take_file, &faults};
    if (python_metadata_read(all, &p) && p.name.n == 0)
        __builtin_trap();
    python_record_read(all, &arena, &sink);
    faults_release(&faults);
    arena_release(&arena);
    return 0;
}
