/* Text with a byte order mark, as Windows' tools write it: in UTF-8 or UTF-16. */
#ifndef FORMATS_BASE_MARKED_TEXT_H
#define FORMATS_BASE_MARKED_TEXT_H

#include "formats/base/arena.h"
#include "formats/base/bytes.h"
#include "formats/base/fault.h"
#include "formats/base/source.h"

/* Octets of the mark before UTF-8: 3, or 0 where none stands. */
size_t utf8_mark(struct bytes text);
/* Does it begin with the mark of UTF-16? */
bool utf16_marked(struct bytes text);
/* UTF-16 to UTF-8 (RFC 2781): with a byte order mark, else big-endian. A half of a
 * surrogate pair, or of a unit, is a fault; what stands before it is handed out. */
struct fault utf16_read(struct bytes content, struct arena *arena, struct bytes *out);

struct marked_text {
    struct bytes text;  /* UTF-8 without the mark */
    bool decoded;       /* from UTF-16: its offsets are not those of the content */
    struct fault fault; /* of the encoding; its offset is one in the content */
};
/* Without a mark, the content as it is. */
struct marked_text marked_text_of(struct bytes content, struct arena *arena);

/* Is it UTF-16 by its mark, and by what follows? ASCII with such a mark before it, which
 * would hide it, is not. */
bool utf16_probe(struct bytes head);
/* UTF-16 with a mark as UTF-8, block by block. What is no code point is U+FFFD in it, and
 * the first of them is the fault when all was read: nothing can hide behind it. `from`
 * must outlive it. */
struct source *utf16_source_new(struct source *from);
void utf16_source_free(struct source *s); /* may be NULL */

#endif
