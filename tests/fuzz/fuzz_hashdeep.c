/* hashdeep audit files. */
#include "formats/hashdeep.h"
#include "tests/fuzz/manifest_readers.h"

static void read_all(struct bytes all, struct arena *arena,
                     const struct manifest_sink *sink)
{
    hashdeep_read(all, arena, sink);
}
