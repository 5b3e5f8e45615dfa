/* One item, at any depth: hashed as it passes, identified, walked into. */
#include <stdlib.h>

#include "formats/base/ahead.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/zstd_check.h"
#include "verify/blob_index.h"
#include "verify/identify_folder.h"
#include "verify/member_header.h"
#include "verify/split.h"
#include "verify/walk_private.h"

/* -- the tee: counts and hashes what passes --------------------------------------------
 */

struct tee {
    struct source source;
    struct source *from;
    struct walk *walk;
    struct item *item;
    const struct tee *container; /* what the bytes are taken from, or NULL */
    /* What takes them out of it while it is read ahead; else NULL. */
    const struct archive_reader *reader;
    struct hash_stream *hash; /* NULL where nobody wants the digest */
    struct bytes record; /* of an earlier run, about what is in the item; or nothing */
};

/* Bytes of the package itself that are done; the caller's function is called by one
 * thread at a time, and skipped when another one is at it. */
void walk_tell(struct walk *w, const struct item *item, uint64_t n)
{
    const struct progress *p = &w->options->progress;
    uint64_t done = atomic_fetch_add(&w->done, n) + n;
    if (p->tell && pthread_mutex_trylock(&w->telling) == 0) {
        p->tell(p->context, done, w->total, item);
        pthread_mutex_unlock(&w->telling);
    }
}

/* Bytes of the container that were used so far. */
static uint64_t stored_size(const struct tee *t)
{
    return t->reader      ? archive_taken(t->reader)
           : t->container ? t->container->item->size
                          : t->item->size;
}

/* The ratio that one stream has gone beyond, or 0. */
static uint64_t ratio_exceeded(uint64_t size, uint64_t stored)
{
    static const struct {
        uint64_t floor, ratio;
    } steps[] = {{LIMIT_RATIO_FLOOR, LIMIT_RATIO},
                 {LIMIT_RATIO_LARGE_FLOOR, LIMIT_RATIO_LARGE},
                 {LIMIT_RATIO_LARGEST_FLOOR, LIMIT_RATIO_LARGEST}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (size > steps[i].floor && size / steps[i].ratio > stored)
            return steps[i].ratio;
    }
    return 0;
}

/* Bombs: a little stored that grows without end, or more than any evidence has. */
static bool within_limits(struct tee *t, size_t n)
{
    uint64_t all = atomic_fetch_add(&t->walk->expanded, n) + n;
    uint64_t stored = stored_size(t);
    uint64_t size = t->item->size + n;
    uint64_t limit = 0;
    if (all > LIMIT_EXPANDED)
        limit = LIMIT_EXPANDED;
    else if (all > LIMIT_EXPANDED_FLOOR && all / LIMIT_EXPANDED_RATIO > t->walk->total)
        limit = LIMIT_EXPANDED_FLOOR;
    else if (t->container)
        limit = ratio_exceeded(size, stored);
    if (limit)
        t->source.fault = (struct fault){FAULT_LIMIT, t->item->size, limit, size};
    return limit == 0;
}

/* What is wrong with a compressed stream is at a place in it, and cuts its content off.
 */
static void take_fault(struct tee *t)
{
    t->source.fault = t->from->fault;
    if (!t->container || !container_is_filter(t->container->item->container))
        return;
    item_fault(t->container->item, t->from->fault);
    t->source.fault.offset = t->item->size;
}

static int tee_next(struct source *s, struct bytes *block)
{
    struct tee *t = (struct tee *)s;
    if (s->fault.code)
        return 0;
    int more = source_next(t->from, block);
    s->held = t->from->held;
    if (more > 0 && within_limits(t, block->n)) {
        t->item->size += block->n;
        if (t->hash)
            hash_stream_add(t->hash, *block, s->held);
        if (!t->container)
            walk_tell(t->walk, t->item, block->n);
    } else if (more > 0) {
        return 0;
    }
    if (t->from->fault.code)
        take_fault(t);
    return more;
}

/* How much is to come: a container is not told by its entry, which says its own size. */
static uint64_t expected_size(const struct item *item)
{
    return item->entry.has_size ? item->entry.size : UINT64_MAX;
}

/* An archive behind compression is hashed for those who ask for it (walk.h); a layer of
 * an image is, because the image's config has that digest. */
