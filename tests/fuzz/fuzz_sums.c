/* Check files of coreutils. */
#include "formats/sums.h"
#include "tests/fuzz/manifest_readers.h"

static void read_all(struct bytes all, struct arena *arena,
                     const struct manifest_sink *sink)
{
    (void)sums_probe(all, BYTES("a.sha256"));
    sums_read(all, BYTES("B2SUMS"), arena, sink);
    sums_read(all, BYTES_NONE, arena, sink);
}
