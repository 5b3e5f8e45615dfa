/* The second phase of the walk: logs, in chunks of whole lines (walk.h). */
#include <pthread.h>
#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/marked_text.h"
#include "formats/base/memory.h"
#include "formats/base/workers.h"
#include "verify/package_private.h"
#include "verify/walk.h"

struct log_reader;

struct log_job {
    struct job job;
    struct log_reader *reader;
    struct log_chunk chunk;
    uint8_t *buffer;
    size_t n, capacity;
    bool hashed;
    struct log_job *next; /* of those to be hashed, or that are idle */
};

/* What is to be hashed, in the order of the log. It is work for one at a time, and
 * whichever worker finds nobody at it does all that waits. */
struct log_hash {
    pthread_mutex_t lock;
    pthread_cond_t done;
    struct digest_state *digest; /* NULL when the item was hashed by the walk */
    struct log_job *first, **end;
    bool busy;
};

struct log_reader {
    struct package *package;
    const struct walk_options *options;
    const struct log_visitor *visitor;
    struct workers *workers;
    struct item *item;
    struct log_hash hash;
    struct log_job *open; /* the chunk that is being filled */
    struct log_job *idle; /* finished ones: fresh pages cost more than the copy */
    size_t filled;
    uint64_t offset; /* of the open chunk in the item */
    uint64_t done, total;
};

static void hash_begin(struct log_hash *h)
{
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->done, NULL);
    h->end = &h->first;
}

static void hash_end(struct log_hash *h)
{
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->done);
}

static void hash_later(struct log_hash *h, struct log_job *j)
{
    pthread_mutex_lock(&h->lock);
    j->next = NULL;
    *h->end = j;
    h->end = &j->next;
    pthread_mutex_unlock(&h->lock);
}

/* The lock is held, but not while it hashes. */
static void hash_first(struct log_hash *h)
{
    struct log_job *j = h->first;
    h->first = j->next;
    h->end = h->first ? h->end : &h->first;
    pthread_mutex_unlock(&h->lock);
    digest_state_update(h->digest, bytes_of(j->buffer, j->n));
    pthread_mutex_lock(&h->lock);
    j->hashed = true;
    pthread_cond_signal(&h->done);
}

static void hash_waiting(struct log_hash *h)
{
    pthread_mutex_lock(&h->lock);
    bool mine = !h->busy;
    h->busy = true;
    while (mine && h->first)
        hash_first(h);
    if (mine)
        h->busy = false;
    pthread_mutex_unlock(&h->lock);
}

/* Of a job that ran: then it is hashed, or somebody is at it. */
static void hash_wait(struct log_hash *h, const struct log_job *j)
{
    pthread_mutex_lock(&h->lock);
    while (!j->hashed)
        pthread_cond_wait(&h->done, &h->lock);
    pthread_mutex_unlock(&h->lock);
}

static void run_chunk(struct job *job)
{
    struct log_job *j = (struct log_job *)job;
    const struct log_visitor *v = j->reader->visitor;
    hash_waiting(&j->reader->hash);
    v->decode(v->context, &j->chunk);
}

static void free_job(struct log_job *j)
{
    free(j->buffer);
    free(j);
}

/* What a huge line made large is not kept. */
static void finish_chunk(struct job *job)
{
    struct log_job *j = (struct log_job *)job;
    struct log_reader *r = j->reader;
    hash_wait(&r->hash, j);
    r->visitor->commit(r->visitor->context, &j->chunk);
    if (j->capacity > 2 * (LIMIT_CHUNK + LIMIT_BLOCK)) {
        free_job(j);
        return;
    }
    j->next = r->idle;
    r->idle = j;
}

static void free_idle(struct log_reader *r)
{
    for (struct log_job *j = r->idle, *next; j; j = next) {
        next = j->next;
        free_job(j);
    }
}

/* Windows' tools put a mark before UTF-8: it belongs to no record. */
static void skip_mark(struct log_chunk *chunk)
{
    size_t mark = chunk->first ? utf8_mark(chunk->text) : 0;
    chunk->text = bytes_from(chunk->text, mark);
    chunk->offset += mark;
}

/* With room for a chunk and the block that fills it: grown step by step, each buffer
 * would be copied over and over. */
static struct log_job *new_job(void)
{
    struct log_job *j = memory_new(1, sizeof *j);
    j->capacity = 2 * LIMIT_CHUNK;
    j->buffer = memory_pages(j->capacity);
    return j;
}

