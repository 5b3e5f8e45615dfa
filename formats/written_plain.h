/* Lines of a text, and of one that was pasted as HTML: there rows, points and paragraphs
 * are the lines, and tags and entities are taken away. Between the files of written
 * timelines only. */
#ifndef FORMATS_WRITTEN_PLAIN_H
#define FORMATS_WRITTEN_PLAIN_H

#include "formats/base/arena.h"

struct written_text {
    struct bytes rest;
    struct arena *arena;
    bool html;
};

struct written_text written_text_of(struct bytes text, struct arena *arena);
/* The next line: as it stands in the text, and as it reads. */
bool written_text_line(struct written_text *t, struct bytes *place, struct bytes *plain);

#endif
