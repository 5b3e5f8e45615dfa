#include "formats/base/hashing.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>

#include "formats/base/digest.h"
#include "formats/base/sha256_many.h"

/* The octets of stream `i`: a view into one long text that no two streams share. */
static uint8_t *text;
#define TEXT (9 * MIB)

static struct bytes octets_of(size_t i, size_t n)
{
    return bytes_of(text + i * 131, n);
}

/* Lengths around the sizes of a SHA-256 block and of a block, and two long ones. */
static size_t length_of(size_t i)
{
    static const size_t odd[] = {0,           1,           63,   64,     65,
                                 LIMIT_BLOCK, 3 * 1024,    5000, 600000, 128,
                                 1000,        LIMIT_BLOCK, 127};
    if (i % 97 == 50)
        return 8 * MIB;
    return odd[i % (sizeof odd / sizeof *odd)] + (i % 7 == 3);
}

/* Some pieces in blocks, some borrowed, in lengths that fit nothing. */
static void give(struct hashing *h, struct hash_stream *s, struct bytes all)
{
    for (size_t at = 0, step = 100; at < all.n; step = step * 3 % 262139 + 1) {
        struct bytes piece = bytes_sub(all, at, step);
        at += piece.n;
        if (step % 2) {
            hash_stream_add(s, piece, NULL);
            continue;
        }
        struct block *b = block_take(hashing_pool(h));
        memcpy(b->octets, piece.p, piece.n);
        hash_stream_add(s, bytes_of(b->octets, piece.n), b);
        block_release(b);
    }
}

#define STREAMS 300

struct producer {
    struct hashing *hashing;
    size_t from, step;
    uint8_t (*digests)[32];
};

static void *produce(void *context)
{
    struct producer *p = context;
    for (size_t i = p->from; i < STREAMS; i += p->step) {
        size_t n = length_of(i);
        struct hash_stream *s =
            hash_stream_new(p->hashing, i % 5 ? n : UINT64_MAX, p->digests[i]);
        give(p->hashing, s, octets_of(i, n));
        hash_stream_end(s);
    }
    return NULL;
}

static void all_streams(size_t threads, size_t producers)
{
    static uint8_t digests[STREAMS][32];
    struct hashing *h = hashing_new(threads);
    struct producer p[4];
    pthread_t running[4];
    memset(digests, 0, sizeof digests);
    for (size_t i = 0; i < producers; i++) {
        p[i] = (struct producer){h, i, producers, digests};
        pthread_create(&running[i], NULL, produce, &p[i]);
    }
    for (size_t i = 0; i < producers; i++)
        pthread_join(running[i], NULL);
    hashing_wait(h);
    for (size_t i = 0; i < STREAMS; i++) {
        struct digest want = digest_bytes(DIGEST_SHA256, octets_of(i, length_of(i)));
        cr_assert_arr_eq(digests[i], want.octets, 32, "stream %zu, %zu threads", i,
                         threads);
    }
    hashing_free(h);
}

static void make_text(void)
{
    text = malloc(TEXT);
    srand(7);
    for (size_t i = 0; i < TEXT; i++)
        text[i] = (uint8_t)rand();
}

Test(hashing, digests_whatever_the_threads, .init = make_text)
{
    all_streams(1, 1);
    all_streams(2, 1);
    all_streams(3, 4);
    all_streams(8, 2);
    free(text);
}

/* Streams in lanes, where the processor has them and where it has none. */
Test(hashing, digests_in_every_form, .init = make_text)
{
    static const char *const forms[] = {"openssl", "sha-ni", "sha-ni x2", "sha-ni x4",
                                        "avx2"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (sha256_use_only(forms[i]))
            all_streams(2, 1);
    }
    free(text);
}

/* More open streams than threads, none of which has come together: nobody may wait. */
Test(hashing, ends_with_few_streams)
{
    uint8_t digest[32];
    struct hashing *h = hashing_new(2);
    struct hash_stream *s = hash_stream_new(h, 3, digest);
    hash_stream_add(s, BYTES("abc"), NULL);
    hash_stream_end(s);
    hashing_wait(h);
    struct digest want = digest_bytes(DIGEST_SHA256, BYTES("abc"));
    cr_assert_arr_eq(digest, want.octets, 32);
    hashing_free(h);
}

/* A stream that is given more than may wait goes on: its producer is let through. */
Test(hashing, one_stream_beyond_the_bound)
{
    static const uint8_t zeros[LIMIT_BLOCK];
    uint8_t digest[32];
    struct hashing *h = hashing_new(2);
    struct hash_stream *s = hash_stream_new(h, 10, digest);
    struct digest_state *want = digest_state_new(DIGEST_BIT(DIGEST_SHA256));
    for (size_t i = 0; i < 2 * LIMIT_HASHING / LIMIT_BLOCK; i++) {
        hash_stream_add(s, bytes_of(zeros, sizeof zeros), NULL);
        digest_state_update(want, bytes_of(zeros, sizeof zeros));
    }
    hash_stream_end(s);
    hashing_free(h);
    digest_state_final(want);
    cr_assert_arr_eq(digest, digest_state_result(want, DIGEST_SHA256)->octets, 32);
    digest_state_free(want);
}
