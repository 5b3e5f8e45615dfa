/* Lines of container logs that their runtime cut into parts (16 KiB each), put together
 * again: parts of one line follow each other in their stream, and the last of them says
 * that it is. */
#ifndef FORMATS_CONTAINER_JOIN_H
#define FORMATS_CONTAINER_JOIN_H

#include "formats/base/arena.h"
#include "formats/base/limits.h"
#include "formats/containerlog.h"

/* Zero-initialise, or with a limit. Lines are cut off at the limit, or when all open ones
 * reach LIMIT_LINES_JOINED; more than LIMIT_LINES_OPEN of them are not joined. */
struct container_join {
    size_t limit; /* another one, for lines that hold records; 0: LIMIT_LINE_JOINED */
    struct container_part {
        bool open;
        struct container_line first; /* its texts live in `names` */
        struct arena names;
        uint64_t end; /* behind the last part's line */
        struct text text;
    } parts[LIMIT_LINES_OPEN];
    size_t open, held;            /* parts, and the octets in them */
    struct container_part *taken; /* whose line was handed out */
};

/* Takes the next line in. True when *whole is a complete line, with the time of its first
 * part and a place that holds all its parts; borrowed until the next call. */
bool container_join_next(struct container_join *j, const struct container_line *line,
                         struct container_line *whole);
/* At the end of the log: hands out what was left open, line by line; false when there is
 * nothing (more). */
bool container_join_end(struct container_join *j, struct container_line *whole);
void container_join_release(struct container_join *j);

#endif
