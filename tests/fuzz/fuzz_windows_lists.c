/* Lists by PowerShell and certutil. */
#include "formats/certutil.h"
#include "formats/file_hash.h"
#include "tests/fuzz/manifest_readers.h"

static void read_all(struct bytes all, struct arena *arena,
                     const struct manifest_sink *sink)
{
    (void)file_hash_probe(all);
    (void)certutil_probe(all);
    file_hash_read(all, arena, sink);
    certutil_read(all, arena, sink);
}
