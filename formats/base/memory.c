#include "formats/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

__attribute__((noreturn)) void (*memory_exhausted)(void) = abort;

void *memory_new(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        memory_exhausted();
    return p;
}

/* A hint: where the kernel does not follow it, the memory is there all the same. The page
 * with malloc's own header is among them: with the first page left out the kernel has two
 * mappings, and realloc() must copy where it could move. */
static void ask_for_large_pages(void *p, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = (uintptr_t)p & ~(page - 1);
    uintptr_t to = ((uintptr_t)p + size + page - 1) & ~(page - 1);
    if (to - from >= MEMORY_LARGE_PAGE)
        madvise((void *)from, to - from, MADV_HUGEPAGE);
}

void *memory_pages(size_t size)
{
    void *p;
    if (posix_memalign(&p, MEMORY_LARGE_PAGE, size) != 0)
        memory_exhausted();
    ask_for_large_pages(p, size);
    return p;
}

void *memory_grow(void *v, size_t *capacity, size_t want, size_t size)
{
    if (want <= *capacity)
        return v;
    size_t room = *capacity < 8 ? 8 : *capacity;
    while (room < want)
        room = room > SIZE_MAX / 2 ? want : room * 2;
    void *p = room > SIZE_MAX / size ? NULL : realloc(v, room * size);
    if (!p)
        memory_exhausted();
    if (room * size >= 2 * MEMORY_LARGE_PAGE)
        ask_for_large_pages(p, room * size);
    *capacity = room;
    return p;
}
