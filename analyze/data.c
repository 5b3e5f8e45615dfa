#include "analyze/data.h"

struct bytes data_get(const char *name)
{
    for (const struct data_file *f = data_files; f->name; f++) {
        if (strcmp(f->name, name) == 0)
            return f->content;
    }
    return BYTES_NONE;
}
