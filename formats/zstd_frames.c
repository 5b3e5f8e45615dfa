#include "formats/zstd_frames.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "formats/base/block.h"
#include "formats/base/memory.h"

struct zstd_source {
    struct frame_reader reader;
    struct source *from;
    ZSTD_DCtx *context;
    struct bytes input;
    bool ended;
    bool full; /* the last output block was filled: more may be waiting inside */
    struct block *out;
};

static void stop(struct zstd_source *z, enum fault_code code)
{
    z->ended = true;
    if (code != FAULT_NONE)
        z->reader.source.fault = (struct fault){code, z->reader.consumed, 0, 0};
}

static enum fault_code fault_of(const struct zstd_source *z, size_t result)
{
    switch (ZSTD_getErrorCode(result)) {
    case ZSTD_error_prefix_unknown:
        return z->reader.any ? FAULT_TRAILING : FAULT_MAGIC;
    case ZSTD_error_checksum_wrong:
        return FAULT_CHECKSUM;
    case ZSTD_error_frameParameter_windowTooLarge:
        return FAULT_UNSUPPORTED;
    default:
        return FAULT_VALUE;
    }
}

static int refill(struct zstd_source *z)
{
    while (z->input.n == 0 && !z->full) {
        int more = source_next(z->from, &z->input);
        if (more <= 0) {
            if (z->from->fault.code)
                z->reader.source.fault = z->from->fault;
            return more;
        }
    }
    return 1;
}

static int zstd_next(struct source *s, struct bytes *block)
{
    struct zstd_source *z = (struct zstd_source *)s;
    int more = 1;
    z->reader.source.held = z->out = block_renew(z->reader.source.pool, z->out);
    ZSTD_outBuffer out = {z->out->octets, sizeof z->out->octets, 0};
    while (!z->ended && out.pos < out.size && (more = refill(z)) > 0) {
        ZSTD_inBuffer in = {z->input.p, z->input.n, 0};
        size_t result = ZSTD_decompressStream(z->context, &out, &in);
        z->input = bytes_from(z->input, in.pos);
        z->reader.consumed += in.pos;
        z->full = result != 0 && out.pos == out.size; /* else the frame is all out */
        if (ZSTD_isError(result)) {
            stop(z, fault_of(z, result));
        } else {
            z->reader.in_frame = result != 0;
            z->reader.any |= result == 0;
        }
    }
    if (more == 0)
        stop(z, z->reader.in_frame && !z->reader.source.fault.code
                    ? FAULT_TRUNCATED
                    : z->reader.source.fault.code);
    *block = bytes_of(z->out->octets, out.pos);
    return more < 0 ? more : out.pos > 0;
}

static struct frame_reader *open_reader(struct source *from)
{
    struct zstd_source *z = memory_new(1, sizeof *z);
    z->reader.source.next = zstd_next;
    z->reader.source.pool = from->pool;
    z->from = from;
    z->context = ZSTD_createDCtx();
    if (!z->context)
        memory_exhausted();
    return &z->reader;
}

static void close_reader(struct frame_reader *r)
{
    struct zstd_source *z = (struct zstd_source *)r;
    if (z) {
        ZSTD_freeDCtx(z->context);
        block_release(z->out);
    }
    free(z);
}

const struct frame_format zstd_frames = {
    .magic = {(const uint8_t *)"\x28\xb5\x2f\xfd", 4},
    .open = open_reader,
    .close = close_reader,
};
