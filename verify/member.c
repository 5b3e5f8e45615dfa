/* Sources of items for a second reading: the way down to a member, opened again. */
#include <stdlib.h>

#include "formats/base/ahead.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/zstd_check.h"
#include "verify/member_join.h"
#include "verify/package_private.h"
#include "verify/spool.h"
#include "verify/storage.h"

/* -- containers that must seek ---------------------------------------------------------
 */

/* Into memory while that is little, then into the spool; nothing where that has no room.
 * Either way `from` is read to its end, and hashed by whoever stands behind it. */
static struct source *collect(struct members *m, struct source *from)
{
    struct bytes block;
    size_t n = 0, capacity = 0;
    bool fits = true;
    while (source_next(from, &block) > 0) {
        if (!m->spool && block.n <= LIMIT_DOCUMENT - n) {
            m->slurped = memory_grow(m->slurped, &capacity, n + block.n, 1);
            memcpy(m->slurped + n, block.p, block.n);
            n += block.n;
            continue;
        }
        if (!m->spool) {
            m->spool = spool_new();
            fits = spool_add(m->spool, bytes_of(m->slurped, n));
            free(m->slurped);
            m->slurped = NULL;
        }
        fits = fits && spool_add(m->spool, block);
    }
    m->memory = memory_source_of(bytes_of(m->slurped, m->spool ? 0 : n), LIMIT_BLOCK);
    m->memory.source.fault = from->fault;
    return !fits ? NULL : m->spool ? spool_source(m->spool) : &m->memory.source;
}

void members_open(struct members *m, struct source *from, enum container kind,
                  struct fault *fault)
{
    *m = (struct members){0};
    *fault = (struct fault){0};
    bool seeks = kind == CONTAINER_7Z || kind == CONTAINER_ZIP;
    if (seeks && !from->seek) {
        struct source *whole = collect(m, from);
        if (whole)
            whole->pool = from->pool;
        else
            *fault = (struct fault){FAULT_LIMIT, 0, spool_source(m->spool)->size, 0};
        from = whole ? whole : &m->memory.source;
    }
    m->reader = archive_open(from, kind);
}

void members_close(struct members *m)
{
    archive_close(m->reader);
    spool_free(m->spool);
    free(m->slurped);
    *m = (struct members){0};
}

/* -- second reading --------------------------------------------------------------------
 */

/* One level of the way down; the last one is what the caller reads. */
struct member_source {
    struct source source;
    const struct item *item;
    struct source *content;    /* what is read */
    struct source *parent;     /* the container's source, owned; NULL at the top */
    struct source *checked;    /* the same up to where the walk found it wrong; or NULL */
    struct source *ahead;      /* the same, read by a thread of its own; or NULL */
    struct memory_source kept; /* where the walk kept the item */
    struct members members;
    bool is_file, is_join;
};

static int member_next(struct source *s, struct bytes *block)
{
    struct member_source *m = (struct member_source *)s;
    m->content->piece = s->piece;
    int more = source_next(m->content, block);
    s->held = m->content->held;
    s->fault = m->content->fault;
    return more;
}

static int member_seek(struct source *s, uint64_t offset)
{
    struct member_source *m = (struct member_source *)s;
    return m->content->seek(m->content, offset);
}

/* Reads on to the member `item`, which is `next` or comes behind it; false when the
 * container no longer holds so many. */
static bool skip_to(struct member_source *m, const struct item *next,
                    const struct item *item)
{
    for (bool there = false; !there; next = next->next) {
        if (archive_skip(m->members.reader) <= 0)
            return false;
        there = next == item;
    }
    m->content = archive_content(m->members.reader);
    return true;
}

/* What an archive stands in is decompressed by a thread of its own, as in the walk. */
static bool is_worth_thread(const struct package *p, const struct item *archive)
{
    return p->threads > 1 && archive->parent && !archive->kept &&
           container_is_filter(archive->parent->container);
}

static bool open_member(struct member_source *m, const struct package *p,
                        const struct item *item)
{
    struct fault fault;
    m->parent = item_source_open(p, item->parent);
    if (!m->parent)
        return false;
    struct source *from = m->parent;
    if (item->parent->container == CONTAINER_ZSTD && !item->whole)
        from = m->checked = zstd_checked_new(from);
    if (is_worth_thread(p, item->parent))
        from = m->ahead = ahead_source_new(from);
    members_open(&m->members, from, item->parent->container, &fault);
    return fault.code == FAULT_NONE && skip_to(m, item_more(item->parent)->child, item);
}

