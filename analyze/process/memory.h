/* Memory: reads address spaces of a checkpoint, in order of address, in one pass.
 *
 * Each byte comes from the pages of this dump, from a dump before it, from a shared
 * object, or is known to be zero; or it is not in the dump at all, which is said and
 * never taken for zero. Small pages files are in memory already, and of large ones in an
 * archive the end; the rest of them is streamed, so asking in order of address costs one
 * reading.
 */
#ifndef ANALYZE_PROCESS_MEMORY_H
#define ANALYZE_PROCESS_MEMORY_H

#include "analyze/process/checkpoint.h"

enum memory_origin {
    MEMORY_PAGES,   /* pages of this dump */
    MEMORY_PARENT,  /* pages of a dump before it */
    MEMORY_SHARED,  /* pages of a shared object or memfd */
    MEMORY_GHOST,   /* a deleted file that was saved whole, mapped and not changed */
    MEMORY_ZERO,    /* never written: zeros, in no file */
    MEMORY_FILE,    /* unchanged since it was mapped: the bytes are the file's */
    MEMORY_LAZY,    /* left on the dumped machine */
    MEMORY_MISSING, /* should be in the dump and is not */
    MEMORY_SPECIAL, /* the kernel's own pages, never dumped */
};
const char *memory_origin_name(enum memory_origin s);
/* Do its blocks carry bytes? */
static inline bool memory_has_bytes(enum memory_origin s)
{
    return s <= MEMORY_GHOST;
}

struct memory_block {
    uint64_t address;
    uint64_t size;
    struct bytes data; /* `size` bytes; empty when the source has none */
    enum memory_origin origin;
    struct span span;      /* of data; item NULL without */
    const struct vma *vma; /* NULL when an object is read */
};
/* Returning anything but 0 ends the walk, which returns it. */
typedef int memory_fn(void *context, const struct memory_block *block);

struct memory;
struct memory *memory_open(const struct checkpoint *c);
void memory_close(struct memory *m);
const struct checkpoint *memory_checkpoint(const struct memory *m);
/* Shows each block of a pages file that is read forward, whoever wants it and whether he
 * wants all of it. NULL: no longer. */
typedef void memory_passes_fn(void *context, const struct item *item, uint64_t at,
                              struct bytes block);
void memory_watch(struct memory *m, memory_passes_fn *passes, void *context);

/* Addresses of a process, or offsets in a shared object; empty when end <= start. */
struct memory_range {
    const struct process *process; /* NULL: of an object */
    const struct object *object;   /* NULL: of a process */
    uint64_t start, end;           /* the end is not in it */
};
static inline struct memory_range process_range(const struct process *p, uint64_t start,
                                                uint64_t end)
{
    return (struct memory_range){p, NULL, start, end};
}
/* The first `size` bytes. */
static inline struct memory_range object_range(const struct object *o, uint64_t size)
{
    return (struct memory_range){NULL, o, 0, size};
}

/* All that a dump holds: each process, then each object, in their own order; but what is
 * reached only by reading an archive from its beginning comes as its pages stand there.
 * So whoever reads all of it reads an archive once. A list of *n; free() it. */
struct memory_range *memory_ranges(const struct checkpoint *c, size_t *n);
/* Nothing more is read of the range that was read last: in an archive, what comes now is
 * read on from there, and not from the beginning. */
void memory_leave(struct memory *m);

/* The blocks of a range in order of address; what no area covers, and what is behind the
 * end of an object, is left out. 0, or what `each` returned, or < 0 when reading failed
 * for a reason of ours. */
int memory_walk(struct memory *m, struct memory_range range, memory_fn *each,
                void *context);

/* Without reading: where the byte at `address` comes from, and up to where (below `end`)
 * that holds. */
struct memory_piece {
    enum memory_origin origin;
    uint64_t size;
    const struct item *item; /* pages file, with `offset` in it */
    uint64_t offset;
};
struct memory_piece memory_piece_at(const struct process *p, const struct vma *v,
                                    uint64_t address, uint64_t end);
struct memory_piece memory_object_piece(const struct object *o, uint64_t offset,
                                        uint64_t end);

/* Copies a range into `into`, which has room for it; stops at the first byte that is not
 * known. Zero pages count as known. Returns how many; *span (or NULL) says where the
 * first of them stands (item NULL when it is zero). */
size_t memory_copy(struct memory *m, struct memory_range range, uint8_t *into,
                   struct span *span);

/* Reads command line, environment and the path given to execve of every process. */
void memory_read_strings(struct memory *m, struct checkpoint *c);

#endif
