/* What an item is, from hostile first bytes and a hostile name. */
#include "verify/identify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes all = bytes_of(data, size);
    size_t split = bytes_find_byte(all, '\n');
    struct bytes name = bytes_sub(all, 0, split), head = bytes_from(all, split + 1);
    struct identity id = identify(head, name);
    if (id.role >= ROLE_COUNT || (id.role == ROLE_UNKNOWN) != (id.how == BY_NOTHING))
        __builtin_trap();
    identify_fits_name(head, name);
    identify_is_root_file(name);
    return 0;
}