static bool is_hashed(const struct walk *w, const struct item *item)
{
    return w->options->hash_streams || item->container == CONTAINER_NONE ||
           !item->parent || !container_is_filter(item->parent->container) ||
           item->parent->container == CONTAINER_SPLIT ||
           bytes_contains(item->parent->name, BYTES("blobs/"));
}

static struct tee tee_of(struct walk *w, struct item *item, struct source *from,
                         const struct tee *container)
{
    struct tee t = {
        .source = {.next = tee_next, .pool = hashing_pool(w->hashing)},
        .from = from,
        .walk = w,
        .item = item,
        .container = container,
    };
    if (is_hashed(w, item))
        t.hash = hash_stream_new(w->hashing, expected_size(item), item->sha256);
    return t;
}

/* The digest counts only when every byte was seen. */
static void tee_end(struct tee *t)
{
    if (t->hash)
        hash_stream_end(t->hash);
    if (t->source.fault.code)
        item_fault(t->item, t->source.fault);
    enum fault_code code = t->source.fault.code;
    t->item->whole = code == FAULT_NONE || code == FAULT_TRAILING;
    t->item->hashed = t->item->whole && t->hash;
}

/* -- leaves ---------------------------------------------------------------------------
 */

/* Takes `n` bytes from the budget of what is kept; false when it is spent. What is only
 * cached leaves room for documents that come later. */
static bool may_keep(struct walk *w, uint64_t n, bool must)
{
    uint64_t limit = must ? LIMIT_DOCUMENTS : LIMIT_CACHED;
    if (atomic_fetch_add(&w->kept, n) + n <= limit)
        return true;
    atomic_fetch_sub(&w->kept, n);
    return false;
}

/* Of a file the file system tells how long it is; of a member only its writer. */
static size_t length_told(const struct item *item, uint64_t limit)
{
    bool is_file = item->parent && item->parent->container == CONTAINER_DIRECTORY;
    return is_file && item->entry.size <= limit ? (size_t)item->entry.size : 0;
}

/* What must be kept and is too large is a fault; what is only cached is not. */
static int keep(struct walk_job *j, struct item *item, struct source *from, bool must)
{
    struct bytes block;
    const uint64_t limit = item->role == ROLE_MANIFEST ? LIMIT_MANIFEST : LIMIT_DOCUMENT;
    size_t n = 0, capacity = 0;
    uint8_t *p = memory_grow(NULL, &capacity, length_told(item, limit) + 1, 1);
    bool fits = true;
    int more;
    while ((more = source_next(from, &block)) > 0) {
        fits = fits && block.n <= limit - n && may_keep(j->walk, block.n, must);
        if (!fits)
            continue;
        p = memory_grow(p, &capacity, n + block.n + 1, 1);
        memcpy(p + n, block.p, block.n);
        n += block.n;
    }
    if (fits) {
        item_more_make(item)->content = arena_adopt(&j->memory->arena, p, n);
        item->kept = true;
        return more;
    }
    free(p);
    if (must && item->role != ROLE_UNKNOWN)
        item_fault(item, (struct fault){FAULT_LIMIT, n, limit, item->size});
    return more;
}

/* Where the end begins is known by the size that the archive tells: it must be true. What
 * is joined of parts has these in the place of its content. */
static int keep_tail(struct walk_job *j, struct item *item, struct source *from)
{
    struct bytes block;
    const uint64_t size = item->entry.has_size ? item->entry.size : 0;
    if (size <= LIMIT_KEPT_TAIL || !item->parent ||
        item->parent->container == CONTAINER_SPLIT ||
        !may_keep(j->walk, LIMIT_KEPT_TAIL, false))
        return source_drain(from);
    uint64_t at = 0, start = size - LIMIT_KEPT_TAIL;
    uint8_t *p = memory_new(LIMIT_KEPT_TAIL, 1);
    size_t n = 0;
    int more;
    for (; (more = source_next(from, &block)) > 0; at += block.n) {
        size_t skip = at < start ? (size_t)(start - at) : 0;
        struct bytes part = bytes_sub(block, skip, LIMIT_KEPT_TAIL - n);
        if (part.n)
            memcpy(p + n, part.p, part.n);
        n += part.n;
    }
    item->tail = at == size;
    if (item->tail)
        item_more_make(item)->content = arena_adopt(&j->memory->arena, p, n);
    else
        free(p);
    return more;
}

