/* What every database of packages must keep to, whatever its bytes are. */
#ifndef FUZZ_PACKAGE_SINK_H
#define FUZZ_PACKAGE_SINK_H

#include "formats/packages.h"

/* What readers are called with, and what they found. */
struct package_fuzzing {
    struct arena arena;
    struct faults faults;
    struct package_sink sink;
};

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

static inline void package_fuzzing_begin(struct package_fuzzing *f)
{
    *f = (struct package_fuzzing){0};
    f->sink = (struct package_sink){NULL, take_package, take_file, &f->faults};
}

/* Faults lie in the `size` bytes that were read. */
static inline void package_fuzzing_end(struct package_fuzzing *f, size_t size)
{
    for (size_t i = 0; i < f->faults.n; i++) {
        if (f->faults.v[i].offset > size)
            __builtin_trap();
    }
    faults_release(&f->faults);
    arena_release(&f->arena);
}

#endif
