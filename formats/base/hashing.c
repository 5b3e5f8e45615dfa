#include "formats/base/hashing.h"

#include <pthread.h>
#include <stdlib.h>

#include "formats/base/memory.h"
#include "formats/base/sha256_many.h"

struct piece {
    struct bytes bytes;
    struct block *in;
    struct piece *next;
};

struct hash_stream {
    struct hashing *hashing;
    uint8_t *digest;
    bool is_long;

    /* Under the lock. */
    struct piece *first, **end; /* not hashed yet */
    bool ended;
    bool listed; /* in a list of ready ones, or with a thread */
    struct hash_stream *next;

    /* Of the thread that has it. */
    struct sha256_stream state;
    struct bytes view;          /* of the current piece, not hashed yet */
    struct block *in;           /* that `view` stands in */
    uint8_t part[SHA256_BLOCK]; /* of a SHA-256 block that two pieces share */
    size_t part_n;
};

/* Streams that have something to be hashed, the longest waiting first. */
struct ready {
    struct hash_stream *first, **end;
    size_t n;
};

struct hashing {
    pthread_mutex_t lock;
    pthread_cond_t wake;   /* a thread: there may be work */
    pthread_cond_t idle;   /* hashing_wait: a stream is done */
    struct ready ready[2]; /* short and long ones */
    size_t long_pieces;    /* of long streams, not hashed yet */
    size_t alone;          /* threads that have one long stream and would take another */
    size_t open, waiting;  /* streams that have ended and are not done; hashing_wait */
    bool ending;
    struct block_pool *pool;
    pthread_t *threads;
    size_t thread_count; /* 0: pieces are hashed where they are given */
};

/* Streams that one thread hashes beside each other. */
struct active {
    struct hash_stream *v[SHA256_MAX_LANES];
    size_t n, most;
    bool is_long, is_alone;
};

/* -- lists, under the lock ----------------------------------------------------------- */

static void push(struct hashing *h, struct hash_stream *s)
{
    struct ready *r = &h->ready[s->is_long];
    s->next = NULL;
    s->listed = true;
    *r->end = s;
    r->end = &s->next;
    r->n++;
}

static struct hash_stream *pop(struct hashing *h, bool is_long)
{
    struct ready *r = &h->ready[is_long];
    struct hash_stream *s = r->first;
    if (!s)
        return NULL;
    r->first = s->next;
    if (!r->first)
        r->end = &r->first;
    r->n--;
    return s;
}

static bool is_hurried(const struct hashing *h)
{
    return h->waiting || h->ending || block_pool_is_pressed(h->pool);
}

/* Two long streams are worth beginning with so many pieces, and one that is alone with so
 * many: a second one may come. */
#define PIECES_OF_TWO 16
#define PIECES_ALONE  96

/* Which kind a thread should take now; false when neither has come together yet. */
static bool choose(const struct hashing *h, bool *is_long)
{
    const struct ready *few = &h->ready[false], *many = &h->ready[true];
    bool hurried = is_hurried(h);
    size_t pieces = many->n >= 2 ? PIECES_OF_TWO : PIECES_ALONE;
    /* One that comes joins one that a thread has alone, unless nothing else is to come.
     */
    bool joins = many->n == 1 && h->alone && !h->waiting;
    *is_long = true;
    if (many->n && !joins && (hurried || h->long_pieces >= pieces))
        return true;
    *is_long = false;
    return few->n >= sha256_lanes() || (few->n && hurried);
}

/* -- a stream, by the thread that has it --------------------------------------------- */

static void let_go(struct hash_stream *s)
{
    if (s->in)
        block_return(s->in);
    s->in = NULL;
}

/* Puts octets into the shared block, and compresses it when it is full. */
static void fill_part(struct hash_stream *s)
{
    struct bytes taken = bytes_sub(s->view, 0, SHA256_BLOCK - s->part_n);
    struct sha256_stream *state = &s->state;
    const uint8_t *data = s->part;
    memcpy(s->part + s->part_n, taken.p, taken.n);
    s->part_n += taken.n;
    s->view = bytes_from(s->view, taken.n);
    if (s->part_n < SHA256_BLOCK)
        return;
    sha256_compress(&state, &data, 1, 1);
    s->part_n = 0;
}

/* Takes what is no whole SHA-256 block out of view; true while one is left. */
static bool has_block(struct hash_stream *s)
{
    while (s->view.n && (s->part_n || s->view.n < SHA256_BLOCK))
        fill_part(s);
    if (s->view.n == 0)
        let_go(s);
    return s->view.n > 0;
}

