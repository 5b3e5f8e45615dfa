/* Parts: records that went through a container's output, of which the runtime cut those
 * over 16 KiB into parts (containerlog.h). They are joined before a record is read. */
#ifndef ANALYZE_EVENTS_PARTS_H
#define ANALYZE_EVENTS_PARTS_H

#include "formats/containerlog.h"

/* Is it a line as a runtime writes them, with its stream? */
bool parts_line(struct jsonl_parser *p, struct bytes line, size_t readable,
                struct container_line *out);
/* Appends the joined line as a runtime would have written it whole. */
void parts_text(const struct container_line *whole, struct text *out);
/* The same from the bytes of all its parts, with lines of the other stream between them;
 * replaces *out. False when `raw` is one line. */
bool parts_join(struct bytes raw, struct text *out);

#endif
