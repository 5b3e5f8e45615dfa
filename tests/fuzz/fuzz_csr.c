/* Names of a subject are views into what was decoded, and never longer than it. */
#include <stdlib.h>

#include "formats/csr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct csr_names names;
    struct csr_name name;
    if (csr_open(bytes_of(data, size), &arena, &names))
        while (csr_next(&names, &name))
            if (!name.attribute || name.value.n > size)
                abort();
    arena_release(&arena);
    return 0;
}
