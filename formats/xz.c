#include "formats/xz.h"

#include <lzma.h>
#include <stdlib.h>

#include "formats/base/block.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/base/workers.h"

/* What is decompressed on another thread: blocks of `xz -T0 -6` have 24 MiB. */
#define HELD_MOST (32 * MIB)
/* And what the decompressor of such a one may take: xz -9 takes 65 MiB. */
#define MEMORY_BESIDE (96 * MIB)

/* Compressed bytes, as they come. */
struct input {
    struct source *from;
    struct bytes view;
    uint64_t at; /* offset of `view` */
    int result;  /* of the last source_next */
};

/* One block, from its header on. */
struct xz_block {
    struct job job;
    struct xz_block *next;
    struct block_pool *pool;

    uint64_t begin; /* of the header, in the file */
    lzma_block block;
    lzma_filter filters[LZMA_FILTERS_MAX + 1];
    lzma_stream stream;
    bool ended;
    struct fault fault; /* its offset is in the file */

    /* Of a job: what it reads, and what came of it. */
    uint8_t *packed;
    size_t packed_n;
    struct block **content; /* all full but the last one */
    size_t n, capacity, at, last_size;
    bool ran;
};

enum place {
    BEFORE_STREAM, /* its header, padding, or the end of the file */
    BEFORE_BLOCK,  /* a block's header or the index */
    IN_BLOCK,      /* that is decompressed as it is read */
    BEFORE_INDEX,
    AT_END,
};

struct xz {
    struct source source;
    struct input input;
    size_t threads;
    struct workers *workers; /* made for the first block that is a job */
    enum place place;
    bool any; /* a whole stream was read */
    lzma_stream_flags flags;
    lzma_index_hash *hash;         /* of the blocks so far */
    struct xz_block *large;        /* IN_BLOCK */
    struct xz_block *first, **end; /* jobs, in the order of the file */
    size_t jobs;
    struct fault broken; /* behind the jobs */
    struct block *out;   /* handed out */
};

/* -- input --------------------------------------------------------------------------- */

static bool has_input(struct input *in)
{
    if (in->view.n == 0)
        in->result = source_next(in->from, &in->view);
    if (in->result <= 0)
        in->view = BYTES_NONE;
    return in->view.n > 0;
}

static void use(struct input *in, size_t n)
{
    in->view = bytes_from(in->view, n);
    in->at += n;
}

/* Fewer than n at the end. */
static size_t take(struct input *in, uint8_t *to, size_t n)
{
    size_t have = 0;
    while (have < n && has_input(in)) {
        struct bytes part = bytes_sub(in->view, 0, n - have);
        memcpy(to + have, part.p, part.n);
        have += part.n;
        use(in, part.n);
    }
    return have;
}

static struct fault fault_here(const struct input *in, enum fault_code code)
{
    return (struct fault){code, in->at, 0, 0};
}

/* The input ended where more was to come. */
static struct fault cut_here(const struct input *in)
{
    return in->from->fault.code ? in->from->fault : fault_here(in, FAULT_TRUNCATED);
}

/* -- one block ----------------------------------------------------------------------- */

static void free_block(struct xz_block *b)
{
    if (!b)
        return;
    lzma_end(&b->stream);
    lzma_filters_free(b->filters, NULL);
    for (size_t i = b->at; i < b->n; i++)
        block_release(b->content[i]);
    free(b->content);
    free(b->packed);
    free(b);
}

/* liblzma has one word for data that make no sense and for a check that does not hold;
 * behind the data it is the check. */
static enum fault_code code_of(const struct xz_block *b, lzma_ret status)
{
    if (status == LZMA_OPTIONS_ERROR)
        return FAULT_UNSUPPORTED;
    return b->stream.total_in > b->block.compressed_size ? FAULT_CHECKSUM : FAULT_VALUE;
}

