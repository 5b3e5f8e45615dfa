/* mtree specifications. */
#include "formats/mtree.h"
#include "tests/fuzz/manifest_readers.h"

static void read_all(struct bytes all, struct arena *arena,
                     const struct manifest_sink *sink)
{
    (void)mtree_probe(all);
    mtree_read(all, arena, sink);
}
