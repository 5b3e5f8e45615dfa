/* Time zones: offsets of any moment are defined, and a local time that is there once is
 * that of its moment. */
#include <stdlib.h>

#include "formats/tzif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t moments[] = {-9000000000, -1,         0,
                                      951782400,   1793491200, 9000000000};
    struct tzif z;
    struct fault fault = {0};
    int64_t t, offset;
    if (!tzif_read(bytes_of(data, size), &z, &fault)) {
        if (!fault.code || fault.offset > size)
            abort();
        return 0;
    }
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++)
        if (tzif_moment(&z, moments[i], &t) == TZIF_ONCE &&
            t + tzif_offset(&z, t) != moments[i])
            abort();
    tzif_abbreviation(&z, BYTES("CET"), &offset);
    return 0;
}
