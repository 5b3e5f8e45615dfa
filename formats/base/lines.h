/* Lines: cuts a stream of blocks into lines, each with its offset in the stream.
 *
 * A line inside one block is a view into it; only a line across a border is copied. The
 * newline (and nothing else: a CR stays) is not part of the line. A line over LIMIT_LINE
 * is handed out cut off with `cut` set, and its rest is skipped.
 */
#ifndef FORMATS_BASE_LINES_H
#define FORMATS_BASE_LINES_H

#include "formats/base/bytes.h"

struct line {
    struct bytes text;
    uint64_t offset; /* of the first byte, from the start of the stream */
    uint64_t number; /* from 1 */
    bool cut;        /* longer than LIMIT_LINE */
    bool ended;      /* a newline follows; false only for the last line */
};

typedef void line_fn(void *context, const struct line *line);

struct lines {
    line_fn *each;
    void *context;
    uint8_t *carry;
    size_t carry_n, carry_capacity;
    uint64_t offset;  /* of the line that is being read */
    uint64_t pending; /* bytes of it that were already fed */
    uint64_t number;
    bool skipping; /* its rest is thrown away */
};

void lines_init(struct lines *l, line_fn *each, void *context);
void lines_feed(struct lines *l, struct bytes block);
/* Hands out a last line without a newline; frees the carry. */
void lines_end(struct lines *l);

#endif
