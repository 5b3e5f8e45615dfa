/* ELF files: every view lies inside of what was read. */
#include "formats/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct bytes all, struct bytes part)
{
    if (part.n &&
        (part.p < all.p || part.n > all.n || (size_t)(part.p - all.p) > all.n - part.n))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct faults faults = {0};
    struct bytes all = bytes_of(data, size);
    struct elf e;
    if (elf_read(all, &arena, &e, &faults)) {
        for (size_t i = 0; i < e.section_count; i++) {
            inside(all, e.sections[i].bytes);
            inside(all, e.sections[i].name);
        }
        for (size_t i = 0; i < e.segment_count; i++)
            inside(all, e.segments[i].bytes);
        for (size_t i = 0; i < e.needed_count; i++)
            inside(all, e.needed[i]);
        inside(all, e.interpreter);
        inside(all, e.run_path);
        (void)elf_section(&e, ".text");
    }
    faults_release(&faults);
    arena_release(&arena);
    return 0;
}
