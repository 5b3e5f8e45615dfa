/* Build information of Go programs. */
#include "formats/go_build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct elf e;
    struct go_build go;
    if (elf_read(bytes_of(data, size), &arena, &e, NULL) && go_build_read(&e, &go) &&
        go.version.n == 0)
        __builtin_trap();
    arena_release(&arena);
    return 0;
}
