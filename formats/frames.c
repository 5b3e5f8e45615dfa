#include "formats/frames.h"

#include <stdlib.h>

#include "formats/base/block.h"
#include "formats/base/memory.h"
#include "formats/base/workers.h"

/* Frames together are decompressed by one job until they have so many compressed bytes;
 * what is larger than that together or alone is left to the reader. */
#define RUN_LEAST (64 * KIB)
#define RUN_MOST  (8 * MIB)
/* And so many of content. */
#define CONTENT_MOST (16 * MIB)
/* How far the stream is read ahead of the reader. */
#define AHEAD_MOST (16 * MIB)

/* Bytes that are held. */
struct part {
    struct bytes bytes;
    struct block *in;
};

struct parts {
    struct part *v;
    size_t n, capacity;
};

/* What seems to be whole frames, and what came of them. */
struct run {
    struct job job;
    struct source source; /* hands out `input` */
    struct frames *frames;
    struct run *next;
    uint64_t begin, end; /* in the compressed stream */
    struct parts input, content;
    size_t at; /* of input or of content, handed out */
    bool ran;  /* the job is finished */
    bool whole;
};

struct frames {
    struct source source;
    struct source *from;
    const struct frame_format *format;
    size_t threads;
    struct workers *workers; /* from when on the stream is read ahead */

    struct frame_reader *reader; /* in the place of a run, or NULL */
    struct source gate;          /* what it reads */
    uint64_t base;               /* where it began */

    struct parts ahead; /* compressed, from `at` to `end`; the first `gone` are used up */
    size_t gone;
    uint64_t at, end;
    bool input_ended;
    int result;

    uint64_t begin; /* of the frames that are being collected, or NONE */
    uint8_t tail[8];
    size_t tail_n; /* the last bytes before `end` */
    struct run *first, **last;
    struct block *held; /* of the run before, until the next call */
};

#define NONE UINT64_MAX

/* -- parts --------------------------------------------------------------------------- */

static void add_part(struct parts *p, struct bytes bytes, struct block *in)
{
    p->v = memory_grow(p->v, &p->capacity, p->n + 1, sizeof *p->v);
    p->v[p->n++] = (struct part){bytes, in};
}

/* Holds bytes that a source handed out; what is only borrowed is copied. */
static void hold_part(struct parts *p, struct bytes bytes, const struct source *from)
{
    if (from->held) {
        block_hold(from->held);
        add_part(p, bytes, from->held);
        return;
    }
    for (struct bytes piece; bytes.n; bytes = bytes_from(bytes, piece.n)) {
        struct block *copy = block_take(from->pool);
        piece = bytes_sub(bytes, 0, sizeof copy->octets);
        memcpy(copy->octets, piece.p, piece.n);
        add_part(p, bytes_of(copy->octets, piece.n), copy);
    }
}

static void release_parts(struct parts *p, size_t from)
{
    for (size_t i = from; i < p->n; i++)
        block_release(p->v[i].in);
    free(p->v);
    *p = (struct parts){0};
}

/* -- runs ---------------------------------------------------------------------------- */

static int run_next(struct source *s, struct bytes *block)
{
    struct run *r = (struct run *)(void *)((char *)s - offsetof(struct run, source));
    if (r->at == r->input.n)
        return 0;
    s->held = r->input.v[r->at].in;
    *block = r->input.v[r->at++].bytes;
    return 1;
}

static void decompress_run(struct job *job)
{
    struct run *r = (struct run *)job;
    struct frame_reader *reader = r->frames->format->open(&r->source);
    struct bytes block;
    uint64_t size = 0;
    int more = 0;
    while (size <= CONTENT_MOST && (more = source_next(&reader->source, &block)) > 0) {
        hold_part(&r->content, block, &reader->source);
        size += block.n;
    }
    r->whole = more == 0 && reader->source.fault.code == FAULT_NONE;
    r->frames->format->close(reader);
    r->at = 0;
}

static void finish_run(struct job *job)
{
    struct run *r = (struct run *)job;
    release_parts(&r->input, 0);
    r->ran = true;
}

