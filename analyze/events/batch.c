#include "analyze/events/batch.h"

#include <stdlib.h>

#include "formats/base/memory.h"

struct batch *batch_new(void)
{
    struct batch *b = memory_new(1, sizeof *b);
    b->end = &b->first;
    b->end_line = &b->first_line;
    coverage_part_init(&b->coverage);
    return b;
}

void batch_free(struct batch *b)
{
    if (!b)
        return;
    arena_release(&b->arena);
    free(b);
}

static struct batch_event *place(struct batch *b)
{
    struct batch_event *kept = arena_new(&b->arena, struct batch_event);
    *b->end = kept;
    b->end = &kept->next;
    return kept;
}

struct batch_event *batch_add_record(struct batch *b, struct bytes record,
                                     struct span span)
{
    struct batch_event *kept = place(b);
    kept->event.kind = EVENT_API_REQUEST;
    kept->event.span = span;
    kept->record = record;
    return kept;
}

void batch_make(struct batch *b, struct batch_event *waiting, const struct event *e)
{
    struct event *copy = &waiting->event;
    *copy = *e;
    waiting->record = BYTES_NONE;
    copy->actor = arena_copy(&b->arena, e->actor);
    copy->action = arena_copy(&b->arena, e->action);
    copy->object = arena_copy(&b->arena, e->object);
    copy->message = arena_copy(&b->arena, e->message);
    for (size_t i = 0; i < e->field_count; i++)
        copy->fields[i].value = arena_copy(&b->arena, e->fields[i].value);
}

struct batch_event *batch_add(struct batch *b, const struct event *e)
{
    struct batch_event *kept = place(b);
    batch_make(b, kept, e);
    return kept;
}

void batch_add_match(struct batch *b, struct batch_event *e, const struct match *m)
{
    struct batch_match **end = &e->matches;
    while (*end)
        end = &(*end)->next;
    *end = arena_new(&b->arena, struct batch_match);
    (*end)->match = *m;
    (*end)->match.keys = arena_copy(&b->arena, m->keys);
}

void batch_add_line(struct batch *b, const struct container_line *line)
{
    struct batch_line *kept = arena_new(&b->arena, struct batch_line);
    kept->line = *line;
    kept->line.text = arena_copy(&b->arena, line->text);
    kept->line.pod = arena_copy(&b->arena, line->pod);
    kept->line.container = arena_copy(&b->arena, line->container);
    kept->line.namespace = arena_copy(&b->arena, line->namespace);
    kept->line.pod_uid = arena_copy(&b->arena, line->pod_uid);
    kept->line.container_id = arena_copy(&b->arena, line->container_id);
    *b->end_line = kept;
    b->end_line = &kept->next;
}

struct bytes join_parts(struct arena *arena, const char *separator,
                        const struct bytes *parts, size_t count)
{
    size_t n = 0, between = strlen(separator);
    for (size_t i = 0; i < count; i++)
        n += parts[i].n + between;
    uint8_t *out = arena_alloc(arena, n + 1);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (!parts[i].n)
            continue;
        if (at)
            memcpy(out + at, separator, between);
        at += at ? between : 0;
        memcpy(out + at, parts[i].p, parts[i].n);
        at += parts[i].n;
    }
    return bytes_of(out, at);
}

struct bytes number_text(struct arena *arena, int64_t n)
{
    return bytes_str(arena_printf(arena, "%lld", (long long)n));
}
