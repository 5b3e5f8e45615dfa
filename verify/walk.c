/* The files of a package, read by workers. */
#include "verify/walk.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/zip_check.h"
#include "verify/blob_index.h"
#include "verify/identify.h"
#include "verify/identify_folder.h"
#include "verify/lanes.h"
#include "verify/split.h"
#include "verify/storage.h"
#include "verify/walk_private.h"

/* From here on a file is small, or keeps a worker busy with one other. */
#define SMALL_FILE (64 * KIB)
#define LARGE_FILE (256 * MIB)

/* A file that is open while others of its job are hashed beside it. */
struct open_file {
    struct item *item;
    struct source *source;
    struct head head;
    struct head_source whole;
};

/* Nothing is wanted of it but its SHA-256. */
static bool is_plain(const struct walk *w, const struct item *item)
{
    return item->container == CONTAINER_NONE && !item->split &&
           walk_care(w, item) == CARE_HASH;
}

static void open_file(struct walk_job *j, struct item *item, struct open_file *f)
{
    *f = (struct open_file){.item = item};
    f->source = package_file_open(j->walk->package, item);
    f->source->pool = hashing_pool(j->walk->hashing);
    if (!j->is_first)
        return;
    storage_entry(f->source, &j->memory->arena, &item->entry);
    if (j->walk->options->xattrs)
        storage_xattrs(f->source, &j->memory->arena, &item->entry);
    atomic_fetch_add(&j->walk->total, item->entry.size);
}

/* A look at its end, and back. */
static bool hides_zip(struct open_file *f)
{
    if (f->item->in_root || f->item->volume || !f->source->seek ||
        !identify_may_hide_zip(f->head.bytes, f->item->name))
        return false;
    bool hides = zip_stands_at_end(f->source);
    f->source->seek(f->source, f->head.bytes.n);
    return hides;
}

static int begin_file(struct walk_job *j, struct open_file *f)
{
    int error = walk_read_head(f->source, &f->head);
    if (f->source->fault.code) /* what cannot be read is not empty */
        item_fault(f->item, f->source->fault);
    f->whole = head_source_of(f->head.bytes, f->head.held, f->source);
    f->item->prefixed = hides_zip(f);
    walk_identify(j->walk, f->item, f->head.bytes, 0);
    return error;
}

