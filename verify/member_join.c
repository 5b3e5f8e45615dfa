#include "verify/member_join.h"

#include <stdlib.h>

#include "formats/base/memory.h"
#include "verify/split.h"

/* -- which they are --------------------------------------------------------------------
 */

struct collecting {
    const struct file_index *index;
    struct member_parts *parts;
    size_t capacity;
};

static bool add_part(struct collecting *c, struct bytes name)
{
    struct item *part = file_index_find(c->index, name);
    if (!part)
        return false;
    struct member_parts *p = c->parts;
    p->v = memory_grow(p->v, &c->capacity, p->n + 1, sizeof *p->v);
    p->v[p->n++] = part;
    return true;
}

static bool is_there(void *index, const struct text *name)
{
    return file_index_find(index, text_bytes(name)) != NULL;
}

struct member_parts *member_parts_of(const struct file_index *index,
                                     const struct item *first, struct arena *arena)
{
    struct member_parts parts = {0};
    struct collecting c = {index, &parts, 0};
    struct text name = {0}, last = {0};
    bool more = true;
    path_normalise(first->name, &name);
    bool volumes = split_zip_last(text_bytes(&name), &last);
    while (more && add_part(&c, text_bytes(&name)))
        more = split_next(&name);
    parts.gap =
        more && split_has_gap(text_bytes(&name), is_there, (void *)(uintptr_t)index);
    if (volumes && !add_part(&c, text_bytes(&last)))
        parts.gap = true;
    text_release(&name);
    text_release(&last);
    struct member_parts *kept = NULL;
    if (parts.n > 1) {
        kept = arena_new(arena, struct member_parts);
        *kept = parts;
        kept->v = arena_array(arena, struct item *, parts.n);
        memcpy(kept->v, parts.v, parts.n * sizeof *parts.v);
    }
    free(parts.v);
    return kept;
}

/* -- reading ---------------------------------------------------------------------------
 */

struct join {
    struct source source;
    const struct package *package;
    const struct member_parts *parts;
    size_t at;
    struct source *part; /* parts->v[at]; NULL before the first */
    bool open;
    uint64_t before; /* bytes of those in front of it */
};

static bool open_part(struct join *j)
{
    const struct item *item = j->parts->v[j->at];
    j->part = j->part ? item_source_move(j->package, j->part, item)
                      : item_source_open(j->package, item);
    j->open = j->part != NULL;
    if (!j->open)
        j->source.fault = (struct fault){FAULT_READ, j->before, 0, 0};
    return j->open;
}

/* Moves on to the next part; behind the last one, says what is missing. */
static void move_on(struct join *j)
{
    j->before += j->parts->v[j->at]->size;
    j->open = false;
    if (++j->at == j->parts->n && j->parts->gap)
        j->source.fault = (struct fault){FAULT_PART, j->before, 0, 0};
}

static int join_next(struct source *s, struct bytes *block)
{
    struct join *j = (struct join *)s;
    while (s->fault.code == FAULT_NONE && j->at < j->parts->n) {
        if (!j->open && !open_part(j))
            return 0;
        int more = source_next(j->part, block);
        if (more)
            return more;
        s->fault = j->part->fault;
        s->fault.offset += j->before;
        if (s->fault.code == FAULT_NONE)
            move_on(j);
    }
    return 0;
}

struct source *member_join_open(const struct package *p, const struct member_parts *parts)
{
    if (!parts)
        return NULL;
    struct join *j = memory_new(1, sizeof *j);
    j->source.next = join_next;
    j->package = p;
    j->parts = parts;
    for (size_t i = 0; i < parts->n; i++)
        j->source.size += parts->v[i]->size;
    return &j->source;
}

void member_join_close(struct source *s)
{
    struct join *j = (struct join *)s;
    if (j)
        item_source_close(j->part);
    free(j);
}