enum care walk_care(const struct walk *w, const struct item *item)
{
    return w->options->care ? w->options->care(w->options->context, item) : CARE_HASH;
}

static int walk_leaf(struct walk_job *j, struct item *item, struct source *from)
{
    enum care care = walk_care(j->walk, item);
    /* The size of a member is not always known before; what turns out too large is
     * hashed all the same, and read again when it is needed. */
    uint64_t claimed = item->entry.has_size ? item->entry.size : 0;
    bool small = claimed <= LIMIT_KEPT_LOG;
    if (care == CARE_KEEP || (care == CARE_DEFER && small) || care == CARE_CACHE)
        return keep(j, item, from, care != CARE_CACHE);
    if (care == CARE_TAIL)
        return keep_tail(j, item, from);
    return source_drain(from);
}

/* -- containers ------------------------------------------------------------------------
 */

struct item *walk_add_member(struct walk_job *j, struct item *container,
                             struct item **last, struct bytes name)
{
    struct item *m = arena_new(&j->memory->arena, struct item);
    m->parent = container;
    m->name = name;
    if (*last)
        (*last)->next = m;
    else
        item_more_make(container)->child = m;
    *last = m;
    container->more->children++;
    return m;
}

static struct bytes inner_name(struct arena *a, const struct item *filter)
{
    const char *suffix;
    struct bytes base = filter->name;
    size_t slash = bytes_rfind_byte(base, '/');
    if (slash < base.n)
        base = bytes_from(base, slash + 1);
    struct bytes stem = container_inner_name(base, &suffix);
    return bytes_str(
        arena_printf(a, "%.*s%s", (int)stem.n, (const char *)stem.p, suffix));
}

static bool has_content(const struct item *m)
{
    /* A hard link with a size of its own carries data (cpio, some tars). */
    return m->entry.type == ENTRY_FILE ||
           (m->entry.type == ENTRY_HARDLINK && m->entry.size > 0);
}

static void note_header(struct header_notes *notes, const struct archive_reader *r)
{
    uint64_t offset = 0, length = 0;
    (void)archive_header(r, &offset, &length);
    header_notes_add(notes, offset, length);
}

static int walk_members(struct walk_job *j, struct item *container, struct tee *tee,
                        struct source *from, unsigned depth)
{
    struct members members;
    struct fault fault;
    struct item *last = NULL;
    struct arena *arena = &j->memory->arena;
    struct header_notes notes = {0};
    int more;
    members_open(&members, from, container->container, &fault);
    if (fault.code)
        item_fault(container, fault);
    bool tells = container->container == CONTAINER_ZSTD ||
                 (from != tee->from && !container_is_filter(container->container));
    const struct walk_place place = {tee, tells ? members.reader : NULL, depth + 1};
    for (;;) {
        struct bytes name;
        struct entry entry;
        more = archive_next(members.reader, arena, &name, &entry);
        if (more <= 0)
            break;
        if (atomic_fetch_add(&j->walk->entries, 1) >= LIMIT_ENTRIES) {
            item_fault(container,
                       (struct fault){FAULT_LIMIT, archive_taken(members.reader),
                                      LIMIT_ENTRIES, LIMIT_ENTRIES + 1});
            break;
        }
        if (container_is_filter(container->container))
            name = inner_name(arena, container);
        note_header(&notes, members.reader);
        struct item *m = walk_add_member(j, container, &last, name);
        m->entry = entry;
        if (has_content(m)) {
            more = walk_item(j, m, archive_content(members.reader), &place);
            if (more < 0)
                break;
        }
    }
    item_faults(container, archive_faults(members.reader), arena);
    header_notes_keep(&notes, container, arena);
    members_close(&members);
    return more < 0 ? more : 0;
}

/* zip and 7z keep their index at the end: such a file is hashed first, then sought in. */
static int walk_seekable(struct walk_job *j, struct item *item, struct tee *tee,
                         unsigned depth)
{
    int error = source_drain(&tee->source);
    if (error == 0)
        error = tee->from->seek(tee->from, 0);
    return error ? error : walk_members(j, item, tee, tee->from, depth);
}