static void close_file(struct open_file *f)
{
    walk_release_head(&f->head);
    storage_close(f->source);
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

static int walk_file(struct walk_job *j, struct open_file *f)
{
    if (is_left(j->walk, f->item)) {
        f->item->size = f->item->entry.size;
        return 0;
    }
    if (is_deferred(j->walk, f->item) && f->item->container == CONTAINER_NONE)
        return 0;
    if (f->item->split && f->item->parent)
        return walk_split(j, f->item, &f->whole.source);
    return walk_identified(j, f->item, &f->whole.source);
}

/* Hashes the plain files of a job beside each other, and closes them. */
static int hash_files(struct walk *w, struct open_file *files, size_t n)
{
    struct lane *lanes = memory_new(n, sizeof *lanes);
    for (size_t i = 0; i < n; i++)
        lanes[i].from = &files[i].whole.source;
    int error = lanes_hash(lanes, n, DIGEST_SHA256);
    for (size_t i = 0; i < n; i++) {
        struct item *item = files[i].item;
        struct fault fault = files[i].whole.source.fault;
        if (fault.code)
            item_fault(item, fault);
        item->size = lanes[i].size;
        item->whole = item->hashed = error == 0 && fault.code == FAULT_NONE;
        memcpy(item->sha256, lanes[i].digest, sizeof item->sha256);
        walk_tell(w, item, item->size);
        close_file(&files[i]);
    }
    free(lanes);
    return error;
}

/* Small files are read where they are first opened. Large ones are dealt out when all
 * sizes are known; and so is what has others in it, because the bytes of the whole
 * package bound what may come out. */
static bool waits(const struct walk_job *j, const struct open_file *f)
{
    return j->is_first && (f->item->split || f->item->entry.size >= SMALL_FILE ||
                           f->item->container != CONTAINER_NONE);
}

/* True when it stays open, to be hashed beside others. */
static bool take_file(struct walk_job *j, struct open_file *f)
{
    bool later = waits(j, f);
    if (!later)
        j->error = begin_file(j, f);
    later = later || waits(j, f);
    if (later)
        j->files[j->waiting++] = f->item;
    else if (!j->error && is_plain(j->walk, f->item))
        return true;
    else if (!j->error)
        j->error = walk_file(j, f);
    close_file(f);
    return false;
}

static void run_job(struct job *job)
{
    struct walk_job *j = (struct walk_job *)job;
    struct open_file *plain = memory_new(j->count, sizeof *plain);
    size_t n = 0;
    for (size_t i = 0; i < j->count && !j->error; i++) {
        /* Of those that could not be listed nothing else is known. */
        if (j->is_first && item_more(j->files[i])->fault.code)
            continue;
        open_file(j, j->files[i], &plain[n]);
        n += take_file(j, &plain[n]);
    }
    int error = hash_files(j->walk, plain, n);
    if (!j->error)
        j->error = error;
    free(plain);
}

static void finish_job(struct job *job)
{
    struct walk_job *j = (struct walk_job *)job;
    struct walk *w = j->walk;
    struct package *p = w->package;
    j->memory->next = p->arenas;
    p->arenas = j->memory;
    if (j->error && !w->error)
        w->error = j->error;
    w->later = memory_grow(w->later, &w->later_capacity, w->later_n + j->waiting,
                           sizeof *w->later);
    for (size_t i = 0; i < j->waiting; i++)
        w->later[w->later_n++] = j->files[i];
    free(j);
}

static struct walk_job *new_job(struct walk *w)
{
    struct walk_job *j = memory_new(1, sizeof *j);
    j->job = (struct job){run_job, finish_job};
    j->walk = w;
    j->memory = memory_new(1, sizeof *j->memory);
    return j;
}

static int by_size(const void *pa, const void *pb)
{
    const struct item *a = *(struct item *const *)pa, *b = *(struct item *const *)pb;
    if (a->entry.size != b->entry.size)
        return a->entry.size > b->entry.size ? -1 : 1;
    return bytes_compare(a->name, b->name);
}

/* How many files of this size one job takes, so that every thread has some. Twice the
 * lanes: where one file ends another takes its lane. Of large ones two, which the SHA
 * instructions take beside each other in little more time than one. */
static size_t batch_of(const struct walk *w, const struct item *item, size_t files)
{
    if (item->entry.size < SMALL_FILE)
        return BATCH_FILES;
    size_t share = files / w->options->threads;
    size_t most = item->entry.size < LARGE_FILE ? 2 * SHA256_MAX_LANES : 2;
    return share < 1 ? 1 : share < most ? share : most;
}

/* Deals the files out to a job for each thread, so that each has as many bytes: the
 * sixteen largest of a package can be half of it. */
static void submit_dealt(struct workers *workers, struct walk *w, struct item **v,
                         size_t n)
{
    size_t jobs = n < w->options->threads ? n : w->options->threads;
    for (size_t first = 0; first < jobs; first++) {
        struct walk_job *j = new_job(w);
        for (size_t i = first; i < n; i += jobs)
            j->files[j->count++] = v[i];
        workers_submit(workers, &j->job);
    }
}

/* Files of like size go together, the largest first. */
static void submit_files(struct workers *workers, struct walk *w, struct item **v,
                         size_t n)
{
    if (n)
        qsort(v, n, sizeof *v, by_size);
    for (size_t i = 0, taken; i < n; i += taken) {
        taken = batch_of(w, v[i], n) * w->options->threads;
        taken = taken < n - i ? taken : n - i;
        submit_dealt(workers, w, v + i, taken);
    }
}

/* All files as they are listed, so many at a time. */
static void submit_all(struct workers *workers, struct walk *w, struct item *first)
{
    struct walk_job *j = NULL;
    for (struct item *m = first; m; m = m->next) {
        if (m->entry.type != ENTRY_FILE)
            continue;
        if (!j)
            j = new_job(w);
        j->is_first = true;
        j->files[j->count++] = m;
        if (j->count < BATCH_FILES)
            continue;
        workers_submit(workers, &j->job);
        j = NULL;
    }
    if (j)
        workers_submit(workers, &j->job);
}

/* Makes an item of everything in the directory. */
static void list_directory(struct walk *w)
{
    struct package *p = w->package;
    struct stored_list list = {0};
    struct item *last = NULL;
    storage_list(p->fd, &p->arena, &list);
    for (size_t i = 0; i < list.n; i++) {
        struct item *m = arena_new(&p->arena, struct item);
        m->parent = &p->root;
        m->name = list.v[i].path;
        m->entry = list.v[i].entry;
        if (list.v[i].error)
            item_fault(m, (struct fault){FAULT_READ, 0, 0, (uint64_t)list.v[i].error});
        if (last)
            last->next = m;
        else
            item_more_make(&p->root)->child = m;
        last = m;
        p->root.more->children++;
        m->split = m->entry.type == ENTRY_FILE && split_is_archive(p->fd, m->name);
        m->volume = m->entry.type == ENTRY_FILE && split_is_zip_last(p->fd, m->name);
    }
    free(list.v);
}

static void walk_directory(struct workers *workers, struct walk *w)
{
    struct item *root = &w->package->root;
    list_directory(w);
    identify_folders(root, w->options->overrides);
    submit_all(workers, w, item_more(root)->child);
    workers_wait(workers);
    submit_files(workers, w, w->later, w->later_n);
    workers_wait(workers);
    free(w->later);
}

/* Were the blobs what the records are about? */
static void check_recalled(const struct package *p, struct blob_memory *m)
{
    const struct item *root = package_root(p);
    for (const struct item *i = m ? root : NULL; i; i = item_next(i, root)) {
        if (i->recalled && !blob_is_named_right(i))
            atomic_store(&m->stale, true);
    }
}

int walk_package(struct package *p, const struct walk_options *options)
{
    struct walk w = {.package = p,
                     .options = options,
                     .total = p->is_directory ? 0 : p->root.entry.size};
    struct item *root = &p->root;
    p->threads = options->threads;
    p->direct = options->direct;
    pthread_mutex_init(&w.telling, NULL);
    struct workers *workers = workers_new(options->threads, 0);
    w.hashing = hashing_new(options->threads);
    if (p->is_directory)
        walk_directory(workers, &w);
    else
        submit_files(workers, &w, &root, 1);
    workers_free(workers);
    if (w.has_parts && !w.error) {
        hashing_wait(w.hashing);
        struct walk_job *j = new_job(&w);
        j->error = walk_joins(j);
        finish_job(&j->job);
    }
    hashing_free(w.hashing);
    pthread_mutex_destroy(&w.telling);
    check_recalled(p, options->memory);
    package_number(p);
    package_link(p);
    package_index(p);
    return w.error;
}
