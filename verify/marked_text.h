/* Text with a byte order mark, as Windows writes it: in UTF-8 or UTF-16. */
#ifndef VERIFY_MARKED_TEXT_H
#define VERIFY_MARKED_TEXT_H

#include "formats/base/arena.h"

struct marked_text {
    struct bytes text; /* UTF-8 without the mark */
    bool decoded;      /* from UTF-16: its offsets are not those of the content */
};
/* Without a mark, the content as it is. */
struct marked_text marked_text_of(struct bytes content, struct arena *arena);

#endif
