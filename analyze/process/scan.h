/* Scan: hands memory to a searcher in windows that never cut what is sought.
 *
 * A run is memory at consecutive addresses, however many pagemap entries it is made of.
 * A run is given in windows of up to SCAN_WINDOW bytes; the searcher says how far it is
 * done, and what follows is shown again at the start of the next window. Shared objects
 * are scanned once, not once per process that maps them.
 */
#ifndef ANALYZE_PROCESS_SCAN_H
#define ANALYZE_PROCESS_SCAN_H

#include "analyze/process/memory.h"

#define SCAN_WINDOW (UINT64_C(1) << 18)
/* Nothing that is sought is longer; only a hit that begins in the last so many bytes of a
 * window waits for the next one. */
#define SCAN_OVERLAP (UINT64_C(1) << 13)

struct window {
    struct bytes bytes;
    uint64_t address; /* of bytes.p[0]; in an object the offset */
    size_t limit;     /* a hit that begins before this is to be reported now */
    bool continues;   /* its first bytes were in the window before as well */
    const struct process *process; /* NULL: an object */
    const struct object *object;   /* NULL: a process */
    /* What the bytes stand in, SCAN_WINDOW bytes of memory_new(). Who wants to keep them
     * takes it, and leaves another one; he may not change it before the next window. */
    uint8_t **buffer;
};

/* Returns how many bytes are done with. What is left is shown again: at most
 * SCAN_OVERLAP bytes, and in addition what the searcher needs before a hit. */
typedef size_t window_fn(void *context, const struct window *w);

/* Every process, or the one given, and the objects that they map, in the order of
 * memory_ranges(). 0 or < 0.
 * `m` belongs to the calling thread. */
int scan_memory(struct memory *m, const struct process *only, window_fn *each,
                void *context);

/* What a searcher found: bytes of a window. */
struct passage {
    const struct window *window;
    size_t at, length;
};
uint64_t passage_address(struct passage p);
/* Where they stand in a pages file. */
struct span passage_span(struct passage p);

#endif
