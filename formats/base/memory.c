#include "formats/base/memory.h"

#include <stdint.h>
#include <stdlib.h>

__attribute__((noreturn)) void (*memory_exhausted)(void) = abort;

void *memory_new(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        memory_exhausted();
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
    *capacity = room;
    return p;
}
