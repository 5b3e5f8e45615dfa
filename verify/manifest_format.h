/* The manifest formats, in one table. Internal to verify/. */
#ifndef VERIFY_MANIFEST_FORMAT_H
#define VERIFY_MANIFEST_FORMAT_H

#include "formats/manifest.h"

struct manifest_format {
    const char *name;
    /* `path`: the manifest's normalised path. */
    bool (*probe)(struct bytes head, struct bytes path);
    void (*read)(struct bytes content, struct bytes path, struct arena *arena,
                 const struct manifest_sink *sink);
};

/* NULL when no format fits. */
const struct manifest_format *manifest_format_of(struct bytes content, struct bytes path);

#endif