static void open_chunk(struct log_reader *r)
{
    struct log_job *j = r->idle ? r->idle : new_job();
    if (r->idle)
        r->idle = j->next;
    j->job = (struct job){run_chunk, finish_chunk};
    j->reader = r;
    j->chunk =
        (struct log_chunk){.item = r->item, .offset = r->offset, .first = r->offset == 0};
    r->open = j;
    r->filled = 0;
}

static void append(struct log_reader *r, struct bytes b)
{
    struct log_job *j = r->open;
    j->buffer = memory_grow(j->buffer, &j->capacity, r->filled + b.n, 1);
    if (b.n)
        memcpy(j->buffer + r->filled, b.p, b.n);
    r->filled += b.n;
}

/* Sends the first `n` bytes of the open chunk off; the rest begins the next one. */
static void submit_chunk(struct log_reader *r, size_t n, bool last)
{
    struct log_job *full = r->open;
    struct bytes rest = bytes_from(bytes_of(full->buffer, r->filled), n);
    full->n = n;
    full->chunk.text = bytes_of(full->buffer, n);
    full->chunk.last = last;
    skip_mark(&full->chunk);
    full->hashed = !r->hash.digest;
    if (r->hash.digest)
        hash_later(&r->hash, full);
    r->offset += n;
    if (!last) {
        open_chunk(r);
        append(r, rest);
    }
    workers_submit(r->workers, &full->job);
}

static void add_block(struct log_reader *r, struct bytes block)
{
    append(r, block);
    if (r->filled < LIMIT_CHUNK)
        return;
    struct bytes all = bytes_of(r->open->buffer, r->filled);
    size_t end = bytes_rfind_byte(all, '\n');
    if (end < all.n)
        submit_chunk(r, end + 1, false);
    else if (r->filled >= LIMIT_LINE)
        submit_chunk(r, r->filled, false);
}

static void tell(struct log_reader *r, size_t n)
{
    const struct progress *p = &r->options->progress;
    r->done += n;
    if (p->tell)
        p->tell(p->context, r->done, r->total, r->item);
}

static int read_log(struct log_reader *r, struct source *s)
{
    struct bytes block;
    int more;
    while ((more = source_next(s, &block)) > 0) {
        if (r->hash.digest)
            r->item->size += block.n;
        tell(r, block.n);
        add_block(r, block);
    }
    if (s->fault.code)
        item_fault(r->item, s->fault);
    submit_chunk(r, r->filled, true);
    return more;
}

static void take_digest(struct log_reader *r, bool whole)
{
    struct digest_state *state = r->hash.digest;
    digest_state_final(state);
    const struct digest *d = digest_state_result(state, DIGEST_SHA256);
    memcpy(r->item->sha256, d->octets, sizeof r->item->sha256);
    r->item->whole = r->item->hashed = whole;
    digest_state_free(state);
    r->hash.digest = NULL;
}

static int stream_item(struct log_reader *r)
{
    struct source *s = item_source_open(r->package, r->item);
    if (!s) {
        item_fault(r->item, (struct fault){FAULT_READ, 0, 0, 0});
        return 0;
    }
    if (!r->item->hashed && !r->item->kept && r->item->size == 0)
        r->hash.digest = digest_state_new(DIGEST_BIT(DIGEST_SHA256));
    r->offset = 0;
    open_chunk(r);
    int error = read_log(r, s);
    /* The next item's chunks come after all of this one's. */
    workers_wait(r->workers);
    if (r->hash.digest)
        take_digest(r, s->fault.code == FAULT_NONE);
    item_source_close(s);
    return error;
}

static bool is_log(const struct log_reader *r, const struct item *i)
{
    return i->entry.type == ENTRY_FILE && i->container == CONTAINER_NONE &&
           r->options->care && r->options->care(r->options->context, i) == CARE_DEFER;
}

int logs_stream(struct package *p, const struct walk_options *options,
                const struct log_visitor *visitor)
{
    struct log_reader r = {.package = p, .options = options, .visitor = visitor};
    struct item *i;
    int error = 0;
    for (i = &p->root; i; i = item_next(i, &p->root)) {
        if (is_log(&r, i))
            r.total += i->hashed ? i->size : i->entry.size;
    }
    hash_begin(&r.hash);
    r.workers = workers_new(options->threads, 0);
    for (i = &p->root; i && !error; i = item_next(i, &p->root)) {
        if (!is_log(&r, i))
            continue;
        r.item = i;
        error = stream_item(&r);
    }
    workers_wait(r.workers);
    workers_free(r.workers);
    free_idle(&r);
    hash_end(&r.hash);
    return error;
}
