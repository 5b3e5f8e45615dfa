#include "formats/frames.h"

#include <criterion/criterion.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <zstd.h>

#include "formats/base/block.h"
#include "formats/base/text.h"
#include "formats/gzip.h"
#include "formats/zstd_frames.h"

/* What is compressed: text, zeros, and noise in which the magic numbers stand, so that
 * places look like the beginning of a frame and are none. */
static struct bytes content_of(size_t i, uint8_t *room, size_t n)
{
    static const char magics[] = "\x1f\x8b\x08\x00\x28\xb5\x2f\xfd";
    for (size_t k = 0; k < n; k++)
        room[k] = (uint8_t)(i % 3 == 0 ? rand() : i % 3 == 1 ? "evidence "[k % 9] : 0);
    for (size_t k = 0; i % 3 == 0 && k + 8 < n; k += 4001)
        memcpy(room + k, magics, 8);
    return bytes_of(room, n);
}

static void add_gzip(struct text *t, struct bytes content)
{
    struct isal_zstream z;
    size_t most = content.n + content.n / 8 + 1000;
    uint8_t *room = malloc(most);
    isal_deflate_stateless_init(&z);
    z.gzip_flag = IGZIP_GZIP;
    z.flush = NO_FLUSH;
    z.end_of_stream = 1;
    z.next_in = (uint8_t *)(uintptr_t)content.p;
    z.avail_in = (uint32_t)content.n;
    z.next_out = room;
    z.avail_out = (uint32_t)most;
    cr_assert_eq(isal_deflate_stateless(&z), COMP_OK);
    text_add(t, bytes_of(room, z.total_out));
    free(room);
}

static void add_zstd_frame(struct text *t, struct bytes content)
{
    size_t most = ZSTD_compressBound(content.n);
    uint8_t *room = malloc(most);
    size_t n = ZSTD_compress(room, most, content.p, content.n, 1);
    cr_assert_not(ZSTD_isError(n));
    text_add(t, bytes_of(room, n));
    free(room);
}

static void add_zstd(struct text *t, struct bytes content)
{
    static const uint8_t skippable[] = {0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2};
    add_zstd_frame(t, content);
    text_add(t, bytes_of(skippable, sizeof skippable));
}

struct result {
    struct text content;
    struct fault fault;
    int end;
};

static struct result read_all(struct bytes stream, const struct frame_format *format,
                              size_t threads)
{
    struct result r = {0};
    struct memory_source m = memory_source_of(stream, threads % 2 ? 100003 : LIMIT_BLOCK);
    struct source *s = frames_source_new(&m.source, format, threads);
    struct bytes block;
    while ((r.end = source_next(s, &block)) > 0)
        text_add(&r.content, block);
    cr_assert_eq(source_next(s, &block), 0, "the end is persistent");
    r.fault = s->fault;
    frames_source_free(s);
    return r;
}

/* The same bytes and the same fault, whatever the threads. */
static struct result read_same(struct bytes stream, const struct frame_format *format)
{
    struct result one = read_all(stream, format, 1);
    for (size_t threads = 2; threads <= 5; threads += 3) {
        struct result many = read_all(stream, format, threads);
        cr_assert(bytes_eq(text_bytes(&one.content), text_bytes(&many.content)));
        cr_assert_eq(one.fault.code, many.fault.code);
        cr_assert_eq(one.fault.offset, many.fault.offset, "%llu, %zu threads: %llu",
                     (unsigned long long)one.fault.offset, threads,
                     (unsigned long long)many.fault.offset);
        cr_assert_eq(one.end, many.end);
        text_release(&many.content);
    }
    return one;
}

struct stream {
    struct text compressed, content;
};

static struct stream make_stream(void (*add)(struct text *t, struct bytes content))
{
    static const size_t sizes[] = {100,    700000, 0,      1,     300000, 64,
                                   900000, 250000, 250000, 90000, 65536,  400000};
    struct stream s = {0};
    uint8_t *room = malloc(1 << 20);
    srand(3);
    for (size_t i = 0; i < 36; i++) {
        struct bytes content = content_of(i, room, sizes[i % 12]);
        text_add(&s.content, content);
        add(&s.compressed, content);
    }
    free(room);
    return s;
}