static void end_block(struct xz_block *b, const struct input *in, lzma_ret status)
{
    b->ended = true;
    if (status == LZMA_MEM_ERROR)
        memory_exhausted();
    if (status == LZMA_BUF_ERROR)
        b->fault = cut_here(in);
    else if (status != LZMA_STREAM_END)
        b->fault = fault_here(in, code_of(b, status));
}

/* Fills `to`, but for the end of the block. Returns how much there is. */
static size_t decode(struct xz_block *b, struct input *in, uint8_t *to, size_t room)
{
    lzma_ret status = LZMA_OK;
    b->stream.next_out = to;
    b->stream.avail_out = room;
    while (status == LZMA_OK && b->stream.avail_out) {
        bool more = has_input(in);
        b->stream.next_in = in->view.p;
        b->stream.avail_in = in->view.n;
        status = lzma_code(&b->stream, LZMA_RUN);
        use(in, in->view.n - b->stream.avail_in);
        if (status == LZMA_OK && !more && b->stream.avail_out)
            status = LZMA_BUF_ERROR;
    }
    if (status != LZMA_OK)
        end_block(b, in, status);
    return room - b->stream.avail_out;
}

static void run_block(struct job *job)
{
    struct xz_block *b = (struct xz_block *)job;
    struct memory_source packed = memory_source_of(bytes_of(b->packed, b->packed_n), 0);
    struct input in = {.from = &packed.source, .at = b->begin + b->block.header_size};
    while (!b->ended) {
        struct block *out = block_take(b->pool);
        size_t n = decode(b, &in, out->octets, sizeof out->octets);
        if (n == 0) {
            block_release(out);
            break;
        }
        b->content = memory_grow(b->content, &b->capacity, b->n + 1, sizeof *b->content);
        b->content[b->n++] = out;
        b->last_size = n;
    }
    free(b->packed);
    b->packed = NULL;
}

static void finish_block(struct job *job)
{
    ((struct xz_block *)job)->ran = true;
}

/* -- what comes next in the file ----------------------------------------------------- */

static void break_off(struct xz *x, struct fault fault)
{
    x->broken = fault;
    x->place = AT_END;
}

static bool is_held(const struct xz_block *b)
{
    return b->block.compressed_size != LZMA_VLI_UNKNOWN &&
           b->block.uncompressed_size != LZMA_VLI_UNKNOWN &&
           b->block.compressed_size <= HELD_MOST &&
           b->block.uncompressed_size <= HELD_MOST &&
           lzma_raw_decoder_memusage(b->filters) <= MEMORY_BESIDE;
}

/* Its bytes, as far as they are there. */
static void submit(struct xz *x, struct xz_block *b)
{
    size_t n = (size_t)lzma_block_total_size(&b->block) - b->block.header_size;
    b->packed = memory_new(n, 1);
    b->packed_n = take(&x->input, b->packed, n);
    b->job = (struct job){run_block, finish_block};
    if (!x->workers)
        x->workers = workers_new(x->threads, x->threads + 1);
    *x->end = b;
    x->end = &b->next;
    x->jobs++;
    workers_submit(x->workers, &b->job);
}

/* A block's header but for its first byte, which says how long it is. */
static struct fault read_header(struct xz *x, struct xz_block *b, uint8_t first)
{
    uint8_t header[LZMA_BLOCK_HEADER_SIZE_MAX] = {first};
    struct input *in = &x->input;
    b->block.version = 1;
    b->block.check = x->flags.check;
    b->block.filters = b->filters;
    b->block.header_size = lzma_block_header_size_decode(first);
    b->filters[0].id = LZMA_VLI_UNKNOWN;
    size_t n = b->block.header_size - 1;
    if (take(in, header + 1, n) < n)
        return cut_here(in);
    lzma_ret status = lzma_block_header_decode(&b->block, NULL, header);
    if (status == LZMA_OK && lzma_raw_decoder_memusage(b->filters) > LIMIT_XZ_MEMORY)
        return (struct fault){FAULT_LIMIT, b->begin, LIMIT_XZ_MEMORY,
                              lzma_raw_decoder_memusage(b->filters)};
    if (status == LZMA_OK)
        status = lzma_block_decoder(&b->stream, &b->block);
    if (status == LZMA_MEM_ERROR)
        memory_exhausted();
    if (status != LZMA_OK)
        return (struct fault){status == LZMA_OPTIONS_ERROR ? FAULT_UNSUPPORTED
                                                           : FAULT_VALUE,
                              b->begin, 0, 0};
    return (struct fault){0};
}

