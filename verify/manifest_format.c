#include "verify/manifest_format.h"

#include "formats/sums.h"
#include "verify/file_index.h"

static bool probe_sums(struct bytes head, struct bytes path)
{
    (void)path;
    return sums_probe(head);
}

static void read_sums(struct bytes content, struct bytes path, struct arena *arena,
                      const struct manifest_sink *sink)
{
    sums_read(content, path_base(path), arena, sink);
}

/* The first whose probe says yes; those with a magic word stand first. */
static const struct manifest_format formats[] = {
    {"sums", probe_sums, read_sums},
};

const struct manifest_format *manifest_format_of(struct bytes content, struct bytes path)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (formats[i].probe(content, path))
            return &formats[i];
    }
    return NULL;
}
