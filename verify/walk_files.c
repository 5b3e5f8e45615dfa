/* The files of a package: those of which nothing is wanted but their SHA-256 are hashed
 * beside each other, the others are read one by one. */
#include <stdlib.h>

#include "formats/base/block.h"
#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/zip_check.h"
#include "verify/identify.h"
#include "verify/lanes.h"
#include "verify/storage.h"
#include "verify/walk_private.h"

/* From here on a file waits until all sizes are known. */
#define SMALL_FILE LIMIT_HEAD

/* A file that goes through a lane, or just is looked at. */
struct place {
    struct lane lane;
    struct place *next; /* in one of the lists */
    struct item *item;
    struct source *source; /* NULL once all of it is in memory */
    struct head head;
    struct head_source whole;
    struct memory_source copy;
    struct source *content; /* one of these two */
    uint8_t *octets;
    size_t room;
};

struct crew {
    struct walk_job *job;
    struct place *free, *busy;
    size_t large; /* of those in lanes */
};

/* -- one file -------------------------------------------------------------------------
 */

/* Nothing is wanted of it but its SHA-256. */
static bool is_plain(const struct walk *w, const struct item *item)
{
    return item->container == CONTAINER_NONE && !item->split &&
           walk_care(w, item) == CARE_HASH;
}

static void open_file(struct walk_job *j, struct place *f)
{
    f->source = package_file_open(j->walk->package, f->item);
    f->source->pool = hashing_pool(j->walk->hashing);
    storage_give_block(f->source, j->spare);
    j->spare = NULL;
    if (!j->is_first)
        return;
    storage_entry(f->source, &j->memory->arena, &f->item->entry);
    if (j->walk->options->xattrs)
        storage_xattrs(f->source, &j->memory->arena, &f->item->entry);
    atomic_fetch_add(&j->walk->total, f->item->entry.size);
}

/* A look at its end, and back. */
static bool hides_zip(struct place *f)
{
    if (f->item->in_root || f->item->volume || !f->source->seek ||
        !identify_may_hide_zip(f->head.bytes, f->item->name))
        return false;
    bool hides = zip_stands_at_end(f->source);
    f->source->seek(f->source, f->head.bytes.n);
    return hides;
}

static int begin_file(struct walk_job *j, struct place *f)
{
    int error = walk_read_head(f->source, &f->head);
    if (f->source->fault.code) /* what cannot be read is not empty */
        item_fault(f->item, f->source->fault);
    f->whole = head_source_of(f->head.bytes, f->head.held, f->source);
    f->content = &f->whole.source;
    f->item->prefixed = hides_zip(f);
    walk_identify(j->walk, f->item, f->head.bytes, 0);
    return error;
}

static void close_file(struct walk_job *j, struct place *f)
{
    walk_release_head(&f->head);
    if (f->source && !j->spare)
        j->spare = storage_take_block(f->source);
    storage_close(f->source);
    f->source = NULL;
}

/* A file that ended within its head is closed at once: the next one gets its block and
 * its descriptor, which are at hand in the processor. */
static void take_into_memory(struct walk_job *j, struct place *f)
{
    size_t n = f->head.bytes.n;
    if (n >= LIMIT_HEAD || f->source->fault.code)
        return;
    f->octets = memory_grow(f->octets, &f->room, n + 1, 1);
    if (n)
        memcpy(f->octets, f->head.bytes.p, n);
    f->copy = memory_source_of(bytes_of(f->octets, n), 0);
    f->content = &f->copy.source;
    close_file(j, f);
}

/* A log that is a file of a directory is left for logs_stream, which reads it once. */
static bool is_deferred(const struct walk *w, const struct item *item)
{
    return item->parent && item->parent->container == CONTAINER_DIRECTORY &&
           walk_care(w, item) == CARE_DEFER;
}

static bool is_left(const struct walk *w, const struct item *item)
{
    return item->parent && item->parent->container == CONTAINER_DIRECTORY &&
           item->container == CONTAINER_NONE && walk_care(w, item) == CARE_LEAVE;
}

