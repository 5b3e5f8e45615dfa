#include "verify/object_answers.h"

#include <stdlib.h>

#include "formats/base/memory.h"

static int by_file(const void *pa, const void *pb)
{
    const struct object_answer *a = pa, *b = pb;
    if (a->over != b->over)
        return a->over->id < b->over->id ? -1 : 1;
    return 0;
}

void object_answers_add(struct object_answers *a, const struct retention_statement *s,
                        const struct item *over, const struct item *document)
{
    if (!over)
        return;
    a->v = memory_grow(a->v, &a->capacity, a->n + 1, sizeof *a->v);
    a->v[a->n++] =
        (struct object_answer){.over = over,
                               .lock_in = s->lock == LOCK_UNKNOWN ? NULL : document,
                               .held = s->hold == HOLD_ON,
                               .held_version = s->version,
                               .free_in = s->hold == HOLD_OFF ? document : NULL,
                               .free_version = s->version};
}

void object_answers_join(struct object_answers *a)
{
    size_t kept = 0;
    if (a->n)
        qsort(a->v, a->n, sizeof *a->v, by_file);
    for (size_t i = 0; i < a->n; i++) {
        struct object_answer *last = kept ? &a->v[kept - 1] : NULL;
        const struct object_answer next = a->v[i];
        if (!last || last->over != next.over) {
            a->v[kept++] = next;
            continue;
        }
        if (!last->lock_in)
            last->lock_in = next.lock_in;
        if (!last->held) {
            last->held = next.held;
            last->held_version = next.held_version;
        }
        if (!last->free_in) {
            last->free_in = next.free_in;
            last->free_version = next.free_version;
        }
    }
    a->n = kept;
}

const struct object_answer *object_answers_find(const struct object_answers *a,
                                                const struct item *over)
{
    const struct object_answer wanted = {.over = over};
    return over && a->n ? bsearch(&wanted, a->v, a->n, sizeof *a->v, by_file) : NULL;
}

void object_answers_release(struct object_answers *a)
{
    free(a->v);
    *a = (struct object_answers){0};
}