/* Made up of parts that lie in an archive. */
static bool is_joined(const struct item *item)
{
    return item->parent && item->parent->container == CONTAINER_SPLIT &&
           item->parent->parent && item->parent->parent->container != CONTAINER_DIRECTORY;
}

static bool open_content(struct member_source *m, const struct package *p,
                         const struct item *item)
{
    if (item->kept) {
        m->kept = memory_source_of(item_more(item)->content, LIMIT_BLOCK);
        m->content = &m->kept.source;
        return true;
    }
    m->is_join = is_joined(item);
    if (m->is_join) {
        m->content = member_join_open(p, item_more(item)->parts);
        return m->content != NULL;
    }
    bool is_top = !item->parent || item->parent->container == CONTAINER_DIRECTORY ||
                  item->parent->container == CONTAINER_SPLIT;
    if (!is_top)
        return open_member(m, p, item);
    m->is_file = true;
    m->content = package_file_open(p, item);
    m->content->pool = p->blocks;
    return m->content->fault.code == FAULT_NONE;
}

struct source *item_source_open(const struct package *p, const struct item *item)
{
    struct member_source *m = memory_new(1, sizeof *m);
    m->source.next = member_next;
    m->source.pool = p->blocks;
    m->item = item;
    if (item->container == CONTAINER_DIRECTORY || !open_content(m, p, item)) {
        item_source_close(&m->source);
        return NULL;
    }
    m->source.fault = m->content->fault;
    m->source.size = m->content->size;
    if (m->content->seek)
        m->source.seek = member_seek;
    return &m->source;
}

void item_source_close(struct source *s)
{
    struct member_source *m = (struct member_source *)s;
    if (!m)
        return;
    members_close(&m->members);
    ahead_source_free(m->ahead);
    zstd_checked_free(m->checked);
    if (m->is_file)
        storage_close(m->content);
    if (m->is_join)
        member_join_close(m->content);
    item_source_close(m->parent);
    free(m);
}

/* Ids are depth first: in one container, members are in its own order. */
static bool comes_later(const struct member_source *m, const struct item *to)
{
    return m && m->members.reader && m->content && !to->kept &&
           m->item->parent == to->parent && m->item->id < to->id;
}

struct source *item_source_move(const struct package *p, struct source *s,
                                const struct item *to)
{
    struct member_source *m = (struct member_source *)s;
    if (!comes_later(m, to)) {
        item_source_close(s);
        return item_source_open(p, to);
    }
    if (!skip_to(m, m->item->next, to)) {
        item_source_close(s);
        return NULL;
    }
    m->item = to;
    m->source.fault = m->content->fault;
    m->source.size = m->content->size;
    return s;
}

int item_read(const struct package *p, struct span span,
              void (*each)(void *context, struct bytes block), void *context)
{
    struct bytes block;
    struct source *s = item_source_open(p, span.item);
    uint64_t at = 0, left = span.length;
    int more = 0;
    if (!s)
        return 0;
    if (s->seek && span.offset <= s->size && s->seek(s, span.offset) == 0)
        at = span.offset;
    while (left && (more = source_next(s, &block)) > 0) {
        uint64_t skip = span.offset > at ? span.offset - at : 0;
        at += block.n;
        if (skip >= block.n)
            continue;
        block = bytes_sub(bytes_from(block, (size_t)skip), 0,
                          left < SIZE_MAX ? (size_t)left : SIZE_MAX);
        each(context, block);
        left -= block.n;
    }
    item_source_close(s);
    return more < 0 ? more : 0;
}

struct copying {
    uint8_t *into;
    size_t n;
};

static void copy_block(void *context, struct bytes block)
{
    struct copying *c = context;
    if (block.n)
        memcpy(c->into + c->n, block.p, block.n);
    c->n += block.n;
}

struct bytes item_copy(const struct package *p, struct span span, uint8_t *into)
{
    struct copying c = {into, 0};
    item_read(p, span, copy_block, &c);
    return bytes_of(into, c.n);
}
