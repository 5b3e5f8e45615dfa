/* Arena: memory with one owner and one end.
 *
 * Allocations live until arena_release(); there is no single free. Not thread-safe: one
 * arena belongs to one worker at a time.
 */
#ifndef FORMATS_BASE_ARENA_H
#define FORMATS_BASE_ARENA_H

#include "formats/base/bytes.h"

struct arena_block;
struct arena {
    struct arena_block *head;
    size_t used; /* bytes handed out so far, to hold against a ceiling */
};

#define ARENA_INIT                                                                       \
    {                                                                                    \
        NULL, 0                                                                          \
    }

/* Zeroed, and aligned for any type of that size; never NULL. */
void *arena_alloc(struct arena *a, size_t n);
#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, count)                                                      \
    ((type *)arena_alloc_array((a), (count), sizeof(type)))
void *arena_alloc_array(struct arena *a, size_t count, size_t size);

/* A copy that lives as long as the arena, with a NUL after it that is not counted. */
struct bytes arena_copy(struct arena *a, struct bytes b);
const char *arena_string(struct arena *a, struct bytes b);
/* What was read into memory of malloc(), with room for the NUL behind it: takes `p` over,
 * so that what is large is not copied. */
struct bytes arena_adopt(struct arena *a, uint8_t *p, size_t n);
__attribute__((format(printf, 2, 3))) const char *arena_printf(struct arena *a,
                                                               const char *format, ...);

/* Ends all allocations, and keeps a block of memory for the next ones. */
void arena_reset(struct arena *a);
/* Frees everything; the arena can be used again. */
void arena_release(struct arena *a);

#endif
