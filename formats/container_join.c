#include "formats/container_join.h"

static bool same_container(const struct container_line *a, const struct container_line *b)
{
    return a->stream == b->stream && bytes_eq(a->pod, b->pod) &&
           bytes_eq(a->container, b->container) && bytes_eq(a->namespace, b->namespace) &&
           bytes_eq(a->pod_uid, b->pod_uid) && bytes_eq(a->container_id, b->container_id);
}

/* The part that `line` goes on from, or NULL. */
static struct container_part *part_of(struct container_join *j,
                                      const struct container_line *line)
{
    for (size_t i = 0; j->open && i < LIMIT_LINES_OPEN; i++) {
        if (j->parts[i].open && same_container(&j->parts[i].first, line))
            return &j->parts[i];
    }
    return NULL;
}

/* A new one, or NULL when too many are open. */
static struct container_part *begin_part(struct container_join *j,
                                         const struct container_line *line)
{
    size_t i = 0;
    while (i < LIMIT_LINES_OPEN && j->parts[i].open)
        i++;
    if (i == LIMIT_LINES_OPEN)
        return NULL;
    struct container_part *p = &j->parts[i];
    struct container_line *first = &p->first;
    j->open++;
    p->open = true;
    *first = *line;
    first->text = BYTES_NONE;
    first->pod = arena_copy(&p->names, line->pod);
    first->container = arena_copy(&p->names, line->container);
    first->namespace = arena_copy(&p->names, line->namespace);
    first->pod_uid = arena_copy(&p->names, line->pod_uid);
    first->container_id = arena_copy(&p->names, line->container_id);
    return p;
}

static void add_part(struct container_join *j, struct container_part *p,
                     const struct container_line *line)
{
    size_t most = (j->limit ? j->limit : LIMIT_LINE_JOINED) - p->text.n;
    size_t left = LIMIT_LINES_JOINED - j->held;
    struct bytes more = bytes_sub(line->text, 0, most < left ? most : left);
    text_add(&p->text, more);
    j->held += more.n;
    p->end = line->offset + line->length;
}

/* What was handed out last is no longer borrowed. */
static void let_go(struct container_join *j)
{
    if (!j->taken)
        return;
    text_release(&j->taken->text);
    arena_release(&j->taken->names);
    j->taken = NULL;
}

static void take(struct container_join *j, struct container_part *p, bool partial,
                 struct container_line *whole)
{
    p->open = false;
    j->open--;
    j->held -= p->text.n;
    j->taken = p;
    *whole = p->first;
    whole->partial = partial;
    whole->text = text_bytes(&p->text);
    whole->length = p->end - whole->offset;
}

bool container_join_next(struct container_join *j, const struct container_line *line,
                         struct container_line *whole)
{
    let_go(j);
    struct container_part *p = part_of(j, line);
    *whole = *line;
    if (!p && line->partial)
        p = begin_part(j, line);
    if (!p)
        return true;
    add_part(j, p, line);
    if (line->partial)
        return false;
    take(j, p, false, whole);
    return true;
}

bool container_join_end(struct container_join *j, struct container_line *whole)
{
    let_go(j);
    for (size_t i = 0; i < LIMIT_LINES_OPEN; i++) {
        if (!j->parts[i].open)
            continue;
        take(j, &j->parts[i], true, whole);
        return true;
    }
    return false;
}

void container_join_release(struct container_join *j)
{
    for (size_t i = 0; i < LIMIT_LINES_OPEN; i++) {
        text_release(&j->parts[i].text);
        arena_release(&j->parts[i].names);
    }
}
