/* Headers of rpm. */
#include "formats/rpm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_package(void *context, const struct package_record *p)
{
    (void)context;
    if (p->name.n == 0)
        __builtin_trap();
}

static void take_file(void *context, const struct package_file *f)
{
    (void)context;
    if (f->mode > 07777)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct faults faults = {0};
    const struct package_sink sink = {NULL, take_package, take_file, &faults};
    rpm_header_read(bytes_of(data, size), &arena, &sink);
    for (size_t i = 0; i < faults.n; i++) {
        if (faults.v[i].offset > size)
            __builtin_trap();
    }
    faults_release(&faults);
    arena_release(&arena);
    return 0;
}
