/* Databases of dpkg: as a status, as digests, as a list, as diversions. */
#include "formats/dpkg.h"
#include "tests/fuzz/package_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each line of a list of dpkg's is a path. */
static void take_path(void *context, const struct package_file *f)
{
    take_file(context, f);
    if (f->path.n == 0)
        __builtin_trap();
}

static void take_diversion(void *context, const struct dpkg_diversion *d)
{
    (void)context;
    (void)d;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct package_fuzzing f;
    struct bytes all = bytes_of(data, size), name, architecture;
    package_fuzzing_begin(&f);
    f.sink.file = take_path;
    dpkg_status_read(all, &f.sink);
    dpkg_md5sums_read(all, &f.sink);
    dpkg_list_read(all, &f.sink);
    dpkg_diversions_read(all, NULL, take_diversion);
    (void)dpkg_info_name(all, ".list", &name, &architecture);
    package_fuzzing_end(&f, size);
    return 0;
}
