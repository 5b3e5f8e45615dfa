#include "verify/lanes.h"

struct active {
    const struct lane_supply *supply;
    struct lane *v[SHA256_MAX_LANES];
    size_t n, most;
    enum digest_algorithm algorithm;
    size_t block; /* octets */
};

bool lanes_know(enum digest_algorithm algorithm)
{
    return algorithm == DIGEST_SHA256 || algorithm == DIGEST_SHA512 ||
           algorithm == DIGEST_SHA384 || algorithm == DIGEST_SHA512_256;
}

/* -- what depends on the algorithm --------------------------------------------------- */

static void begin(const struct active *a, struct lane *l)
{
    if (a->algorithm == DIGEST_SHA256)
        sha256_begin(&l->stream.sha256);
    else
        sha512_begin(&l->stream.sha512, a->algorithm);
}

static void compress(const struct active *a, struct lane *const v[],
                     const uint8_t *const data[], size_t n, size_t blocks)
{
    struct sha256_stream *shorts[SHA256_MAX_LANES];
    struct sha512_stream *longs[SHA512_MAX_LANES];
    for (size_t i = 0; i < n; i++) {
        if (a->algorithm == DIGEST_SHA256)
            shorts[i] = &v[i]->stream.sha256;
        else
            longs[i] = &v[i]->stream.sha512;
    }
    if (a->algorithm == DIGEST_SHA256)
        sha256_compress(shorts, data, n, blocks);
    else
        sha512_compress(longs, data, n, blocks);
}

static void end(const struct active *a, struct lane *l)
{
    struct bytes tail = bytes_of(l->part, l->part_n);
    if (a->algorithm == DIGEST_SHA256)
        sha256_end(&l->stream.sha256, tail, l->digest);
    else
        sha512_end(&l->stream.sha512, tail, l->digest);
}

/* -- lanes --------------------------------------------------------------------------- */

/* Puts octets into the shared block, and compresses it when it is full. */
static void fill_part(const struct active *a, struct lane *l)
{
    struct bytes taken = bytes_sub(l->view, 0, a->block - l->part_n);
    memcpy(l->part + l->part_n, taken.p, taken.n);
    l->part_n += taken.n;
    l->view = bytes_from(l->view, taken.n);
    if (l->part_n < a->block)
        return;
    const uint8_t *data = l->part;
    compress(a, &l, &data, 1, 1);
    l->part_n = 0;
}

/* Until a whole block of the algorithm is in view: 1; at the end: 0, and the digest is
 * there. */
static int fill(const struct active *a, struct lane *l)
{
    while (l->part_n || l->view.n < a->block) {
        if (l->view.n) {
            fill_part(a, l);
            continue;
        }
        int more = source_next(l->from, &l->view);
        if (more < 0)
            return more;
        if (more == 0) {
            end(a, l);
            return 0;
        }
        l->size += l->view.n;
    }
    return 1;
}

/* Takes it in, or, when it has no whole block, through. 0 or < 0. */
static int keep_on(struct active *a, struct lane *l, size_t *kept)
{
    int more = fill(a, l);
    if (more > 0)
        a->v[(*kept)++] = l;
    else if (more == 0)
        a->supply->done(a->supply->context, l);
    return more < 0 ? more : 0;
}

/* Keeps those that go on, and takes new ones into the places that are free. */
static int refill(struct active *a)
{
    const struct lane_supply *supply = a->supply;
    size_t kept = 0;
    int error = 0;
    for (size_t i = 0; i < a->n && error == 0; i++)
        error = keep_on(a, a->v[i], &kept);
    while (error == 0 && kept < a->most) {
        struct lane *l = supply->next(supply->context, kept);
        if (!l)
            break;
        begin(a, l);
        error = keep_on(a, l, &kept);
    }
    a->n = kept;
    return error;
}

/* Compresses as many blocks as all active ones have in view. */
static void compress_all(struct active *a)
{
    const uint8_t *data[SHA256_MAX_LANES];
    size_t blocks = SIZE_MAX;
    for (size_t i = 0; i < a->n; i++) {
        size_t n = a->v[i]->view.n / a->block;
        blocks = n < blocks ? n : blocks;
        data[i] = a->v[i]->view.p;
    }
    compress(a, a->v, data, a->n, blocks);
    for (size_t i = 0; i < a->n; i++)
        a->v[i]->view = bytes_from(a->v[i]->view, blocks * a->block);
}

int lanes_hash(const struct lane_supply *supply, enum digest_algorithm algorithm)
{
    bool is_256 = algorithm == DIGEST_SHA256;
    struct active active = {.supply = supply,
                            .algorithm = algorithm,
                            .most = is_256 ? SHA256_MAX_LANES : SHA512_MAX_LANES,
                            .block = is_256 ? SHA256_BLOCK : SHA512_BLOCK};
    for (;;) {
        int error = refill(&active);
        if (error || active.n == 0)
            return error;
        compress_all(&active);
    }
}
