#include "verify/lanes.h"

struct active {
    struct lane *v[SHA256_MAX_LANES];
    size_t n;
};

/* Puts octets into the shared block, and compresses it when it is full. */
static void fill_part(struct lane *l)
{
    struct bytes taken = bytes_sub(l->view, 0, SHA256_BLOCK - l->part_n);
    memcpy(l->part + l->part_n, taken.p, taken.n);
    l->part_n += taken.n;
    l->view = bytes_from(l->view, taken.n);
    if (l->part_n < SHA256_BLOCK)
        return;
    struct sha256_stream *stream = &l->stream;
    const uint8_t *data = l->part;
    sha256_compress(&stream, &data, 1, 1);
    l->part_n = 0;
}

/* Until a whole SHA-256 block is in view: 1; at the end: 0, and the digest is there. */
static int fill(struct lane *l)
{
    while (l->part_n || l->view.n < SHA256_BLOCK) {
        if (l->view.n) {
            fill_part(l);
            continue;
        }
        int more = source_next(l->from, &l->view);
        if (more < 0)
            return more;
        if (more == 0) {
            sha256_end(&l->stream, bytes_of(l->part, l->part_n), l->sha256);
            return 0;
        }
        l->size += l->view.n;
    }
    return 1;
}

/* Keeps those that go on, and takes waiting ones into the places that are free. */
static int refill(struct active *a, struct lane **waiting, const struct lane *end)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->n; i++) {
        int more = fill(a->v[i]);
        if (more < 0)
            return more;
        if (more)
            a->v[kept++] = a->v[i];
    }
    while (kept < SHA256_MAX_LANES && *waiting < end) {
        struct lane *l = (*waiting)++;
        sha256_begin(&l->stream);
        int more = fill(l);
        if (more < 0)
            return more;
        if (more)
            a->v[kept++] = l;
    }
    a->n = kept;
    return 0;
}

/* Compresses as many blocks as all active ones have in view. */
static void compress(struct active *a)
{
    struct sha256_stream *streams[SHA256_MAX_LANES];
    const uint8_t *data[SHA256_MAX_LANES];
    size_t blocks = SIZE_MAX;
    for (size_t i = 0; i < a->n; i++) {
        size_t n = a->v[i]->view.n / SHA256_BLOCK;
        blocks = n < blocks ? n : blocks;
        streams[i] = &a->v[i]->stream;
        data[i] = a->v[i]->view.p;
    }
    sha256_compress(streams, data, a->n, blocks);
    for (size_t i = 0; i < a->n; i++)
        a->v[i]->view = bytes_from(a->v[i]->view, blocks * SHA256_BLOCK);
}

int lanes_hash(struct lane *lanes, size_t n)
{
    struct active active = {.n = 0};
    struct lane *waiting = lanes;
    for (;;) {
        int error = refill(&active, &waiting, lanes + n);
        if (error || active.n == 0)
            return error;
        compress(&active);
    }
}
