#include "formats/gzip.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

#include "formats/base/block.h"
#include "formats/base/memory.h"

struct gzip_source {
    struct frame_reader reader;
    struct source *from;
    struct inflate_state state;
    struct isal_gzip_header header; /* of the member that is being read */
    struct bytes input;             /* what is left of the current block of `from` */
    bool in_header, ended;
    bool full; /* the last output block was filled: more may wait inside */
    struct block *out;
};

static void stop(struct gzip_source *g, enum fault_code code)
{
    g->ended = true;
    if (code != FAULT_NONE)
        g->reader.source.fault = (struct fault){code, g->reader.consumed, 0, 0};
}

/* 1 with input at hand, 0 at the end of `from`, < 0. */
static int refill(struct gzip_source *g)
{
    while (g->input.n == 0 && !g->full) {
        int more = source_next(g->from, &g->input);
        if (more <= 0) {
            if (g->from->fault.code)
                g->reader.source.fault = g->from->fault;
            return more;
        }
    }
    return 1;
}

/* The header is read by a call of its own: isal_inflate() forgets what it saw of one that
 * is cut by the end of a block. The trailer's CRC-32 and ISIZE are checked. */
static void begin_member(struct gzip_source *g)
{
    isal_inflate_init(&g->state);
    isal_gzip_header_init(&g->header);
    g->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
    g->reader.in_frame = g->in_header = true;
}

static enum fault_code fault_of(int code)
{
    return code == ISAL_INCORRECT_CHECKSUM ? FAULT_CHECKSUM : FAULT_VALUE;
}

/* Zeros after a member are padding (tapes, block devices). True when some were passed. */
static bool skip_padding(struct gzip_source *g)
{
    size_t zeros = 0;
    while (zeros < g->input.n && g->input.p[zeros] == 0)
        zeros++;
    g->input = bytes_from(g->input, zeros);
    g->reader.consumed += zeros;
    return zeros > 0;
}

/* Offers input to ISA-L, in the header or in the data; takes what was used off it. */
static int offer(struct gzip_source *g)
{
    uint32_t offered = (uint32_t)(g->input.n < UINT32_MAX ? g->input.n : UINT32_MAX);
    g->state.next_in = (uint8_t *)(uintptr_t)g->input.p;
    g->state.avail_in = offered;
    int result = g->in_header ? isal_read_gzip_header(&g->state, &g->header)
                              : isal_inflate(&g->state);
    uint32_t used = offered - g->state.avail_in;
    g->input = bytes_from(g->input, used);
    g->reader.consumed += used;
    if (result < 0)
        stop(g, fault_of(result));
    return result;
}

/* Inflates into `out`, which has `filled` bytes, until it is full, the member ends, or
 * input runs out. Returns the number of bytes in `out`. */
static size_t inflate_some(struct gzip_source *g, size_t filled)
{
    if (g->in_header) {
        g->in_header = offer(g) == ISAL_END_INPUT;
        return filled;
    }
    g->state.next_out = g->out->octets + filled;
    g->state.avail_out = (uint32_t)(LIMIT_BLOCK - filled);
    offer(g);
    g->full = g->state.avail_out == 0;
    if (g->state.block_state == ISAL_BLOCK_FINISH) {
        g->reader.in_frame = false;
        g->full = false;
        g->reader.any = true;
    }
    return LIMIT_BLOCK - g->state.avail_out;
}

static int gzip_next(struct source *s, struct bytes *block)
{
    struct gzip_source *g = (struct gzip_source *)s;
    size_t filled = 0;
    int more = 1;
    g->reader.source.held = g->out = block_renew(g->reader.source.pool, g->out);
    while (!g->ended && filled < LIMIT_BLOCK) {
        more = refill(g);
        if (more <= 0)
            break;
        if (!g->reader.in_frame && g->reader.any && skip_padding(g))
            continue;
        if (!g->reader.in_frame && g->reader.any && g->input.n && g->input.p[0] != 0x1f) {
            stop(g, FAULT_TRAILING);
            break;
        }
        if (!g->reader.in_frame)
            begin_member(g);
        filled = inflate_some(g, filled);
    }
    if (more == 0)
        stop(g, g->reader.in_frame && !g->reader.source.fault.code
                    ? FAULT_TRUNCATED
                    : g->reader.source.fault.code);
    *block = bytes_of(g->out->octets, filled);
    return more < 0 ? more : filled > 0;
}

static struct frame_reader *open_reader(struct source *from)
{
    struct gzip_source *g = memory_new(1, sizeof *g);
    g->reader.source.next = gzip_next;
    g->reader.source.pool = from->pool;
    g->from = from;
    return &g->reader;
}

static void close_reader(struct frame_reader *r)
{
    struct gzip_source *g = (struct gzip_source *)r;
    if (g)
        block_release(g->out);
    free(g);
}

const struct frame_format gzip_frames = {
    .magic = {(const uint8_t *)"\x1f\x8b\x08", 3},
    .open = open_reader,
    .close = close_reader,
};
