/* Databases of dpkg: as a status, as digests, as a list, as diversions. */
#include "formats/dpkg.h"

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
    struct faults faults = {0};
    struct bytes all = bytes_of(data, size), name, architecture;
    const struct package_sink sink = {NULL, take_package, take_file, &faults};
    dpkg_status_read(all, &sink);
    dpkg_md5sums_read(all, &sink);
    dpkg_list_read(all, &sink);
    dpkg_diversions_read(all, NULL, take_diversion);
    (void)dpkg_info_name(all, ".list", &name, &architecture);
    for (size_t i = 0; i < faults.n; i++) {
        if (faults.v[i].offset > size)
            __builtin_trap();
    }
    faults_release(&faults);
    return 0;
}
