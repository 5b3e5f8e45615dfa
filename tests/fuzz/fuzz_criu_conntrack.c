/* What the kernel answered when it was asked for its connections. */
#include <stdlib.h>

#include "formats/criu/conntrack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct faults faults = {0};
    struct netlink_reader r = conntrack_open(bytes_of(data, size), &faults);
    struct conntrack_entry e;
    while (conntrack_next(&r, &e))
        if (e.offset > size || e.length > size - e.offset)
            abort();
    faults_release(&faults);
    return 0;
}
