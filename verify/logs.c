/* The second phase of the walk: logs, in chunks of whole lines (walk.h). */
#include <stdlib.h>

#include "formats/base/limits.h"
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
    size_t capacity;
    struct log_job *next; /* of those that are idle */
};

struct log_reader {
    struct package *package;
    const struct walk_options *options;
    const struct log_visitor *visitor;
    struct workers *workers;
    struct item *item;
    struct digest_state *digest; /* NULL when the item was hashed by the walk */
    struct log_job *open;        /* the chunk that is being filled */
    struct log_job *idle;        /* finished ones: fresh pages cost more than the copy */
    size_t filled;
    uint64_t offset; /* of the open chunk in the item */
    uint64_t done, total;
};

static void run_chunk(struct job *job)
{
    struct log_job *j = (struct log_job *)job;
    const struct log_visitor *v = j->reader->visitor;
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
    struct bytes mark = BYTES("\xef\xbb\xbf");
    if (!chunk->first || !bytes_starts(chunk->text, mark))
        return;
    chunk->text = bytes_from(chunk->text, mark.n);
    chunk->offset += mark.n;
}

static void open_chunk(struct log_reader *r)
{
    struct log_job *j = r->idle ? r->idle : memory_new(1, sizeof *j);
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
    full->chunk.text = bytes_of(full->buffer, n);
    full->chunk.last = last;
    skip_mark(&full->chunk);
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
        if (r->digest) {
            digest_state_update(r->digest, block);
            r->item->size += block.n;
        }
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
    digest_state_final(r->digest);
    const struct digest *d = digest_state_result(r->digest, DIGEST_SHA256);
    memcpy(r->item->sha256, d->octets, sizeof r->item->sha256);
    r->item->whole = r->item->hashed = whole;
    digest_state_free(r->digest);
    r->digest = NULL;
}

static int stream_item(struct log_reader *r)
{
    struct source *s = item_source_open(r->package, r->item);
    if (!s) {
        item_fault(r->item, (struct fault){FAULT_READ, 0, 0, 0});
        return 0;
    }
    if (!r->item->hashed && !r->item->kept && r->item->size == 0)
        r->digest = digest_state_new(DIGEST_BIT(DIGEST_SHA256));
    r->offset = 0;
    open_chunk(r);
    int error = read_log(r, s);
    if (r->digest)
        take_digest(r, s->fault.code == FAULT_NONE);
    item_source_close(s);
    /* The next item's chunks come after all of this one's. */
    workers_wait(r->workers);
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
    return error;
}
