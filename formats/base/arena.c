#include "formats/base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/base/memory.h"

struct arena_block {
    struct arena_block *next;
    size_t at, size;
    void *adopted; /* or NULL */
    alignas(max_align_t) uint8_t data[];
};

#define FIRST_BLOCK   1024
#define LARGEST_BLOCK ((size_t)256 * 1024)
/* An arena that has handed out so much takes a large page at a time. */
#define MANY       (2 * MEMORY_LARGE_PAGE)
#define LARGE_PAGE (MEMORY_LARGE_PAGE - sizeof(struct arena_block))

static size_t next_size(const struct arena *a)
{
    size_t size = a->head ? a->head->size * 2 : FIRST_BLOCK;
    if (a->used >= MANY)
        return LARGE_PAGE;
    return size < LARGEST_BLOCK ? size : LARGEST_BLOCK;
}

static struct arena_block *new_block(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct arena_block))
        memory_exhausted();
    size_t all = sizeof(struct arena_block) + size;
    struct arena_block *block = size >= LARGE_PAGE ? memory_pages(all) : malloc(all);
    if (!block)
        memory_exhausted();
    *block = (struct arena_block){.size = size};
    return block;
}

/* A large allocation has a block of its own, behind the head, whose rest is still used.
 */
static bool stands_alone(size_t n)
{
    return n > LARGEST_BLOCK / 4;
}

static struct arena_block *add_block(struct arena *a, size_t need)
{
    bool alone = stands_alone(need);
    struct arena_block *block =
        new_block(alone || need > next_size(a) ? need : next_size(a));
    struct arena_block **place = a->head && alone ? &a->head->next : &a->head;
    block->next = *place;
    *place = block;
    return block;
}

/* The size of a type is a multiple of its alignment (C17 6.2.8, 6.5.3.4), so that the
 * size tells what may lie there: names of a million files need no padding. */
static size_t alignment_for(size_t n)
{
    const size_t most = alignof(max_align_t);
    return n % most == 0 ? most : n & (~n + 1);
}

static void *take(struct arena *a, size_t n)
{
    struct arena_block *block = a->head;
    size_t align = alignment_for(n);
    size_t padding = block ? (~block->at + 1) & (align - 1) : 0;
    if (!block || padding > block->size - block->at ||
        n > block->size - block->at - padding) {
        block = add_block(a, n);
        padding = (~block->at + 1) & (align - 1);
    }
    void *p = block->data + block->at + padding;
    block->at += padding + n;
    a->used += padding + n;
    return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
    return memset(take(a, n), 0, n);
}

void *arena_alloc_array(struct arena *a, size_t count, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(count, size, &n))
        memory_exhausted();
    return arena_alloc(a, n);
}

struct bytes arena_copy(struct arena *a, struct bytes b)
{
    uint8_t *p = take(a, b.n + 1);
    if (b.n)
        memcpy(p, b.p, b.n);
    p[b.n] = '\0';
    return bytes_of(p, b.n);
}

struct bytes arena_adopt(struct arena *a, uint8_t *p, size_t n)
{
    struct bytes all = bytes_of(p, n);
    if (!stands_alone(n)) {
        all = arena_copy(a, all);
        free(p);
        return all;
    }
    struct arena_block *block = new_block(0);
    if (!a->head)
        add_block(a, 1);
    block->next = a->head->next;
    block->adopted = p;
    a->head->next = block;
    a->used += n + 1;
    p[n] = '\0';
    return all;
}

const char *arena_string(struct arena *a, struct bytes b)
{
    return (const char *)arena_copy(a, b).p;
}

const char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *p = arena_alloc(a, n < 0 ? 1 : (size_t)n + 1);
    if (n > 0)
        vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return p;
}

void arena_reset(struct arena *a)
{
    struct arena_block *kept = a->head;
    if (!kept)
        return;
    a->head = kept->next;
    arena_release(a);
    kept->next = NULL;
    kept->at = 0;
    a->head = kept;
}

void arena_release(struct arena *a)
{
    for (struct arena_block *b = a->head, *next; b; b = next) {
        next = b->next;
        free(b->adopted);
        free(b);
    }
    *a = (struct arena)ARENA_INIT;
}
