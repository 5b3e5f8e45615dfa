/* Archives in several files: those of a folder, and those in another archive, which are
 * found when all of that was walked, since the parts come one after the other. */
#include "formats/base/limits.h"
#include "verify/member_join.h"
#include "verify/split.h"
#include "verify/storage.h"
#include "verify/walk_private.h"

/* Levels of containers around it: what is in a folder is at 0, and so is what was cut. */
static unsigned depth_of(const struct item *item)
{
    unsigned depth = 0;
    for (const struct item *i = item->parent; i; i = i->parent)
        depth += i->container != CONTAINER_DIRECTORY && i->container != CONTAINER_SPLIT;
    return depth;
}

/* The whole as what is in its first part. */
static int walk_whole(struct walk_job *j, struct item *whole, struct source *all)
{
    const struct walk_place place = {NULL, NULL, depth_of(whole)};
    all->pool = hashing_pool(j->walk->hashing);
    whole->entry = (struct entry){.size = all->size,
                                  .has_size = true,
                                  .mtime = INSTANT_NONE,
                                  .rare = &entry_rare_none};
    return walk_item(j, whole, all, &place);
}

static struct item *add_whole(struct walk_job *j, struct item *first)
{
    struct item *last = NULL;
    struct bytes stem;
    if (!split_first(first->name, &stem))
        return NULL;
    first->container = CONTAINER_SPLIT;
    size_t slash = bytes_rfind_byte(stem, '/');
    return walk_add_member(j, first, &last,
                           slash < stem.n ? bytes_from(stem, slash + 1) : stem);
}

int walk_split(struct walk_job *j, struct item *first, struct source *from)
{
    first->container = CONTAINER_NONE;
    int error = walk_identified(j, first, from);
    struct item *whole = error ? NULL : add_whole(j, first);
    if (!whole)
        return error;
    struct source *all = package_file_open(j->walk->package, whole);
    error = walk_whole(j, whole, all);
    storage_close(all);
    walk_identify_members(j->walk, first);
    return error;
}

/* -- parts in an archive ---------------------------------------------------------------
 */

struct joins {
    struct walk_job *job;
    struct file_index index; /* of the files in `container` */
    const struct item *container;
    struct source *at; /* reads that archive, member after member */
    size_t n;          /* of those that were read again from the beginning */
};

/* The last volume of a zip is called one, and begins as none. */
static void note_volume(struct item *first, struct item *last)
{
    struct text ignored = {0};
    last->volume = split_zip_last(first->name, &ignored);
    text_release(&ignored);
    if (last->volume && item_more(last)->fault.code == FAULT_MAGIC)
        item_more_make(last)->fault = (struct fault){0};
}

static int join_parts(struct joins *s, struct item *first,
                      const struct member_parts *parts)
{
    struct walk_job *j = s->job;
    struct item *whole = add_whole(j, first);
    item_more_make(whole)->parts = parts;
    note_volume(first, parts->v[parts->n - 1]);
    struct source *all = member_join_open(j->walk->package, parts);
    int error = walk_whole(j, whole, all);
    member_join_close(all);
    walk_identify_members(j->walk, first);
    return error;
}

/* It is the only one, and so an archive itself. */
static int walk_alone(struct joins *s, struct item *item, struct source *from)
{
    const struct walk_place place = {NULL, NULL, depth_of(item)};
    from->pool = hashing_pool(s->job->walk->hashing);
    item->size = 0;
    return walk_item(s->job, item, from, &place);
}

/* As split_is_archive(): the second part of a tar can well begin with a header. */
static bool are_parts(enum container kind, const struct member_parts *parts)
{
    struct text ignored = {0};
    bool volume = parts && split_zip_last(parts->v[0]->name, &ignored);
    text_release(&ignored);
    return parts && (volume || kind == CONTAINER_TAR || kind == CONTAINER_CPIO ||
                     parts->v[1]->container != kind);
}

static int join_or_walk(struct joins *s, struct item *item)
{
    struct walk *w = s->job->walk;
    struct arena *arena = &s->job->memory->arena;
    if (s->container != item->parent) {
        s->container = item->parent;
        s->index = file_index_of(item->parent, arena);
    }
    s->at = item_source_move(w->package, s->at, item);
    if (!s->at)
        return 0;
    struct head head = {0};
    int error = walk_read_head(s->at, &head);
    struct head_source whole = head_source_of(head.bytes, head.held, s->at);
    const struct member_parts *parts = member_parts_of(&s->index, item, arena);
    if (error == 0 && are_parts(container_sniff(head.bytes), parts))
        error = join_parts(s, item, parts);
    else if (error == 0)
        error = walk_alone(s, item, &whole.source);
    walk_release_head(&head);
    return error;
}

/* Each reads the archive again up to the last part: what was made to have thousands would
 * take for ever. */
static bool within_limit(struct joins *s, struct item *item)
{
    if (s->n++ < LIMIT_JOINS)
        return true;
    item_fault(item, (struct fault){FAULT_LIMIT, 0, LIMIT_JOINS, s->n});
    return false;
}

int walk_joins(struct walk_job *j)
{
    struct joins s = {.job = j};
    struct item *root = package_root(j->walk->package);
    int error = 0;
    package_number(j->walk->package);
    for (struct item *i = root; i && error == 0; i = item_next(i, root)) {
        bool is_first = i->split && i->container == CONTAINER_NONE && i->parent &&
                        i->parent->container != CONTAINER_DIRECTORY;
        i->split = i->split && !is_first;
        if (is_first && within_limit(&s, i))
            error = join_or_walk(&s, i);
    }
    item_source_close(s.at);
    return error;
}