static void finish(struct hash_stream *s)
{
    sha256_end(&s->state, bytes_of(s->part, s->part_n), s->digest);
}

/* The next piece comes into view. True with one; else the stream is given back: it has
 * ended and is done, or it waits for more. */
static bool next_piece(struct hash_stream *s)
{
    struct hashing *h = s->hashing;
    pthread_mutex_lock(&h->lock);
    struct piece *p = s->first;
    bool done = !p && s->ended;
    if (p) {
        s->first = p->next;
        s->end = s->first ? s->end : &s->first;
        h->long_pieces -= s->is_long;
    }
    s->listed = p != NULL;
    pthread_mutex_unlock(&h->lock);
    bool more = p;
    if (p) {
        s->view = p->bytes;
        s->in = p->in;
        free(p);
    } else if (done) {
        finish(s);
        free(s);
        pthread_mutex_lock(&h->lock);
        if (--h->open == 0)
            pthread_cond_broadcast(&h->idle);
        pthread_mutex_unlock(&h->lock);
    }
    return more;
}

static bool refill(struct hash_stream *s)
{
    while (!has_block(s)) {
        if (!next_piece(s))
            return false;
    }
    return true;
}

/* -- threads ------------------------------------------------------------------------- */

/* Keeps those that go on, and takes ready ones into the places that are free. */
static void refill_all(struct hashing *h, struct active *a)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->n; i++) {
        if (refill(a->v[i]))
            a->v[kept++] = a->v[i];
    }
    while (kept < a->most) {
        pthread_mutex_lock(&h->lock);
        struct hash_stream *s = pop(h, a->is_long);
        pthread_mutex_unlock(&h->lock);
        if (!s)
            break;
        if (refill(s))
            a->v[kept++] = s;
    }
    a->n = kept;
}

/* Compresses as many blocks as all active ones have in view. */
static void compress(const struct active *a)
{
    struct sha256_stream *streams[SHA256_MAX_LANES];
    const uint8_t *data[SHA256_MAX_LANES];
    size_t blocks = SIZE_MAX;
    for (size_t i = 0; i < a->n; i++) {
        size_t n = a->v[i]->view.n / SHA256_BLOCK;
        blocks = n < blocks ? n : blocks;
        streams[i] = &a->v[i]->state;
        data[i] = a->v[i]->view.p;
    }
    sha256_compress(streams, data, a->n, blocks);
    for (size_t i = 0; i < a->n; i++)
        a->v[i]->view = bytes_from(a->v[i]->view, blocks * SHA256_BLOCK);
}

/* Whether to go on with these. Else they are given back: there are none, or too few of
 * them while more may come. */
static bool goes_on(struct hashing *h, struct active *a)
{
    bool is_long;
    pthread_mutex_lock(&h->lock);
    bool few = a->n < a->most && (!a->is_long || h->long_pieces < PIECES_ALONE);
    bool goes = a->n && (!few || is_hurried(h));
    for (size_t i = 0; !goes && i < a->n; i++)
        push(h, a->v[i]);
    h->alone -= a->is_alone;
    a->is_alone = goes && a->is_long && a->n == 1;
    h->alone += a->is_alone;
    if (!goes && choose(h, &is_long))
        pthread_cond_signal(&h->wake);
    pthread_mutex_unlock(&h->lock);
    return goes;
}

static void hash_some(struct hashing *h, bool is_long)
{
    struct active a = {.most = is_long ? 2 : sha256_lanes(), .is_long = is_long};
    for (refill_all(h, &a); goes_on(h, &a); refill_all(h, &a))
        compress(&a);
}

