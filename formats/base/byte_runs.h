/* Byte runs: where many bytes of a set stand together in a text, all of them or every
 * second one. One pass at several times the speed of a checksum. */
#ifndef FORMATS_BASE_BYTE_RUNS_H
#define FORMATS_BASE_BYTE_RUNS_H

#include "formats/base/marks.h"

struct byte_range {
    uint8_t first, last;
};

struct byte_runs {
    struct byte_range any[3]; /* the byte is in one of these, */
    struct byte_range next;   /* and the one behind it in this; 0 behind the text */
    unsigned least, step;     /* at least so many, so far apart: together at most 64 */
};

struct byte_runs_walk {
    const struct byte_runs *runs;
    struct marks marks;
    uint64_t before; /* what goes on before the marks */
};
struct byte_runs_walk byte_runs_walk(const struct byte_runs *runs, struct bytes text,
                                     size_t from);
/* Where the next run begins; text.n at the end. */
size_t byte_runs_next(struct byte_runs_walk *w);

#endif
