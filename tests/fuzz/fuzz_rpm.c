/* Headers of rpm. */
#include "formats/rpm.h"
#include "tests/fuzz/package_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct package_fuzzing f;
    package_fuzzing_begin(&f);
    rpm_header_read(bytes_of(data, size), &f.arena, &f.sink);
    package_fuzzing_end(&f, size);
    return 0;
}
