/* --baseline: the audit log of ordinary days. Its records are only taken note of, so that
 * the scope can tell what is new; they are no part of the case. */
#include <stdlib.h>

#include "analyze/events/layout.h"
#include "analyze/events/logs.h"
#include "analyze/events/parts.h"
#include "analyze/events/readers.h"
#include "analyze/kube/observe.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/container_join.h"

struct noted {
    struct kube_note *note;
    struct noted *next;
};

/* A line of a runtime's log that was cut into parts: joined at the commit. */
struct noted_part {
    struct container_line line;
    struct noted_part *next;
};

struct notes {
    struct arena arena;
    struct noted *first, **end;
    struct noted_part *first_part, **end_part;
    bool not_lines;
};

struct baseline {
    struct analysis *analysis;
    struct reader_pool *pool;
    /* The log that is being committed. */
    const struct item *item;
    struct layout_reader layout;
    struct container_join join;
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

static void add_note(struct notes *notes, struct kube_note *note)
{
    if (!note)
        return;
    struct noted *kept = arena_new(&notes->arena, struct noted);
    kept->note = note;
    *notes->end = kept;
    notes->end = &kept->next;
}

/* Whether the line was taken as a part of one that the runtime cut. */
static bool take_part(struct notes *notes, struct readers *readers, const struct piece *p,
                      bool open[3])
{
    struct container_line line;
    if (!parts_line(readers->lines, p->text, p->readable, &line))
        return false;
    bool is_part = line.partial || open[line.stream];
    open[line.stream] = line.partial;
    if (!is_part)
        return false;
    struct noted_part *kept = arena_new(&notes->arena, struct noted_part);
    kept->line = line;
    kept->line.text = arena_copy(&notes->arena, line.text);
    *notes->end_part = kept;
    notes->end_part = &kept->next;
    return true;
}

static void note_lines(const struct baseline *b, struct readers *readers,
                       struct notes *notes, const struct log_chunk *chunk)
{
    const struct noting n = {b->analysis->scope, chunk->item, readers, &notes->arena};
    struct bytes rest = chunk->text, line;
    const uint8_t *start = rest.p, *end = rest.p + rest.n;
    bool open[3] = {!chunk->first, !chunk->first, !chunk->first};
    while (bytes_split(&rest, '\n', &line)) {
        struct piece p = piece_of(line, (size_t)(end - line.p),
                                  chunk->offset + (uint64_t)(line.p - start));
        if (line.n && !take_part(notes, readers, &p, open))
            add_note(notes, note_of(&n, p.text, p.readable, p.offset));
    }
}

static void decode_chunk(void *context, struct log_chunk *chunk)
{
    struct baseline *b = context;
    struct notes *notes = memory_new(1, sizeof *notes);
    notes->end = &notes->first;
    notes->end_part = &notes->first_part;
    notes->not_lines = layout_of(chunk) != LAYOUT_LINES;
    chunk->batch = notes;
    if (chunk->item->role != ROLE_AUDIT_LOG || notes->not_lines)
        return;
    struct readers *readers = readers_take(b->pool);
    note_lines(b, readers, notes, chunk);
    readers_give(b->pool, readers);
}

/* -- committing ---------------------------------------------------------------------- */

static void observe(void *context, const struct piece *p)
{
    struct baseline *b = context;
    struct arena arena = ARENA_INIT;
    const struct noting n = {b->analysis->scope, b->item, b->readers, &arena};
    struct kube_note *note = note_of(&n, p->text, p->readable, p->offset);
    if (note)
        kube_observe_baseline(b->analysis->scope, note);
    arena_release(&arena);
}

static void begin_item(struct baseline *b, const struct log_chunk *chunk)
{
    b->item = chunk->item;
    b->layout = (struct layout_reader){.each = observe, .context = b};
    b->join = (struct container_join){.limit = LIMIT_LINE};
    layout_begin(&b->layout, chunk);
}

static void commit_part(struct baseline *b, const struct container_line *line)
{
    struct container_line whole;
    struct text text = {0};
    if (!container_join_next(&b->join, line, &whole))
        return;
    parts_text(&whole, &text);
    struct piece p = piece_of(text_bytes(&text), text.n, line->offset);
    observe(b, &p);
    text_release(&text);
}

static void commit_lines(struct baseline *b, struct notes *notes,
                         const struct log_chunk *chunk)
{
    if (notes->not_lines) /* what only looked like the inside of a value */
        note_lines(b, b->readers, notes, chunk);
    for (struct noted *n = notes->first; n; n = n->next)
        kube_observe_baseline(b->analysis->scope, n->note);
    for (struct noted_part *n = notes->first_part; n; n = n->next)
        commit_part(b, &n->line);
}

static void commit_chunk(void *context, struct log_chunk *chunk)
{
    struct baseline *b = context;
    struct notes *notes = chunk->batch;
    bool audit = chunk->item->role == ROLE_AUDIT_LOG;
    if (audit && chunk->first)
        begin_item(b, chunk);
    if (audit && b->layout.layout != LAYOUT_LINES)
        layout_feed(&b->layout, chunk->text);
    else if (audit)
        commit_lines(b, notes, chunk);
    if (audit && chunk->last) {
        layout_end(&b->layout);
        container_join_release(&b->join);
    }
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
