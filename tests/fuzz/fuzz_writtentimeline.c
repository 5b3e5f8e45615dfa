/* Written timelines: statements are bytes of the text. */
#include <stdlib.h>

#include "formats/writtentimeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct timeline t = {0};
    timeline_read(bytes_of(data, size), INSTANT_NONE, &t);
    for (size_t i = 0; i < t.n; i++) {
        if (t.v[i].offset > size || t.v[i].length > size - t.v[i].offset ||
            t.v[i].end < t.v[i].time)
            abort();
    }
    timeline_release(&t);
    return 0;
}
