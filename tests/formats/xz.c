#include "formats/xz.h"

#include <criterion/criterion.h>
#include <lzma.h>
#include <stdlib.h>

#include "formats/base/block.h"
#include "formats/base/text.h"

/* Text, noise and zeros, so that blocks are of very different sizes when compressed. */
static struct text content_of(size_t n)
{
    struct text t = {0};
    srand(9);
    for (size_t i = 0; i < n; i++)
        text_byte(&t, (char)(i / 50000 % 3 == 0   ? "evidence of an incident "[i % 24]
                             : i / 50000 % 3 == 1 ? rand()
                                                  : 0));
    return t;
}

/* As `xz -T --block-size`: the headers of blocks have their sizes. */
static void add_blocks(struct text *t, struct bytes content, uint64_t block_size)
{
    lzma_mt options = {
        .threads = 2, .block_size = block_size, .preset = 1, .check = LZMA_CHECK_CRC64};
    lzma_stream s = LZMA_STREAM_INIT;
    size_t most = content.n + content.n / 4 + 100000;
    uint8_t *room = malloc(most);
    cr_assert_eq(lzma_stream_encoder_mt(&s, &options), LZMA_OK);
    s.next_in = content.p;
    s.avail_in = content.n;
    s.next_out = room;
    s.avail_out = most;
    lzma_ret status = LZMA_OK;
    while (status == LZMA_OK)
        status = lzma_code(&s, LZMA_FINISH);
    cr_assert_eq(status, LZMA_STREAM_END);
    text_add(t, bytes_of(room, s.total_out));
    lzma_end(&s);
    free(room);
}

/* As `xz` on one thread: one block, of which the header says nothing. */
static void add_one(struct text *t, struct bytes content, lzma_check check)
{
    size_t most = lzma_stream_buffer_bound(content.n), n = 0;
    uint8_t *room = malloc(most);
    lzma_stream s = LZMA_STREAM_INIT;
    cr_assert_eq(lzma_easy_encoder(&s, 1, check), LZMA_OK);
    s.next_in = content.p;
    s.avail_in = content.n;
    s.next_out = room;
    s.avail_out = most;
    cr_assert_eq(lzma_code(&s, LZMA_FINISH), LZMA_STREAM_END);
    n = s.total_out;
    text_add(t, bytes_of(room, n));
    lzma_end(&s);
    free(room);
}

struct result {
    struct text content;
    struct fault fault;
    int end;
};

static struct result decompress(struct bytes packed, size_t threads, size_t piece)
{
    struct result r = {0};
    struct block_pool *pool = block_pool_new(64, threads, NULL, NULL);
    struct memory_source from = memory_source_of(packed, piece);
    from.source.pool = pool;
    struct source *xz = xz_source_new(&from.source, threads);
    struct bytes block;
    while ((r.end = source_next(xz, &block)) > 0)
        text_add(&r.content, block);
    cr_expect_eq(source_next(xz, &block), 0, "the end lasts");
    r.fault = xz->fault;
    xz_source_free(xz);
    block_pool_free(pool);
    return r;
}

static void gives(struct bytes packed, struct bytes content, enum fault_code code)
{
    static const size_t pieces[] = {0, 1000, 65536};
    for (size_t i = 0; i < 9; i++) {
        size_t threads = i / 3 == 0 ? 1 : i / 3 == 1 ? 2 : 8;
        struct result r = decompress(packed, threads, pieces[i % 3]);
        cr_assert(bytes_eq(text_bytes(&r.content), content), "%zu threads, pieces of %zu",
                  threads, pieces[i % 3]);
        cr_assert_eq(r.fault.code, code, "%zu threads: %s", threads,
                     fault_name(r.fault.code));
        text_release(&r.content);
    }
}

Test(xz, blocks_streams_and_padding)
{
    struct text content = content_of(2000000), packed = {0}, twice = {0};
    struct bytes c = text_bytes(&content);
    add_blocks(&packed, c, 100000);
    gives(text_bytes(&packed), c, FAULT_NONE);
    text_add(&twice, c);
    text_add(&packed, bytes_of((const uint8_t *)"\0\0\0\0\0\0\0\0", 8));
    gives(text_bytes(&packed), c, FAULT_NONE);
    static const lzma_check checks[] = {LZMA_CHECK_NONE, LZMA_CHECK_CRC32,
                                        LZMA_CHECK_SHA256};
    for (size_t i = 0; i < 3; i++) {
        add_one(&packed, bytes_sub(c, 0, 300000), checks[i]);
        text_add(&twice, bytes_sub(c, 0, 300000));
        gives(text_bytes(&packed), text_bytes(&twice), FAULT_NONE);
    }
    add_one(&packed, BYTES_NONE, LZMA_CHECK_CRC64);
    gives(text_bytes(&packed), text_bytes(&twice), FAULT_NONE);
    text_str(&packed, "no stream, but enough of it to be read");
    gives(text_bytes(&packed), text_bytes(&twice), FAULT_TRAILING);
    text_release(&content);
    text_release(&packed);
    text_release(&twice);
}

