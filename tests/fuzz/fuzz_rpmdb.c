/* Databases of rpm with their logs: four octets say how long the database is. */
#include "formats/base/cursor.h"
#include "formats/rpmdb.h"
#include "tests/fuzz/package_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct package_fuzzing f;
    struct cursor c = cursor_of(bytes_of(data, size));
    uint32_t length = cursor_u32le(&c);
    struct bytes rest = cursor_rest(&c);
    struct bytes database = bytes_sub(rest, 0, length);
    package_fuzzing_begin(&f);
    (void)rpmdb_form_of(database);
    rpmdb_read(database, bytes_from(rest, length), &f.arena, &f.sink);
    package_fuzzing_end(&f, SIZE_MAX);
    return 0;
}
