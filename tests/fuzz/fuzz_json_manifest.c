/* Manifests in JSON. */
#include "formats/json_manifest.h"
#include "tests/fuzz/manifest_readers.h"

static void read_all(struct bytes all, struct arena *arena,
                     const struct manifest_sink *sink)
{
    (void)json_manifest_probe(all);
    json_manifest_read(all, arena, sink);
}
