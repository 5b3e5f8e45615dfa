/* Containers of every kind, members read to their ends. */
#include "formats/archive.h"
#include "formats/base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory_source from = memory_source_of(bytes_of(data, size), 509);
    enum container kind = container_sniff(bytes_of(data, size));
    struct arena arena = ARENA_INIT;
    struct bytes name, block;
    struct entry entry;
    uint64_t read = 0;
    if (kind == CONTAINER_NONE)
        return 0;
    struct archive_reader *r = archive_open(&from.source, kind);
    for (int members = 0; members < 1000; members++) {
        if (archive_next(r, &arena, &name, &entry) <= 0)
            break;
        struct source *content = archive_content(r);
        while (read < 4 * MIB && source_next(content, &block) > 0)
            read += block.n;
    }
    archive_close(r);
    arena_release(&arena);
    return 0;
}
