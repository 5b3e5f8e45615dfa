/* Batch: what the decoding of one chunk of a log gives, on its way from a worker to the
 * thread that commits. Everything in it lives in its arena. */
#ifndef ANALYZE_EVENTS_BATCH_H
#define ANALYZE_EVENTS_BATCH_H

#include "analyze/events/coverage.h"
#include "analyze/events/event.h"
#include "analyze/rules/rules.h"
#include "formats/base/arena.h"
#include "formats/containerlog.h"

struct kube_note;

struct batch_match {
    struct match match;
    struct batch_match *next;
};

/* An event that may be stored: its scope is decided at the commit when it has a note. Of
 * most requests a note is all that is wanted, so their event is not made before. */
struct batch_event {
    struct event event;  /* only its kind and span while `record` waits */
    struct bytes record; /* text to make the event from; empty once it is made */
    struct kube_note *note;
    struct batch_match *matches;
    struct batch_event *next;
};

/* A line of a container log: its parts are joined at the commit. */
struct batch_line {
    struct container_line line;
    struct batch_line *next;
};

struct batch {
    struct arena arena;
    struct batch_event *first, **end;
    struct batch_line *first_line, **end_line;
    struct coverage_part coverage;
    bool not_lines; /* the chunk is part of a document, not of a log of lines */
};

struct batch *batch_new(void);
void batch_free(struct batch *b);
/* Copies the event and everything that it shows. */
struct batch_event *batch_add(struct batch *b, const struct event *e);
/* Places a waiting event. */
struct batch_event *batch_add_record(struct batch *b, struct bytes record,
                                     struct span span);
/* Takes the waiting event's place; copies as batch_add does. */
void batch_make(struct batch *b, struct batch_event *waiting, const struct event *e);
void batch_add_match(struct batch *b, struct batch_event *e, const struct match *m);
void batch_add_line(struct batch *b, const struct container_line *line);

/* -- text put together from evidence --------------------------------------------------
 */

/* The parts after each other, those that are empty left out, `separator` between them. */
struct bytes join_parts(struct arena *arena, const char *separator,
                        const struct bytes *parts, size_t count);
#define JOIN(arena, separator, ...)                                                      \
    join_parts((arena), (separator), (const struct bytes[]){__VA_ARGS__},                \
               sizeof((const struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))
struct bytes number_text(struct arena *arena, int64_t n);

#endif
