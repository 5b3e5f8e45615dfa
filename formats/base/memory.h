/* The one place where exhibit gives up for want of memory.
 *
 * Every ceiling on what evidence may make us allocate stands in limits.h and is checked
 * before these are called, so failing here means that the machine is out of memory. It
 * is our failure, never the evidence's: the process ends with status 3.
 */
#ifndef FORMATS_BASE_MEMORY_H
#define FORMATS_BASE_MEMORY_H

#include <stddef.h>

/* What the kernel gives at one fault where it has it, in place of 4 KiB. */
#define MEMORY_LARGE_PAGE ((size_t)2 << 20)

/* Called instead of abort() when memory is exhausted; must not return. Set once by main.
 */
extern __attribute__((noreturn)) void (*memory_exhausted)(void);

/* Never NULL, zeroed; count * size is checked for overflow. Caller frees with free(). */
void *memory_new(size_t count, size_t size);

/* Never NULL, not zeroed; begins at a large page. For what is filled from its beginning
 * and is several MiB in all: the faults for small pages cost more than what is written
 * there. Caller frees with free(). */
void *memory_pages(size_t size);

/* Grows v (may be NULL) to hold at least `want` elements; *capacity is in elements. */
void *memory_grow(void *v, size_t *capacity, size_t want, size_t size);

#endif
