/* Parts: lists that today's CRIU keeps inside of a record, and that had images of their
 * own before: signal handlers, limits, timers, pending signals, what an epoll watches. */
#ifndef ANALYZE_PROCESS_PARTS_H
#define ANALYZE_PROCESS_PARTS_H

#include "analyze/process/checkpoint.h"

struct parts {
    ProtobufCMessage *const *v; /* those of an image are never NULL */
    size_t n;
};

/* A repeated field of messages: parts_inside(task->sigactions, task->n_sigactions). */
struct parts parts_inside(void *list, size_t n);
/* The messages of an image of that type; none when `image` is NULL or of another. */
struct parts parts_apart(struct checkpoint *c, const struct image *image,
                         enum criu_type type);
/* Those of them that say that they belong to open file `id`. */
struct parts parts_of_file(struct checkpoint *c, const struct image *image,
                           enum criu_type type, uint32_t id);
/* Inside if there are any, else apart: "STEM-NUMBER.img". */
struct parts parts_of_task(struct checkpoint *c, struct parts inside, enum criu_type type,
                           uint32_t number);

#endif
