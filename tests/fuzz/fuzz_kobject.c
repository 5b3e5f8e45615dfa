/* YAML and JSON objects: spans inside the text, whatever the text is. */
#include <stdlib.h>

#include "formats/kevent.h"
#include "formats/kobject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kobjects all = {0};
    struct kevent event;
    kobjects_read(bytes_of(data, size), &all);
    for (size_t i = 0; i < all.n; i++) {
        if (all.v[i].offset > size || all.v[i].length > size - all.v[i].offset)
            abort();
        kevent_read(&all.v[i], &event);
    }
    kobjects_release(&all);
    kobject_looks_like(bytes_of(data, size));
    return 0;
}
