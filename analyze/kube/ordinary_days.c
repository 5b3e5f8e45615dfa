/* --baseline: an audit log of ordinary days, one record on a line. Only its patterns are
 * kept. */
#include "analyze/kube/journal.h"

struct reading {
    struct scope *scope;
    struct audit_reader *reader;
};

static void skip(void *context, struct log_chunk *chunk)
{
    (void)context;
    (void)chunk;
}

static void read_record(struct reading *g, const struct log_chunk *chunk,
                        struct bytes line)
{
    struct audit_event e;
    struct arena arena = ARENA_INIT;
    uint64_t offset = chunk->offset + (uint64_t)(line.p - chunk->text.p);
    struct span span = {chunk->item, offset, line.n};
    if (audit_read(g->reader, line, line.n, &e).code == FAULT_NONE)
        kube_observe_baseline(g->scope, kube_note_audit(g->scope, &e, span, &arena));
    arena_release(&arena);
}

static void read_chunk(void *context, struct log_chunk *chunk)
{
    struct bytes rest = chunk->text, line;
    while (chunk->item->role == ROLE_AUDIT_LOG && bytes_split(&rest, '\n', &line))
        if (bytes_trim(line).n)
            read_record(context, chunk, line);
}

int ordinary_days_read(struct scope *s)
{
    struct analysis *a = s->analysis;
    struct walk_options walk = {.threads = 1};
    if (!a->baseline)
        return 0;
    struct reading g = {s, audit_reader_new()};
    struct log_visitor visitor = {&g, skip, read_chunk};
    int r = logs_stream(a->baseline, &walk, &visitor);
    s->baseline_given = true;
    audit_reader_free(g.reader);
    return r;
}