static void *work(void *context)
{
    struct hashing *h = context;
    bool is_long;
    pthread_mutex_lock(&h->lock);
    for (;;) {
        while (!choose(h, &is_long) && !h->ending)
            pthread_cond_wait(&h->wake, &h->lock);
        if (!choose(h, &is_long))
            break;
        pthread_mutex_unlock(&h->lock);
        hash_some(h, is_long);
        pthread_mutex_lock(&h->lock);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

static void hurry(void *context)
{
    struct hashing *h = context;
    pthread_mutex_lock(&h->lock);
    pthread_cond_broadcast(&h->wake);
    pthread_mutex_unlock(&h->lock);
}

struct hashing *hashing_new(size_t threads)
{
    struct hashing *h = memory_new(1, sizeof *h);
    for (size_t i = 0; i < 2; i++)
        h->ready[i].end = &h->ready[i].first;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->wake, NULL);
    pthread_cond_init(&h->idle, NULL);
    h->pool = block_pool_new(LIMIT_HASHING / LIMIT_BLOCK, threads, hurry, h);
    h->threads = memory_new(threads, sizeof *h->threads);
    if (threads > 1)
        while (h->thread_count < threads &&
               pthread_create(&h->threads[h->thread_count], NULL, work, h) == 0)
            h->thread_count++;
    return h;
}

struct block_pool *hashing_pool(const struct hashing *h)
{
    return h->pool;
}

void hashing_wait(struct hashing *h)
{
    pthread_mutex_lock(&h->lock);
    h->waiting++;
    pthread_cond_broadcast(&h->wake);
    while (h->open)
        pthread_cond_wait(&h->idle, &h->lock);
    h->waiting--;
    pthread_mutex_unlock(&h->lock);
}

void hashing_free(struct hashing *h)
{
    if (!h)
        return;
    hashing_wait(h);
    pthread_mutex_lock(&h->lock);
    h->ending = true;
    pthread_cond_broadcast(&h->wake);
    pthread_mutex_unlock(&h->lock);
    for (size_t i = 0; i < h->thread_count; i++)
        pthread_join(h->threads[i], NULL);
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->wake);
    pthread_cond_destroy(&h->idle);
    block_pool_free(h->pool);
    free(h->threads);
    free(h);
}

/* -- streams, by the thread that gives them ------------------------------------------ */

/* So many short streams of this size fit into what may wait. */
#define LONG (LIMIT_HASHING / SHA256_MAX_LANES)

struct hash_stream *hash_stream_new(struct hashing *h, uint64_t expected,
                                    uint8_t digest[32])
{
    struct hash_stream *s = memory_new(1, sizeof *s);
    s->hashing = h;
    s->digest = digest;
    s->is_long = expected > LONG;
    s->end = &s->first;
    sha256_begin(&s->state);
    return s;
}

/* By the thread that gives it: of a serial twin. */
static void hash_now(struct hash_stream *s, struct bytes piece)
{
    struct sha256_stream *state = &s->state;
    s->view = piece;
    if (has_block(s)) {
        size_t blocks = s->view.n / SHA256_BLOCK;
        sha256_compress(&state, &s->view.p, 1, blocks);
        s->view = bytes_from(s->view, blocks * SHA256_BLOCK);
        has_block(s);
    }
}

static struct piece *new_piece(struct hash_stream *s, struct bytes bytes,
                               struct block *in)
{
    struct piece *p = memory_new(1, sizeof *p);
    *p = (struct piece){.bytes = bytes, .in = in};
    if (in) {
        block_lend(in);
        return p;
    }
    struct block *copy = block_take(s->hashing->pool);
    block_lend(copy);
    block_release(copy);
    memcpy(copy->octets, bytes.p, bytes.n);
    p->bytes.p = copy->octets;
    p->in = copy;
    return p;
}

/* Under the lock: the stream has something to be hashed, or its end. */
static void make_ready(struct hash_stream *s)
{
    struct hashing *h = s->hashing;
    bool is_long;
    if (!s->listed)
        push(h, s);
    if (choose(h, &is_long))
        pthread_cond_signal(&h->wake);
}

static void add_piece(struct hash_stream *s, struct piece *p)
{
    pthread_mutex_lock(&s->hashing->lock);
    *s->end = p;
    s->end = &p->next;
    s->hashing->long_pieces += s->is_long;
    make_ready(s);
    pthread_mutex_unlock(&s->hashing->lock);
}

void hash_stream_add(struct hash_stream *s, struct bytes piece, struct block *in)
{
    if (s->hashing->thread_count == 0) {
        hash_now(s, piece);
        return;
    }
    while (piece.n) {
        struct bytes taken = bytes_sub(piece, 0, in ? SIZE_MAX : LIMIT_BLOCK);
        add_piece(s, new_piece(s, taken, in));
        piece = bytes_from(piece, taken.n);
    }
}

void hash_stream_end(struct hash_stream *s)
{
    struct hashing *h = s->hashing;
    if (h->thread_count == 0) {
        finish(s);
        free(s);
        return;
    }
    pthread_mutex_lock(&h->lock);
    h->open++;
    s->ended = true;
    make_ready(s);
    pthread_mutex_unlock(&h->lock);
}
