/* --baseline: the audit log of ordinary days. Its records are only taken note of, so that
 * the scope can tell what is new; they are no part of the case. */
#include <stdlib.h>

#include "analyze/events/batch.h"
#include "analyze/events/decode.h"
#include "analyze/events/logs.h"
#include "analyze/kube/observe.h"
#include "formats/base/memory.h"
#include "formats/json_split.h"

struct noted {
    struct kube_note *note;
    struct noted *next;
};

struct notes {
    struct arena arena;
    struct noted *first, **end;
};

struct baseline {
    struct analysis *analysis;
    struct reader_pool *pool;
};

struct noting {
    struct baseline *baseline;
    struct readers *readers;
    struct notes *notes;
    const struct log_chunk *chunk;
};

static void note_record(struct noting *n, struct bytes text, size_t readable,
                        uint64_t offset)
{
    struct audit_event e;
    struct span span = {n->chunk->item, offset, text.n};
    audit_read(n->readers->audit, text, readable, &e);
    if (!e.shape || e.partial)
        return;
    struct kube_note *note =
        kube_note_audit(n->baseline->analysis->scope, &e, span, &n->notes->arena);
    if (!note)
        return;
    struct noted *kept = arena_new(&n->notes->arena, struct noted);
    kept->note = note;
    *n->notes->end = kept;
    n->notes->end = &kept->next;
}

static void on_record(void *context, const struct json_split_record *r)
{
    struct noting *n = context;
    note_record(n, r->text, r->text.n, n->chunk->offset + r->offset);
}

/* A baseline is read for its habits: records that lie across the border of two chunks of
 * a pretty-printed list are left out. */
static void note_chunk(struct noting *n, struct bytes text)
{
    struct json_split split;
    if (json_split_wants(text)) {
        json_split_begin(&split, on_record, n);
        json_split_feed(&split, text);
        json_split_end(&split);
        return;
    }
    struct bytes rest = text, line;
    const uint8_t *end = text.p + text.n;
    while (bytes_split(&rest, '\n', &line)) {
        if (line.n)
            note_record(n, line, (size_t)(end - line.p),
                        n->chunk->offset + (uint64_t)(line.p - text.p));
    }
}

static void decode_chunk(void *context, struct log_chunk *chunk)
{
    struct baseline *b = context;
    struct notes *notes = memory_new(1, sizeof *notes);
    notes->end = &notes->first;
    chunk->batch = notes;
    if (chunk->item->role != ROLE_AUDIT_LOG)
        return;
    struct noting n = {b, readers_take(b->pool), notes, chunk};
    note_chunk(&n, chunk->text);
    readers_give(b->pool, n.readers);
}

static void commit_chunk(void *context, struct log_chunk *chunk)
{
    struct baseline *b = context;
    struct notes *notes = chunk->batch;
    for (struct noted *n = notes->first; n; n = n->next)
        kube_observe_baseline(b->analysis->scope, n->note);
    arena_release(&notes->arena);
    free(notes);
}

int baseline_analyze(struct analysis *a)
{
    struct baseline b = {a, reader_pool_new()};
    struct log_visitor visitor = {&b, decode_chunk, commit_chunk};
    struct walk_options walk = *a->walk;
    walk.overrides = NULL;
    int r = logs_stream(a->baseline, &walk, &visitor);
    reader_pool_free(b.pool);
    return r;
}
