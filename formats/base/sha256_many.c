#include "formats/base/sha256_forms.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <pthread.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

/* FIPS 180-4, 4.2.2 and 5.3.3. */
const uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
};
static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* -- one stream: OpenSSL's block function, from and to our state --------------------- */

/* The functions below EVP are deprecated, but EVP cannot go on from a given state. */
static SHA256_CTX context_of(const struct sha256_stream *s)
{
    uint64_t bits = s->blocks * SHA256_BLOCK * 8;
    SHA256_CTX c = {.Nl = (uint32_t)bits, .Nh = (uint32_t)(bits >> 32), .md_len = 32};
    memcpy(c.h, s->h, sizeof s->h);
    return c;
}

static void compress_alone(struct sha256_stream *const streams[],
                           const uint8_t *const data[], size_t blocks)
{
    SHA256_CTX c = context_of(streams[0]);
    SHA256_Update(&c, data[0], blocks * SHA256_BLOCK);
    memcpy(streams[0]->h, c.h, sizeof c.h);
}

static bool everywhere(void)
{
    return true;
}

const struct sha256_form sha256_openssl = {
    .name = "openssl",
    .streams = 1,
    .supported = everywhere,
    .compress = compress_alone,
};

/* -- the choice ---------------------------------------------------------------------- */

static const struct sha256_form *const forms[] = {
    &sha256_avx512, &sha256_avx2,   &sha256_ni_four,
    &sha256_ni_two, &sha256_ni_one, &sha256_openssl,
};
#define FORMS (sizeof forms / sizeof *forms)

static bool usable[FORMS];
static const struct sha256_form *best[SHA256_MAX_LANES + 1]; /* for so many streams */
static const char *failed;
static const struct sha256_form *only; /* for tests */
static pthread_once_t chosen = PTHREAD_ONCE_INIT;

#define TEST_BLOCKS 3

/* Different messages at once, in two steps, and each by OpenSSL. */
bool sha256_form_works(const struct sha256_form *form)
{
    struct sha256_stream streams[SHA256_MAX_LANES], alone, *one = &alone;
    struct sha256_stream *lanes[SHA256_MAX_LANES];
    uint8_t message[SHA256_MAX_LANES][TEST_BLOCKS * SHA256_BLOCK];
    const uint8_t *data[SHA256_MAX_LANES], *rest[SHA256_MAX_LANES];
    bool same = true;
    for (size_t i = 0; i < form->streams; i++) {
        for (size_t j = 0; j < sizeof message[i]; j++)
            message[i][j] = (uint8_t)(i * 37 + j * 11 + (j >> 3));
        sha256_begin(&streams[i]);
        lanes[i] = &streams[i];
        data[i] = message[i];
        rest[i] = message[i] + SHA256_BLOCK;
    }
    form->compress(lanes, data, 1);
    form->compress(lanes, rest, TEST_BLOCKS - 1);
    for (size_t i = 0; i < form->streams; i++) {
        sha256_begin(&alone);
        compress_alone(&one, &data[i], TEST_BLOCKS);
        same &= memcmp(alone.h, streams[i].h, sizeof alone.h) == 0;
    }
    return same;
}

#define MEASURED_BLOCKS 16 /* of each stream: microseconds */
#define MEASURED_TIMES  4

/* The processor's count of ticks: it can tell how long, but no date. Elsewhere there is
 * only one form to choose. */
static uint64_t ticks(void)
{
#ifdef __x86_64__
    return __rdtsc();
#else
    return 0;
#endif
}

/* Ticks that one call takes: the least of a few, for the thread may be interrupted, and a
 * processor wakes its wide units up only when they are used. */
static uint64_t cost_of(const struct sha256_form *form)
{
    static const uint8_t message[MEASURED_BLOCKS * SHA256_BLOCK];
    struct sha256_stream streams[SHA256_MAX_LANES], *lanes[SHA256_MAX_LANES];
    const uint8_t *data[SHA256_MAX_LANES];
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < form->streams; i++) {
        sha256_begin(&streams[i]);
        lanes[i] = &streams[i];
        data[i] = message;
    }
    for (int i = 0; i < MEASURED_TIMES; i++) {
        uint64_t from = ticks();
        form->compress(lanes, data, MEASURED_BLOCKS);
        uint64_t cost = ticks() - from;
        least = cost < least ? cost : least;
    }
    return least + 1;
}

