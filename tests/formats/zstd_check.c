#include "formats/zstd_check.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <zstd.h>

/* Runs, words, noise, and parts of what came before: all kinds of blocks and tables. */
static size_t make_content(uint8_t *room, size_t most)
{
    size_t n = (size_t)rand() % (rand() % 4 ? 3000 : most) + 1;
    unsigned kind = (unsigned)rand();
    for (size_t i = 0; i < n;) {
        size_t part = (size_t)rand() % 40 + 1;
        for (size_t k = 0; k < part && i < n; k++, i++) {
            if (kind & 1 && i > 300 && part > 4)
                room[i] = room[i - 1 - kind % 3 * (unsigned)part];
            else
                room[i] = (uint8_t)(part % 5   ? "the quick evidence "[rand() % 19]
                                    : kind & 2 ? rand()
                                               : (int)part);
        }
    }
    return n;
}

static size_t compress(ZSTD_CCtx *c, struct bytes content, uint8_t *room, size_t most)
{
    ZSTD_CCtx_reset(c, ZSTD_reset_session_and_parameters);
    ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, rand() % 26 - 5);
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, rand() % 2);
    ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, rand() % 2);
    ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, rand() % 2 ? 10 + rand() % 8 : 0);
    ZSTD_CCtx_setParameter(c, ZSTD_c_strategy, rand() % 3 ? 0 : 1 + rand() % 9);
    ZSTD_CCtx_setParameter(c, ZSTD_c_minMatch, rand() % 3 ? 0 : 3 + rand() % 5);
    ZSTD_CCtx_setParameter(c, ZSTD_c_enableLongDistanceMatching, rand() % 2);
    size_t n = ZSTD_compress2(c, room, most, content.p, content.n);
    cr_assert_not(ZSTD_isError(n), "%s", ZSTD_getErrorName(n));
    return n;
}

static void feed(struct zstd_check *z, struct bytes b, size_t at_once)
{
    for (size_t i = 0; i < b.n; i += at_once)
        zstd_check_feed(z, bytes_sub(b, i, at_once));
}

Test(zstd_check, frames_of_libzstd_are_as_they_must_be)
{
    enum { MOST = 300000, ROOM = 400000, FRAMES = 3000 };
    uint8_t *content = malloc(MOST), *room = malloc(ROOM);
    struct zstd_check *z = calloc(1, sizeof *z);
    ZSTD_CCtx *c = ZSTD_createCCtx();
    uint64_t all = 0;
    srand(11);
    for (size_t i = 0; i < FRAMES; i++) {
        size_t n = make_content(content, MOST);
        struct bytes frame =
            bytes_of(room, compress(c, bytes_of(content, n), room, ROOM));
        all += frame.n;
        feed(z, frame, i % 3 ? (size_t)rand() % 5000 + 1 : frame.n);
        cr_assert(!z->off && !z->wrong, "frame %zu", i);
        cr_assert_eq(z->at, all);
    }
    ZSTD_freeCCtx(c);
    free(z);
    free(room);
    free(content);
}

/* Ten octets, then one sequence of each value 2 or 3 of an offset, whose codes need no
 * tables: the first is eight, or one less than one. */
static bool offset_is_wrong(uint8_t bit, size_t at_once)
{
    uint8_t frame[] = {
        0x28,       0xb5, 0x2f, 0xfd, 0, 0, /* frame */
        10 << 3,    0,    0,    1,    2, 3,    4, 5, 6, 7,
        8,          9,    10, /* raw */
        7 << 3 | 5, 0,    0,    0,    1, 0x54, 0, 1, 0, (uint8_t)(2 | bit)};
    struct zstd_check *z = calloc(1, sizeof *z);
    feed(z, bytes_of(frame, sizeof frame), at_once);
    bool wrong = z->wrong;
    if (wrong)
        cr_assert_eq(z->block, 19);
    free(z);
    return wrong;
}

/* As a source: all up to the end of the block that is wrong, and nothing behind it. */
Test(zstd_check, source_ends_behind_what_is_wrong)
{
    uint8_t stream[100] = {0x28, 0xb5, 0x2f, 0xfd, 0, 0, 10 << 3};
    static const uint8_t wrong[] = {7 << 3 | 5, 0, 0, 0, 1, 0x54, 0, 1, 0, 3};
    memcpy(stream + 19, wrong, sizeof wrong);
    for (size_t at_once = 1; at_once <= sizeof stream; at_once++) {
        struct memory_source from =
            memory_source_of(bytes_of(stream, sizeof stream), at_once);
        struct source *checked = zstd_checked_new(&from.source);
        struct bytes block;
        size_t n = 0;
        while (source_next(checked, &block) > 0)
            n += block.n;
        cr_assert_eq(n, 29);
        cr_assert_eq(checked->fault.code, FAULT_VALUE);
        cr_assert_eq(checked->fault.offset, 19);
        zstd_checked_free(checked);
    }
}

Test(zstd_check, offset_of_zero)
{
    for (size_t at_once = 1; at_once < 30; at_once++) {
        cr_assert_not(offset_is_wrong(0, at_once));
        cr_assert(offset_is_wrong(1, at_once));
    }
}
