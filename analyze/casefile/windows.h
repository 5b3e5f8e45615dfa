/* Windows: what of the evidence is read for a place that is cited, and what is shown of
 * it. For analyze/casefile/ only. */
#ifndef ANALYZE_CASEFILE_WINDOWS_H
#define ANALYZE_CASEFILE_WINDOWS_H

#include "analyze/casefile/private.h"

struct window {
    uint32_t item; /* as the case file numbers it */
    uint64_t offset, length;
    uint64_t start, want; /* of what is read for it: what masks it stands around it */
    struct text bytes;    /* what was read so far */
    struct text shown;  /* the result: masked and escaped, at most LIMIT_EXCERPT of it */
    size_t shown_bytes; /* of the evidence */
    bool done;
};

void window_release(struct window *w);
/* What of `block`, which stands at `at` of the item, follows what it has. */
void window_take(struct window *w, struct bytes block, uint64_t at);
/* It gets no more: makes of it what is shown. */
void window_finish(const struct casefile *c, struct window *w);

struct windows {
    struct window *v;
    size_t n, capacity;
};
/* Releases what they hold, and empties the list. */
void windows_clear(struct windows *w);
void windows_release(struct windows *w);
/* In order of item and offset. */
void windows_add(struct windows *w, const struct wanted *place);
bool windows_done(const struct windows *w); /* all of them */
/* Both are of one item and in order: moves what is done in `from` and wanted in `to`. */
void windows_take(struct windows *from, struct windows *to);

/* Reads items one after the other: an archive that was opened is read on. */
struct window_reader {
    const struct casefile *c; /* its packages and its mask: they do not change */
    uint64_t read;            /* held against LIMIT_EXCERPT_READING */
    struct source *source;    /* of the last item that was read, or NULL */
    const struct item *last;
};
void window_reader_close(struct window_reader *r);
/* The windows are of one item: all are done then, with less than was wanted where it
 * cannot be read to its end. False when that is too much to read: what of it was done
 * already does not count, so that who read ahead, and how far, changes no result. Those
 * that are done are left alone; their cost is the same. Several readers may work at once,
 * on any thread. */
bool windows_read(struct window_reader *r, struct windows *w);
#endif
