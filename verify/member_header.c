#include "verify/member_header.h"

#include <stdlib.h>

#include "formats/base/bisect.h"
#include "formats/base/cursor.h"
#include "formats/base/memory.h"

void header_notes_add(struct header_notes *n, uint64_t offset, uint64_t length)
{
    if (offset < n->end)
        length = 0;
    uint64_t distance = length ? offset - n->end : 0;
    text_varint(&n->list, distance);
    text_varint(&n->list, length);
    n->end += distance + length;
}

void header_notes_keep(struct header_notes *n, struct item *archive, struct arena *into)
{
    if (n->list.n) {
        struct bytes *kept = arena_new(into, struct bytes);
        *kept = arena_copy(into, text_bytes(&n->list));
        item_more_make(archive)->headers = kept;
    }
    text_release(&n->list);
}

static void look_up(struct header_lookup *l, const struct item *archive)
{
    const struct item_more *more = item_more(archive);
    struct cursor c = cursor_of(more->headers ? *more->headers : BYTES_NONE);
    uint64_t end = 0;
    free(l->v);
    *l = (struct header_lookup){.archive = archive};
    l->v = memory_new((size_t)more->children + 1, sizeof *l->v);
    for (const struct item *m = more->child; m && cursor_left(&c); m = m->next) {
        uint64_t offset = end + cursor_varint(&c);
        uint64_t length = cursor_varint(&c);
        l->v[l->n++] = (struct member_place){m, offset, length};
        end = offset + length;
    }
}

struct span member_header(struct header_lookup *l, const struct item *item)
{
    const struct span whole = {item, 0, item->size};
    size_t at;
    if (!item->parent || !item_more(item->parent)->headers)
        return whole;
    if (l->archive != item->parent)
        look_up(l, item->parent);
    /* Ids rise with the order in the archive. */
    BISECT(at, 0, l->n, l->v[at].member->id < item->id);
    if (at == l->n || l->v[at].member != item || l->v[at].length == 0)
        return whole;
    return (struct span){item->parent, l->v[at].offset, l->v[at].length};
}

void header_lookup_release(struct header_lookup *l)
{
    free(l->v);
    *l = (struct header_lookup){0};
}
