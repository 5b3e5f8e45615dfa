/* Lists of changed paths: entries are absolute and lie in the text or in its JSON. */
#include "formats/change_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(void *context, const struct listed *entry)
{
    const size_t *size = context;
    if (entry->change > LISTED_DELETED || entry->path.n == 0 || entry->path.p[0] != '/' ||
        entry->offset > *size)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes all = bytes_of(data, size);
    struct faults faults = {0};
    change_list_probe(all);
    change_list_read(all, look, &size, &faults);
    faults_release(&faults);
    return 0;
}
