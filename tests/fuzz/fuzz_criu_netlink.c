/* What `ip … save` wrote. */
#include <stdlib.h>

#include "formats/criu/netlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct faults faults = {0};
    struct netlink_reader r;
    struct netlink_entry e;
    if (netlink_open(&r, bytes_of(data, size), &faults))
        while (netlink_next(&r, &e))
            if (e.offset > size || e.length > size - e.offset)
                abort();
    faults_release(&faults);
    return 0;
}
