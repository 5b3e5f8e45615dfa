/* What one core of this machine can do at most, with the functions that exhibit uses:
 * limits FILE FILE.gz FILE.zst. Each line: name, tab, GB/s of uncompressed bytes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "formats/base/block.h"
#include "formats/base/memory.h"
#include "formats/base/sha256_many.h"
#include "formats/gzip.h"
#include "formats/zstd_frames.h"

#define ENOUGH 0.3 /* seconds of processor time */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void tell(const char *name, double octets, double begun)
{
    printf("%s\t%.2f\n", name, octets / (now() - begun) / 1e9);
}

static void measure_sha256(struct bytes all, const char *form, size_t n)
{
    struct sha256_stream streams[SHA256_MAX_LANES], *lanes[SHA256_MAX_LANES];
    const uint8_t *data[SHA256_MAX_LANES];
    size_t blocks = all.n / SHA256_BLOCK / SHA256_MAX_LANES;
    char name[64];
    if (!sha256_use_only(form))
        return;
    blocks = blocks < 1024 ? blocks : 1024;
    for (size_t i = 0; i < n; i++) {
        sha256_begin(&streams[i]);
        lanes[i] = &streams[i];
        data[i] = all.p + i * blocks * SHA256_BLOCK;
    }
    double begun = now(), done = 0;
    for (; now() - begun < ENOUGH; done += (double)(n * blocks * SHA256_BLOCK))
        sha256_compress(lanes, data, n, blocks);
    snprintf(name, sizeof name, "SHA-256, %s, %zu stream%s", form, n, n > 1 ? "s" : "");
    tell(name, done, begun);
}

static void measure_copy(struct bytes all)
{
    uint8_t *to = memory_new(1, all.n);
    double begun = now(), done = 0;
    for (; now() - begun < ENOUGH; done += (double)all.n)
        memcpy(to, all.p, all.n);
    tell("copy in memory", done, begun);
    free(to);
}

static void measure_read(const char *path)
{
    static uint8_t room[LIMIT_BLOCK];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    double begun = now(), done = 0;
    ssize_t n;
    while (now() - begun < ENOUGH) {
        off_t at = 0;
        for (; (n = pread(fd, room, sizeof room, at)) > 0; at += n)
            done += (double)n;
        if (at == 0)
            break;
    }
    tell("read from the page cache", done, begun);
    close(fd);
}

static struct bytes whole(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *p = NULL;
    size_t n = 0, capacity = 0, have;
    if (!f) {
        perror(path);
        exit(1);
    }
    do {
        p = memory_grow(p, &capacity, n + LIMIT_BLOCK, 1);
        have = fread(p + n, 1, LIMIT_BLOCK, f);
        n += have;
    } while (have);
    fclose(f);
    return bytes_of(p, n);
}

static void measure_decoder(const char *name, const char *path,
                            const struct frame_format *format)
{
    struct bytes all = whole(path), block;
    double begun = now(), done = 0;
    while (now() - begun < ENOUGH) {
        struct memory_source m = memory_source_of(all, LIMIT_BLOCK);
        struct source *s = frames_source_new(&m.source, format, 1);
        while (source_next(s, &block) > 0)
            done += (double)block.n;
        frames_source_free(s);
    }
    tell(name, done, begun);
    free((void *)(uintptr_t)all.p);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    struct bytes all = whole(argv[1]);
    measure_sha256(all, "openssl", 1);
    measure_sha256(all, "sha-ni", 1);
    measure_sha256(all, "sha-ni x2", 2);
    measure_sha256(all, "sha-ni x4", 4);
    measure_sha256(all, "avx2", 8);
    measure_sha256(all, "avx512", 16);
    measure_copy(all);
    measure_read(argv[1]);
    measure_decoder("inflate (ISA-L)", argv[2], &gzip_frames);
    measure_decoder("zstd", argv[3], &zstd_frames);
    free((void *)(uintptr_t)all.p);
    return 0;
}