/* liblzma's own decoder of whole files: what it gives, and whether it is content. */
static bool by_liblzma(struct bytes packed, struct text *out)
{
    lzma_stream s = LZMA_STREAM_INIT;
    static uint8_t room[1 << 16];
    lzma_ret status = LZMA_OK;
    cr_assert_eq(lzma_stream_decoder(&s, UINT64_MAX, LZMA_CONCATENATED), LZMA_OK);
    s.next_in = packed.p;
    s.avail_in = packed.n;
    while (status == LZMA_OK) {
        s.next_out = room;
        s.avail_out = sizeof room;
        status = lzma_code(&s, LZMA_FINISH);
        text_add(out, bytes_of(room, sizeof room - s.avail_out));
    }
    lzma_end(&s);
    return status == LZMA_STREAM_END;
}

/* However it is damaged: what liblzma gives, with every number of threads. */
static void compare(struct bytes packed)
{
    struct text want = {0};
    bool whole = by_liblzma(packed, &want);
    struct result one = decompress(packed, 1, 0), many = decompress(packed, 4, 777);
    cr_assert_eq(one.fault.code == FAULT_NONE, whole);
    cr_assert(bytes_eq(text_bytes(&one.content), text_bytes(&want)));
    cr_assert(bytes_eq(text_bytes(&one.content), text_bytes(&many.content)));
    cr_assert_eq(one.fault.code, many.fault.code);
    cr_assert_eq(one.fault.offset, many.fault.offset);
    cr_assert_leq(one.fault.offset, packed.n);
    text_release(&want);
    text_release(&one.content);
    text_release(&many.content);
}

Test(xz, damaged_and_cut)
{
    struct text content = content_of(400000), packed = {0};
    add_blocks(&packed, text_bytes(&content), 60000);
    add_one(&packed, bytes_sub(text_bytes(&content), 0, 50000), LZMA_CHECK_CRC32);
    for (size_t i = 0; i < packed.n; i += i < 200 || packed.n - i < 300 ? 1 : 1777) {
        compare(bytes_sub(text_bytes(&packed), 0, i + 1));
        packed.p[i] ^= 0x10;
        compare(text_bytes(&packed));
        packed.p[i] ^= 0x10;
    }
    text_release(&content);
    text_release(&packed);
}

Test(xz, the_kind_and_the_place_of_what_is_wrong)
{
    struct text content = content_of(300000), packed = {0};
    struct result r;
    add_blocks(&packed, text_bytes(&content), 100000);
    r = decompress(bytes_sub(text_bytes(&packed), 0, packed.n - 5), 2, 0);
    cr_expect_eq(r.fault.code, FAULT_TRUNCATED);
    cr_expect_eq(r.fault.offset, packed.n - 5);
    cr_expect_eq(r.content.n, 300000);
    text_release(&r.content);
    /* The check of the first block: its last eight bytes. */
    lzma_block block = {.version = 1, .check = LZMA_CHECK_CRC64};
    lzma_filter filters[LZMA_FILTERS_MAX + 1];
    block.filters = filters;
    block.header_size = lzma_block_header_size_decode((uint8_t)packed.p[12]);
    cr_assert_eq(lzma_block_header_decode(&block, NULL, (uint8_t *)packed.p + 12),
                 LZMA_OK);
    size_t check = 12 + (size_t)lzma_block_total_size(&block) - 8;
    lzma_filters_free(filters, NULL);
    packed.p[check] ^= 1;
    r = decompress(text_bytes(&packed), 2, 0);
    cr_expect_eq(r.fault.code, FAULT_CHECKSUM);
    cr_expect_geq(r.fault.offset, check);
    cr_expect_leq(r.fault.offset, check + 8);
    cr_expect_eq(r.content.n, 100000);
    text_release(&r.content);
    text_release(&content);
    text_release(&packed);
}