/* The compressed bytes from `begin` to `end`, which are all ahead. */
static void take_input(struct frames *f, struct run *r)
{
    uint64_t at = f->at;
    for (size_t i = f->gone; i < f->ahead.n && at < r->end; i++) {
        struct part p = f->ahead.v[i];
        uint64_t skip = r->begin > at ? r->begin - at : 0;
        uint64_t left = r->end - at;
        at += p.bytes.n;
        if (skip >= p.bytes.n)
            continue;
        p.bytes =
            bytes_from(bytes_sub(p.bytes, 0, left < p.bytes.n ? (size_t)left : p.bytes.n),
                       (size_t)skip);
        block_hold(p.in);
        add_part(&r->input, p.bytes, p.in);
    }
}

static void submit_run(struct frames *f, uint64_t begin, uint64_t end)
{
    struct run *r = memory_new(1, sizeof *r);
    r->job = (struct job){decompress_run, finish_run};
    r->source = (struct source){.next = run_next, .pool = f->source.pool};
    r->frames = f;
    r->begin = begin;
    r->end = end;
    take_input(f, r);
    *f->last = r;
    f->last = &r->next;
    workers_submit(f->workers, &r->job);
}

static void wait_for(struct run *r)
{
    if (!r->ran)
        workers_wait_for(r->frames->workers, &r->job);
}

static void drop_run(struct frames *f)
{
    struct run *r = f->first;
    wait_for(r);
    f->first = r->next;
    if (!f->first)
        f->last = &f->first;
    release_parts(&r->content, r->at);
    free(r);
}

/* -- reading ahead ------------------------------------------------------------------- */

/* A frame may begin at `place`, or the stream ends there. */
static void cut(struct frames *f, uint64_t place, bool ends)
{
    uint64_t n = place - f->begin;
    if (f->begin != NONE && n < RUN_LEAST && !ends)
        return;
    if (f->begin != NONE && n && n <= RUN_MOST)
        submit_run(f, f->begin, place);
    f->begin = ends ? NONE : place;
}

/* Finds the magic in new bytes, also where it began in those before. */
static void search(struct frames *f, struct bytes new)
{
    struct bytes magic = f->format->magic;
    uint64_t start = f->end;
    uint8_t seam[16];
    size_t n = f->tail_n, add = new.n < magic.n - 1 ? new.n : magic.n - 1;
    memcpy(seam, f->tail, n);
    memcpy(seam + n, new.p, add);
    for (size_t i = 0; i < n && i + magic.n <= n + add; i++) {
        if (memcmp(seam + i, magic.p, magic.n) == 0)
            cut(f, start - n + i, false);
    }
    for (size_t i = 0, found; i < new.n; i = found + 1) {
        found = i + bytes_find(bytes_from(new, i), magic);
        if (found < new.n)
            cut(f, start + found, false);
    }
    f->tail_n = n + add < magic.n - 1 ? n + add : magic.n - 1;
    memcpy(f->tail, seam + n + add - f->tail_n, f->tail_n);
    if (new.n >= magic.n - 1)
        memcpy(f->tail, new.p + new.n - f->tail_n, f->tail_n);
}

/* One block more; false at the end. */
static bool read_block(struct frames *f)
{
    struct bytes block;
    if (f->input_ended)
        return false;
    f->result = source_next(f->from, &block);
    if (f->result <= 0) {
        f->input_ended = true;
        if (f->workers)
            cut(f, f->end, true);
        return false;
    }
    hold_part(&f->ahead, block, f->from);
    if (f->workers)
        search(f, block);
    f->end += block.n;
    return true;
}

static size_t runs_ahead(const struct frames *f)
{
    size_t n = 0;
    for (const struct run *r = f->first; r; r = r->next)
        n++;
    return n;
}

static void look_ahead(struct frames *f)
{
    while (f->workers && f->end - f->at < AHEAD_MOST && runs_ahead(f) <= f->threads &&
           read_block(f))
        ;
}

/* Moves on to `place`, which is ahead. */
static void move_to(struct frames *f, uint64_t place)
{
    while (f->at < place) {
        struct part *p = &f->ahead.v[f->gone];
        uint64_t n = place - f->at < p->bytes.n ? place - f->at : p->bytes.n;
        p->bytes = bytes_from(p->bytes, (size_t)n);
        f->at += n;
        if (p->bytes.n)
            break;
        block_release(p->in);
        f->gone++;
    }
    if (f->gone == f->ahead.n || f->gone > 64) {
        f->ahead.n -= f->gone;
        memmove(f->ahead.v, f->ahead.v + f->gone, f->ahead.n * sizeof *f->ahead.v);
        f->gone = 0;
    }
}

