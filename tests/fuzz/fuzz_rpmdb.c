/* Databases of rpm with their logs: four octets say how long the database is. */
#include "formats/base/cursor.h"
#include "formats/rpmdb.h"

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
    (void)f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct faults faults = {0};
    struct cursor c = cursor_of(bytes_of(data, size));
    const struct package_sink sink = {NULL, take_package, take_file, &faults};
    uint32_t length = cursor_u32le(&c);
    struct bytes rest = cursor_rest(&c);
    struct bytes database = bytes_sub(rest, 0, length);
    (void)rpmdb_form_of(database);
    rpmdb_read(database, bytes_from(rest, length), &arena, &sink);
    faults_release(&faults);
    arena_release(&arena);
    return 0;
}