/* By a thread of its own, where there are some. */
static int walk_ahead(struct walk_job *j, struct item *item, struct tee *tee,
                      struct source *from, unsigned depth)
{
    bool alone = j->walk->options->threads == 1;
    struct source *ahead = alone ? from : ahead_source_new(from);
    int error = walk_members(j, item, tee, ahead, depth);
    if (error == 0)
        error = source_drain(ahead);
    if (!alone)
        ahead_source_free(ahead);
    return error;
}

static int walk_zstd(struct walk_job *j, struct item *item, struct tee *tee,
                     unsigned depth)
{
    struct source *checked = zstd_checked_new(&tee->source);
    int error = walk_ahead(j, item, tee, checked, depth);
    zstd_checked_free(checked);
    return error;
}

/* What an archive stands in is decompressed by a thread of its own, and zstd is checked
 * by another. Other filters are read by whoever reads what is in them. */
static int walk_container(struct walk_job *j, struct item *item, struct tee *tee,
                          unsigned depth)
{
    bool seeks = item->container == CONTAINER_ZIP || item->container == CONTAINER_7Z;
    if (seeks && tee->from->seek)
        return walk_seekable(j, item, tee, depth);
    int error = item->container == CONTAINER_ZSTD ? walk_zstd(j, item, tee, depth)
                : container_is_filter(item->container)
                    ? walk_members(j, item, tee, &tee->source, depth)
                    : walk_ahead(j, item, tee, &tee->source, depth);
    /* What the reader left is hashed as well. */
    return error ? error : source_drain(&tee->source);
}

/* -- blobs of which an earlier run has a record ---------------------------------------
 */

static bool recall(struct walk_job *j, const struct item *item, struct tee *tee)
{
    char hex[65];
    const struct blob_memory *m = j->walk->options->memory;
    if (m && blob_name(item->name, hex))
        tee->record = m->recall(m->context, hex, &j->memory->arena);
    return tee->record.n > 0;
}

/* Whether the blob has these bytes is seen when all is hashed (walk.c). */
static void attach(struct walk_job *j, struct item *item, struct bytes record)
{
    if (!blob_index_attach(record, item, &j->memory->arena)) {
        atomic_store(&j->walk->options->memory->stale, true);
        return;
    }
    if (container_is_filter(item->container) && item_more(item)->child)
        walk_identify_members(j->walk, item_more(item)->child);
    walk_identify_members(j->walk, item);
}

static int walk_content(struct walk_job *j, struct item *item, struct tee *tee,
                        unsigned depth)
{
    if (item->container == CONTAINER_NONE)
        return walk_leaf(j, item, &tee->source);
    if (recall(j, item, tee))
        return source_drain(&tee->source);
    int error = walk_container(j, item, tee, depth);
    walk_identify_members(j->walk, item);
    return error;
}

static void end_item(struct walk_job *j, struct item *item, struct tee *tee)
{
    tee_end(tee);
    if (tee->record.n)
        attach(j, item, tee->record);
}

/* Whether it is the first of several files, those tell that come behind it. */
static void note_first_part(struct walk *w, struct item *item,
                            const struct walk_place *place)
{
    struct bytes ignored;
    bool is_member = place->container && !container_is_filter(item->parent->container);
    if (!is_member || item->container == CONTAINER_NONE ||
        !split_first(item->name, &ignored))
        return;
    item->container = CONTAINER_NONE;
    item->split = true;
    atomic_store(&w->has_parts, true);
}

int walk_item(struct walk_job *j, struct item *item, struct source *from,
              const struct walk_place *place)
{
    struct head head = {0};
    int error = walk_read_head(from, &head);
    struct head_source whole = head_source_of(head.bytes, head.held, from);
    walk_identify(j->walk, item, head.bytes, place->depth);
    note_first_part(j->walk, item, place);
    struct tee tee = tee_of(j->walk, item, &whole.source, place->container);
    tee.reader = place->reader;
    if (error == 0)
        error = walk_content(j, item, &tee, place->depth);
    walk_release_head(&head);
    end_item(j, item, &tee);
    return error;
}

int walk_identified(struct walk_job *j, struct item *item, struct source *from)
{
    struct tee tee = tee_of(j->walk, item, from, NULL);
    int error = walk_content(j, item, &tee, 0);
    end_item(j, item, &tee);
    return error;
}