size_t sha256_cheapest(const struct sha256_form *const these[], const uint64_t cost[],
                       size_t n, size_t streams)
{
    size_t cheapest = n;
    double least = 0;
    for (size_t i = 0; i < n; i++) {
        size_t filled = streams < these[i]->streams ? streams : these[i]->streams;
        double each = (double)cost[i] / (double)filled;
        if (cost[i] > 0 && (cheapest == n || each < least)) {
            cheapest = i;
            least = each;
        }
    }
    return cheapest;
}

/* Which form is the fastest differs between processors by more than any table of them
 * would know, so it is measured, in a tenth of a millisecond. Digests do not depend on
 * it. */
static void choose(void)
{
    uint64_t cost[FORMS] = {0};
    for (size_t i = 0; i < FORMS; i++) {
        bool supported = forms[i]->supported();
        usable[i] = supported && sha256_form_works(forms[i]);
        if (usable[i])
            cost[i] = cost_of(forms[i]);
        else if (supported)
            failed = forms[i]->name;
    }
    for (size_t n = 1; n <= SHA256_MAX_LANES; n++) {
        size_t i = sha256_cheapest(forms, cost, FORMS, n);
        best[n] = i < FORMS ? forms[i] : &sha256_openssl;
    }
}

/* The form that takes the least time for `n` streams. */
static const struct sha256_form *form_for(size_t n)
{
    pthread_once(&chosen, choose);
    if (only)
        return n >= only->streams ? only : &sha256_openssl;
    return best[n < SHA256_MAX_LANES ? n : SHA256_MAX_LANES];
}

size_t sha256_lanes(void)
{
    return form_for(SHA256_MAX_LANES)->streams;
}

const char *sha256_failed_form(void)
{
    pthread_once(&chosen, choose);
    return failed;
}

bool sha256_use_only(const char *form)
{
    pthread_once(&chosen, choose);
    only = NULL;
    for (size_t i = 0; form && i < FORMS; i++) {
        if (usable[i] && strcmp(forms[i]->name, form) == 0)
            only = forms[i];
    }
    return !form || only;
}

/* -- streams ------------------------------------------------------------------------- */

void sha256_begin(struct sha256_stream *s)
{
    memcpy(s->h, initial, sizeof s->h);
    s->blocks = 0;
}

/* Places of the form that have no stream repeat the first one's octets into a state that
 * nobody reads. */
static void compress_with(const struct sha256_form *form,
                          struct sha256_stream *const streams[],
                          const uint8_t *const data[], size_t n, size_t blocks)
{
    struct sha256_stream idle, *places[SHA256_MAX_LANES];
    const uint8_t *octets[SHA256_MAX_LANES];
    if (n == form->streams) {
        form->compress(streams, data, blocks);
        return;
    }
    sha256_begin(&idle);
    for (size_t i = 0; i < form->streams; i++) {
        places[i] = i < n ? streams[i] : &idle;
        octets[i] = i < n ? data[i] : data[0];
    }
    form->compress(places, octets, blocks);
}

void sha256_compress(struct sha256_stream *const streams[], const uint8_t *const data[],
                     size_t n, size_t blocks)
{
    for (size_t at = 0, taken; at < n; at += taken) {
        const struct sha256_form *form = form_for(n - at);
        taken = n - at < form->streams ? n - at : form->streams;
        compress_with(form, streams + at, data + at, taken, blocks);
    }
    for (size_t i = 0; i < n; i++)
        streams[i]->blocks += blocks;
}

void sha256_end(struct sha256_stream *s, struct bytes tail, uint8_t digest[32])
{
    SHA256_CTX c = context_of(s);
    SHA256_Update(&c, tail.p, tail.n);
    SHA256_Final(digest, &c);
}