static void check_format(const struct frame_format *format,
                         void (*add)(struct text *t, struct bytes content))
{
    struct stream s = make_stream(add);
    struct bytes all = text_bytes(&s.compressed);
    struct result r = read_same(all, format);
    cr_assert(bytes_eq(text_bytes(&r.content), text_bytes(&s.content)));
    cr_assert_eq(r.fault.code, FAULT_NONE);
    text_release(&r.content);

    /* Cut off anywhere, and with a bit turned anywhere. */
    for (size_t at = 5; at < all.n; at += all.n / 11) {
        r = read_same(bytes_sub(all, 0, at), format);
        cr_assert(bytes_starts(text_bytes(&s.content), text_bytes(&r.content)));
        text_release(&r.content);
        ((uint8_t *)(uintptr_t)all.p)[at] ^= 0x10;
        r = read_same(all, format);
        text_release(&r.content);
        ((uint8_t *)(uintptr_t)all.p)[at] ^= 0x10;
    }
    text_str(&s.compressed, "trailing");
    r = read_same(text_bytes(&s.compressed), format);
    cr_assert(bytes_eq(text_bytes(&r.content), text_bytes(&s.content)));
    cr_assert_eq(r.fault.code, FAULT_TRAILING);
    text_release(&r.content);
    text_release(&s.compressed);
    text_release(&s.content);
}

Test(frames, gzip_members)
{
    check_format(&gzip_frames, add_gzip);
}

Test(frames, zstd_frames)
{
    check_format(&zstd_frames, add_zstd);
}

/* A frame that ends where a block of the reader is full has nothing more to give. */
Test(frames, content_of_whole_blocks)
{
    uint8_t *room = malloc(4 * LIMIT_BLOCK);
    for (size_t n = 1; n <= 4; n++) {
        for (size_t i = 0; i < 3; i++) {
            struct text zstd = {0}, gzip = {0};
            struct bytes content = content_of(i, room, n * LIMIT_BLOCK);
            add_zstd_frame(&zstd, content);
            add_gzip(&gzip, content);
            struct result a = read_same(text_bytes(&zstd), &zstd_frames);
            struct result b = read_same(text_bytes(&gzip), &gzip_frames);
            cr_assert_eq(a.fault.code, FAULT_NONE);
            cr_assert_eq(b.fault.code, FAULT_NONE);
            cr_assert(bytes_eq(text_bytes(&a.content), content));
            cr_assert(bytes_eq(text_bytes(&b.content), content));
            text_release(&a.content);
            text_release(&b.content);
            text_release(&zstd);
            text_release(&gzip);
        }
    }
    free(room);
}

/* Zeros between members (tapes, block devices), and after the last one. */
Test(frames, padded_members)
{
    struct text t = {0}, content = {0};
    static uint8_t room[200000], zeros[70000];
    srand(5);
    for (size_t i = 0; i < 20; i++) {
        struct bytes part = content_of(i, room, sizeof room);
        add_gzip(&t, part);
        text_add(&t, bytes_of(zeros, i * 3500));
        text_add(&content, part);
    }
    struct result r = read_same(text_bytes(&t), &gzip_frames);
    cr_assert(bytes_eq(text_bytes(&r.content), text_bytes(&content)));
    cr_assert_eq(r.fault.code, FAULT_NONE);
    text_release(&r.content);
    text_release(&content);
    text_release(&t);
}

/* Frames that expand to more than a job may hold are left to the reader. */
Test(frames, large_frames)
{
    struct text t = {0};
    size_t n = 20 << 20;
    uint8_t *room = calloc(1, n);
    for (size_t i = 0; i < 4; i++)
        add_zstd(&t, bytes_of(room, n));
    struct result r = read_same(text_bytes(&t), &zstd_frames);
    cr_assert_eq(r.fault.code, FAULT_NONE);
    cr_assert_eq(text_bytes(&r.content).n, 4 * n);
    text_release(&r.content);
    text_release(&t);
    free(room);
}

/* Who stops early leaves jobs that run and blocks that are held. */
Test(frames, left_before_the_end)
{
    struct stream s = make_stream(add_zstd);
    for (size_t taken = 0; taken < 30; taken += 5) {
        struct memory_source m = memory_source_of(text_bytes(&s.compressed), LIMIT_BLOCK);
        struct source *f = frames_source_new(&m.source, &zstd_frames, 3);
        struct bytes block;
        for (size_t i = 0; i < taken; i++)
            source_next(f, &block);
        frames_source_free(f);
    }
    text_release(&s.compressed);
    text_release(&s.content);
}
