/* --baseline: the audit log of ordinary days. Its records are only taken note of, so that
 * the scope can tell what is new; they are no part of the case. */
#include <stdlib.h>

#include "analyze/events/layout.h"
#include "analyze/events/logs.h"
#include "analyze/events/readers.h"
#include "analyze/kube/observe.h"
#include "formats/base/memory.h"

struct noted {
    struct kube_note *note;
    struct noted *next;
};

struct notes {
    struct arena arena;
    struct noted *first, **end;
    bool not_lines;
};

struct baseline {
    struct analysis *analysis;
    struct reader_pool *pool;
    /* The log that is being committed. */
    const struct item *item;
    enum layout layout;
    struct json_split json;
    struct yaml_split yaml;
    struct readers *readers;
};

/* Who reads, and where the notes are kept. */
struct noting {
    const struct scope *scope;
    const struct item *item;
    struct readers *readers;
    struct arena *arena;
};

/* NULL when there is nothing to note. */
static struct kube_note *note_of(const struct noting *n, struct bytes text,
                                 size_t readable, uint64_t offset)
{
    struct audit_event e;
    struct span span = {n->item, offset, text.n};
    audit_read(n->readers->audit, text, readable, &e);
    if (!e.shape || e.partial)
        return NULL;
    return kube_note_audit(n->scope, &e, span, n->arena);
}

static void note_lines(const struct baseline *b, struct readers *readers,
                       struct notes *notes, const struct log_chunk *chunk)
{
    const struct noting n = {b->analysis->scope, chunk->item, readers, &notes->arena};
    struct bytes rest = chunk->text, line;
    const uint8_t *start = rest.p, *end = rest.p + rest.n;
    while (bytes_split(&rest, '\n', &line)) {
        if (!line.n)
            continue;
        struct kube_note *note = note_of(&n, line, (size_t)(end - line.p),
                                         chunk->offset + (uint64_t)(line.p - start));
        if (!note)
            continue;
        struct noted *kept = arena_new(&notes->arena, struct noted);
        kept->note = note;
        *notes->end = kept;
        notes->end = &kept->next;
    }
}

static void decode_chunk(void *context, struct log_chunk *chunk)
{
    struct baseline *b = context;
    struct notes *notes = memory_new(1, sizeof *notes);
    notes->end = &notes->first;
    notes->not_lines = layout_of(chunk) != LAYOUT_LINES;
    chunk->batch = notes;
    if (chunk->item->role != ROLE_AUDIT_LOG || notes->not_lines)
        return;
    struct readers *readers = readers_take(b->pool);
    note_lines(b, readers, notes, chunk);
    readers_give(b->pool, readers);
}

/* -- committing ---------------------------------------------------------------------- */

static void observe(struct baseline *b, struct bytes text, uint64_t offset)
{
    struct arena arena = ARENA_INIT;
    const struct noting n = {b->analysis->scope, b->item, b->readers, &arena};
    struct kube_note *note = note_of(&n, text, text.n, offset);
    if (note)
        kube_observe_baseline(b->analysis->scope, note);
    arena_release(&arena);
}

static void on_json(void *context, const struct json_split_record *r)
{
    observe(context, r->text, r->offset);
}

static void on_yaml(void *context, const struct yaml_split_record *r)
{
    observe(context, r->text, r->offset);
}

static void begin_item(struct baseline *b, const struct log_chunk *chunk)
{
    b->item = chunk->item;
    b->layout = layout_of(chunk);
    if (b->layout == LAYOUT_JSON)
        json_split_begin(&b->json, on_json, b);
    else if (b->layout == LAYOUT_YAML)
        yaml_split_begin(&b->yaml, on_yaml, b);
}

static void end_item(struct baseline *b)
{
    if (b->layout == LAYOUT_JSON)
        json_split_end(&b->json);
    else if (b->layout == LAYOUT_YAML)
        yaml_split_end(&b->yaml);
}

static void commit_lines(struct baseline *b, struct notes *notes,
                         const struct log_chunk *chunk)
{
    if (notes->not_lines) /* what only looked like the inside of a value */
        note_lines(b, b->readers, notes, chunk);
    for (struct noted *n = notes->first; n; n = n->next)
        kube_observe_baseline(b->analysis->scope, n->note);
}

static void commit_chunk(void *context, struct log_chunk *chunk)
{
    struct baseline *b = context;
    struct notes *notes = chunk->batch;
    bool audit = chunk->item->role == ROLE_AUDIT_LOG;
    if (audit && chunk->first)
        begin_item(b, chunk);
    if (audit && b->layout == LAYOUT_JSON)
        json_split_feed(&b->json, chunk->text);
    else if (audit && b->layout == LAYOUT_YAML)
        yaml_split_feed(&b->yaml, chunk->text);
    else if (audit)
        commit_lines(b, notes, chunk);
    if (audit && chunk->last)
        end_item(b);
    arena_release(&notes->arena);
    free(notes);
}

int baseline_analyze(struct analysis *a)
{
    struct baseline b = {.analysis = a, .pool = reader_pool_new()};
    struct log_visitor visitor = {&b, decode_chunk, commit_chunk};
    struct walk_options walk = *a->walk;
    walk.overrides = NULL;
    b.readers = readers_take(b.pool);
    int r = logs_stream(a->baseline, &walk, &visitor);
    readers_give(b.pool, b.readers);
    reader_pool_free(b.pool);
    return r;
}