static void read_block(struct xz *x)
{
    uint8_t first;
    uint64_t begin = x->input.at;
    if (!has_input(&x->input)) {
        break_off(x, cut_here(&x->input));
        return;
    }
    if (x->input.view.p[0] == 0) {
        x->place = BEFORE_INDEX;
        return;
    }
    take(&x->input, &first, 1);
    struct xz_block *b = memory_new(1, sizeof *b);
    b->begin = begin;
    b->pool = x->source.pool;
    struct fault fault = read_header(x, b, first);
    if (fault.code) {
        break_off(x, fault);
        free_block(b);
    } else if (is_held(b)) {
        submit(x, b);
    } else {
        x->large = b;
        x->place = IN_BLOCK;
    }
}

/* Padding is zeros, four at a time. True when a stream follows. */
static bool skip_padding(struct xz *x)
{
    uint64_t begin = x->input.at;
    while (x->any && has_input(&x->input) && x->input.view.p[0] == 0)
        use(&x->input, 1);
    if (has_input(&x->input) && (x->input.at - begin) % 4 == 0)
        return true;
    if (has_input(&x->input) || (x->input.at - begin) % 4)
        break_off(x, (struct fault){FAULT_TRAILING, begin, 0, 0});
    else if (!x->any || x->input.from->fault.code)
        break_off(x, cut_here(&x->input));
    x->place = AT_END;
    return false;
}

static void read_stream(struct xz *x)
{
    uint8_t header[LZMA_STREAM_HEADER_SIZE];
    if (!skip_padding(x))
        return;
    uint64_t begin = x->input.at;
    size_t n = take(&x->input, header, sizeof header);
    lzma_ret status =
        n < sizeof header ? LZMA_BUF_ERROR : lzma_stream_header_decode(&x->flags, header);
    if (status == LZMA_OK) {
        x->hash = lzma_index_hash_init(x->hash, NULL);
        if (!x->hash)
            memory_exhausted();
        x->place = BEFORE_BLOCK;
        return;
    }
    enum fault_code code = status == LZMA_OPTIONS_ERROR ? FAULT_UNSUPPORTED : FAULT_MAGIC;
    if (x->any && status != LZMA_OPTIONS_ERROR)
        code = FAULT_TRAILING;
    else if (status == LZMA_BUF_ERROR)
        code = FAULT_TRUNCATED;
    break_off(x,
              (struct fault){code, code == FAULT_TRUNCATED ? x->input.at : begin, 0, 0});
}

/* The index and the footer behind it. */
static void read_index(struct xz *x)
{
    struct input *in = &x->input;
    uint8_t footer[LZMA_STREAM_HEADER_SIZE];
    lzma_stream_flags flags;
    lzma_ret status = LZMA_OK;
    while (status == LZMA_OK && has_input(in)) {
        size_t used = 0;
        status = lzma_index_hash_decode(x->hash, in->view.p, &used, in->view.n);
        use(in, used);
    }
    uint64_t begin = in->at;
    if (status == LZMA_OK ||
        (status == LZMA_STREAM_END && take(in, footer, sizeof footer) < sizeof footer)) {
        break_off(x, cut_here(in));
        return;
    }
    bool holds = status == LZMA_STREAM_END &&
                 lzma_stream_footer_decode(&flags, footer) == LZMA_OK &&
                 lzma_stream_flags_compare(&x->flags, &flags) == LZMA_OK &&
                 flags.backward_size == lzma_index_hash_size(x->hash);
    if (!holds)
        break_off(x, (struct fault){FAULT_VALUE, begin, 0, 0});
    else
        x->place = BEFORE_STREAM;
    x->any |= holds;
}