static int walk_file(struct walk_job *j, struct place *f)
{
    if (is_left(j->walk, f->item)) {
        f->item->size = f->item->entry.size;
        return 0;
    }
    if (is_deferred(j->walk, f->item) && f->item->container == CONTAINER_NONE)
        return 0;
    if (f->item->split && f->item->parent)
        return walk_split(j, f->item, f->content);
    return walk_identified(j, f->item, f->content);
}

/* Small files are read where they are first opened. Large ones are dealt out when all
 * sizes are known; and so is what has others in it, because the bytes of the whole
 * package bound what may come out. */
static bool waits(const struct walk_job *j, const struct item *item)
{
    return j->is_first && (item->split || item->entry.size >= SMALL_FILE ||
                           item->container != CONTAINER_NONE);
}

/* True when it is open, for a lane. */
static bool take_file(struct walk_job *j, struct place *f)
{
    bool later = waits(j, f->item);
    if (!later)
        j->error = begin_file(j, f);
    later = later || waits(j, f->item);
    if (later)
        j->files[j->waiting++] = f->item;
    if (later || j->error)
        return false;
    take_into_memory(j, f);
    if (is_plain(j->walk, f->item))
        return true;
    j->error = walk_file(j, f);
    return false;
}

/* -- the lanes ------------------------------------------------------------------------
 */

static struct place *take_place(struct crew *c)
{
    struct place *f = c->free;
    if (f)
        c->free = f->next;
    else
        f = memory_new(1, sizeof *f);
    f->next = c->busy;
    c->busy = f;
    return f;
}

static void free_place(struct crew *c, struct place *f)
{
    struct place **at = &c->busy;
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    close_file(c->job, f);
    f->next = c->free;
    c->free = f;
}

static bool is_large(const struct walk_job *j, const struct item *item)
{
    return !j->is_first && item->entry.size > j->walk->large;
}

/* The next file of the job, or of all jobs that take from one list. With a large one only
 * one other goes, which the SHA instructions take in little more time than one alone. */
static struct item *next_file(const struct crew *c, size_t active)
{
    struct walk_job *j = c->job;
    struct walk *w = j->walk;
    if (active >= j->lanes || j->error)
        return NULL;
    if (j->is_first)
        return j->at < j->count ? j->files[j->at++] : NULL;
    size_t at = atomic_load(&w->later_at);
    if (active >= 2 && (c->large || (at < w->later_n && is_large(j, w->later[at]))))
        return NULL;
    at = atomic_fetch_add(&w->later_at, 1);
    return at < w->later_n ? w->later[at] : NULL;
}

/* Those that are not hashed in a lane are read on the way. */
static struct lane *next_lane(void *context, size_t active)
{
    struct crew *c = context;
    struct walk_job *j = c->job;
    for (struct item *item; (item = next_file(c, active));) {
        /* Of those that could not be listed nothing else is known. */
        if (j->is_first && item_more(item)->fault.code)
            continue;
        struct place *f = take_place(c);
        f->item = item;
        open_file(j, f);
        if (take_file(j, f)) {
            c->large += is_large(j, item);
            f->lane = (struct lane){.from = f->content};
            return &f->lane;
        }
        free_place(c, f);
    }
    return NULL;
}

static void lane_done(void *context, struct lane *lane)
{
    struct crew *c = context;
    struct place *f = (struct place *)lane;
    struct item *item = f->item;
    struct fault fault = f->content->fault;
    if (fault.code)
        item_fault(item, fault);
    item->size = lane->size;
    item->whole = item->hashed = fault.code == FAULT_NONE;
    memcpy(item->sha256, lane->digest, sizeof item->sha256);
    walk_tell(c->job->walk, item, item->size);
    c->large -= is_large(c->job, item);
    free_place(c, f);
}

void walk_files(struct job *job)
{
    struct walk_job *j = (struct walk_job *)job;
    struct crew crew = {.job = j};
    const struct lane_supply supply = {&crew, next_lane, lane_done};
    int error = lanes_hash(&supply, DIGEST_SHA256);
    if (!j->error)
        j->error = error;
    while (crew.busy)
        free_place(&crew, crew.busy);
    block_release(j->spare);
    j->spare = NULL;
    for (struct place *f = crew.free, *next; f; f = next) {
        next = f->next;
        free(f->octets);
        free(f);
    }
}
