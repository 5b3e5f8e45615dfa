/* zstd frames: what the check says does not hang on how the octets come. */
#include <stdlib.h>

#include "formats/zstd_check.h"
#include "formats/zstd_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct zstd_check *check(struct bytes b, size_t at_once)
{
    struct zstd_check *z = calloc(1, sizeof *z);
    for (size_t i = 0; z && i < b.n; i += at_once)
        zstd_check_feed(z, bytes_sub(b, i, at_once));
    return z;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = bytes_of(data, size), block;
    struct zstd_check *whole = check(b, size + 1), *parts = check(b, 7);
    if (!whole || !parts || whole->wrong != parts->wrong || whole->at != parts->at ||
        whole->block != parts->block)
        abort();
    free(whole);
    free(parts);

    struct memory_source from = memory_source_of(b, 509);
    struct source *checked = zstd_checked_new(&from.source);
    struct source *frames = frames_source_new(checked, &zstd_frames, 1);
    for (uint64_t read = 0; read < 4 * MIB && source_next(frames, &block) > 0;)
        read += block.n;
    frames_source_free(frames);
    zstd_checked_free(checked);
    return 0;
}