/* -- handing out --------------------------------------------------------------------- */

/* The block was handed out: its sizes go to those that the index is held against. */
static void leave_block(struct xz *x, struct xz_block *b)
{
    const struct fault *input = &x->input.from->fault;
    if (b->fault.code)
        break_off(x, b->fault.code == FAULT_TRUNCATED && input->code ? *input : b->fault);
    else if (lzma_index_hash_append(x->hash, lzma_block_unpadded_size(&b->block),
                                    b->block.uncompressed_size) != LZMA_OK)
        break_off(x, (struct fault){FAULT_VALUE, b->begin, 0, 0});
    free_block(b);
}

static void drop_first(struct xz *x)
{
    struct xz_block *b = x->first;
    x->first = b->next;
    if (!x->first)
        x->end = &x->first;
    x->jobs--;
    leave_block(x, b);
}

/* What is behind a block that is broken is not handed out. */
static void drop_all(struct xz *x)
{
    for (struct xz_block *b; (b = x->first);) {
        if (!b->ran)
            workers_wait_for(x->workers, &b->job);
        x->first = b->next;
        free_block(b);
    }
    x->end = &x->first;
    x->jobs = 0;
}

/* 1 with a block of the first job, 0 when it has no more. */
static int take_first(struct xz *x, struct bytes *block)
{
    struct xz_block *b = x->first;
    if (!b->ran)
        workers_wait_for(x->workers, &b->job);
    if (b->at < b->n) {
        bool last = b->at + 1 == b->n;
        x->out = b->content[b->at++];
        *block = bytes_of(x->out->octets, last ? b->last_size : sizeof x->out->octets);
        return 1;
    }
    bool broken = b->fault.code != FAULT_NONE;
    drop_first(x);
    if (broken)
        drop_all(x);
    return 0;
}

static int take_large(struct xz *x, struct bytes *block)
{
    size_t n = 0;
    if (!x->large->ended) {
        x->out = block_take(x->source.pool);
        n = decode(x->large, &x->input, x->out->octets, sizeof x->out->octets);
        *block = bytes_of(x->out->octets, n);
    }
    if (n)
        return 1;
    block_release(x->out);
    x->out = NULL;
    x->place = BEFORE_BLOCK;
    leave_block(x, x->large);
    x->large = NULL;
    return 0;
}

/* Goes on in the file as far as that can be done before the jobs are handed out. */
static void look_ahead(struct xz *x)
{
    while (x->place == BEFORE_BLOCK && x->jobs <= x->threads)
        read_block(x);
}

static int xz_next(struct source *s, struct bytes *block)
{
    struct xz *x = (struct xz *)s;
    int more = 0;
    block_release(x->out);
    x->out = s->held = NULL;
    while (!more && !s->fault.code && x->input.result >= 0) {
        look_ahead(x);
        if (x->first) {
            more = take_first(x, block);
        } else if (x->place == IN_BLOCK) {
            more = take_large(x, block);
        } else if (x->place == BEFORE_INDEX) {
            read_index(x);
        } else if (x->place == BEFORE_STREAM) {
            read_stream(x);
        } else if (x->place == AT_END) {
            s->fault = x->broken;
            break;
        }
    }
    s->held = x->out;
    return more ? more : x->input.result < 0 ? x->input.result : 0;
}

struct source *xz_source_new(struct source *from, size_t threads)
{
    struct xz *x = memory_new(1, sizeof *x);
    x->source = (struct source){.next = xz_next, .pool = from->pool};
    x->input.from = from;
    x->threads = threads;
    x->end = &x->first;
    return &x->source;
}

void xz_source_free(struct source *s)
{
    struct xz *x = (struct xz *)s;
    if (!x)
        return;
    drop_all(x);
    workers_free(x->workers);
    free_block(x->large);
    lzma_index_hash_end(x->hash, NULL);
    block_release(x->out);
    free(x);
}
