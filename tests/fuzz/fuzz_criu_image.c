/* One CRIU image of any type, magic and all: what identify and the decoder are given. */
#include "tests/fuzz/criu_family.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_image(bytes_of(data, size));
    return 0;
}
