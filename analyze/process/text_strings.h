/* Strings of memory: runs of printable characters, in ASCII, UTF-8 and UTF-16. */
#ifndef ANALYZE_PROCESS_TEXT_STRINGS_H
#define ANALYZE_PROCESS_TEXT_STRINGS_H

#include "analyze/process/scan.h"

enum string_encoding { STRING_ASCII, STRING_UTF8, STRING_UTF16 };
const char *string_encoding_name(enum string_encoding e);

struct string_hit {
    struct passage passage;
    enum string_encoding encoding;
};
typedef void string_fn(void *context, const struct string_hit *hit);

/* A window_fn over this. `shortest` counts characters. */
struct string_search {
    size_t shortest;
    string_fn *found;
    void *context;
};
size_t strings_search(void *search, const struct window *w);

#endif