/* -- the reader between runs --------------------------------------------------------- */

/* Runs that begin where the reader has gone past were no runs. */
static struct run *next_run(struct frames *f)
{
    while (f->first && f->first->begin < f->at)
        drop_run(f);
    return f->first;
}

/* Input for the reader, up to where a run begins; there it ends when one really does. */
static int gate_next(struct source *s, struct bytes *block)
{
    struct frames *f =
        (struct frames *)(void *)((char *)s - offsetof(struct frames, gate));
    block_release(s->held);
    s->held = NULL;
    if (f->reader->any && !f->workers && f->threads > 1)
        f->workers = workers_new(f->threads, f->threads + 1);
    look_ahead(f);
    struct run *r = next_run(f);
    if (r && r->begin == f->at && f->reader->any && !f->reader->in_frame)
        return 0;
    if (f->gone == f->ahead.n && !read_block(f)) {
        s->fault = f->from->fault;
        s->fault.offset -= s->fault.code ? f->base : 0; /* read_on adds it again */
        return f->result;
    }
    const struct part *p = &f->ahead.v[f->gone];
    uint64_t most = r && r->begin > f->at ? r->begin - f->at : UINT64_MAX;
    *block = bytes_sub(p->bytes, 0, most < p->bytes.n ? (size_t)most : p->bytes.n);
    s->held = p->in;
    block_hold(p->in);
    move_to(f, f->at + block->n);
    return 1;
}

static void close_reader(struct frames *f)
{
    if (f->reader)
        f->format->close(f->reader);
    f->reader = NULL;
    block_release(f->gate.held);
    f->gate.held = NULL;
}

static void open_reader(struct frames *f)
{
    f->reader = f->format->open(&f->gate);
    f->reader->any = f->at > 0;
    f->base = f->at;
}

/* 1 with a block, 0 when the reader has ended. */
static int read_on(struct frames *f, struct bytes *block)
{
    struct source *s = &f->reader->source;
    int more = source_next(s, block);
    f->source.held = s->held;
    if (s->fault.code) {
        f->source.fault = s->fault;
        f->source.fault.offset += f->base;
    }
    return more;
}

/* 1 with a block of the run that begins here; 0 when none does that is whole. */
static int take_run(struct frames *f, struct bytes *block)
{
    struct run *r;
    for (look_ahead(f); (r = next_run(f)) && r->begin == f->at; look_ahead(f)) {
        wait_for(r);
        if (r->whole && r->at < r->content.n) {
            f->held = f->source.held = r->content.v[r->at].in;
            *block = r->content.v[r->at++].bytes;
            return 1;
        }
        bool whole = r->whole;
        if (whole)
            move_to(f, r->end);
        drop_run(f);
        if (!whole)
            break;
    }
    return 0;
}

/* Whether nothing is left. */
static bool at_end(struct frames *f)
{
    if (f->gone < f->ahead.n || read_block(f))
        return false;
    f->source.fault = f->from->fault;
    return true;
}

static int frames_next(struct source *s, struct bytes *block)
{
    struct frames *f = (struct frames *)s;
    block_release(f->held);
    f->held = s->held = NULL;
    while (!s->fault.code) {
        if (!f->reader) {
            if (take_run(f, block))
                return 1;
            if (at_end(f))
                return f->result;
            open_reader(f);
        }
        int more = read_on(f, block);
        if (more)
            return more;
        close_reader(f);
    }
    return 0;
}

struct source *frames_source_new(struct source *from, const struct frame_format *format,
                                 size_t threads)
{
    struct frames *f = memory_new(1, sizeof *f);
    f->source = (struct source){.next = frames_next, .pool = from->pool};
    f->gate = (struct source){.next = gate_next, .pool = from->pool};
    f->from = from;
    f->format = format;
    f->threads = threads;
    f->begin = NONE;
    f->last = &f->first;
    return &f->source;
}

uint64_t frames_source_taken(const struct source *s)
{
    return ((const struct frames *)s)->at;
}

void frames_source_free(struct source *s)
{
    struct frames *f = (struct frames *)s;
    if (!f)
        return;
    close_reader(f);
    while (f->first)
        drop_run(f);
    workers_free(f->workers);
    block_release(f->held);
    release_parts(&f->ahead, f->gone);
    free(f);
}
