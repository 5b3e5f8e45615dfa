/* The files of a package, read by workers. */
#include "verify/walk.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"
#include "formats/base/sha256_many.h"
#include "verify/blob_index.h"
#include "verify/identify_export.h"
#include "verify/identify_folder.h"
#include "verify/split.h"
#include "verify/storage.h"
#include "verify/walk_private.h"

/* Nothing is added any more once jobs take from the list. */
static void add_later(struct walk *w, struct item *const *files, size_t n)
{
    if (n == 0)
        return;
    w->later =
        memory_grow(w->later, &w->later_capacity, w->later_n + n, sizeof *w->later);
    for (size_t i = 0; i < n; i++)
        w->later[w->later_n++] = files[i];
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
    add_later(w, j->files, j->waiting);
    free(j);
}

static struct walk_job *new_job(struct walk *w, size_t lanes)
{
    struct walk_job *j = memory_new(1, sizeof *j);
    j->job = (struct job){walk_files, finish_job};
    j->walk = w;
    j->lanes = lanes;
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

static size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

/* A job for each thread, and all take from one list, the largest first, so that all end
 * at the same time: the sixteen largest files of a package can be half of it. */
static void submit_later(struct workers *workers, struct walk *w)
{
    const size_t threads = w->options->threads;
    size_t lanes = at_most((w->later_n + threads - 1) / threads, SHA256_MAX_LANES);
    uint64_t bytes = 0;
    for (size_t i = 0; i < w->later_n; i++)
        bytes += w->later[i]->entry.size;
    /* Twice a lane's share: at the end nothing would be left to go beside it. */
    w->large = bytes / (threads * SHA256_MAX_LANES) * 2;
    if (w->later_n)
        qsort(w->later, w->later_n, sizeof *w->later, by_size);
    for (size_t i = 0; i < at_most(threads, w->later_n); i++)
        workers_submit(workers, &new_job(w, lanes)->job);
}

/* All files as they are listed, so many at a time that every thread has some. */
static void submit_all(struct workers *workers, struct walk *w, struct item *first)
{
    size_t share = item_more(&w->package->root)->children / (4 * w->options->threads) + 1;
    struct walk_job *j = NULL;
    for (struct item *m = first; m; m = m->next) {
        if (m->entry.type != ENTRY_FILE)
            continue;
        if (!j)
            j = new_job(w, SHA256_MAX_LANES);
        j->is_first = true;
        j->files[j->count++] = m;
        if (j->count < at_most(share, BATCH_FILES))
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
        const struct stored *s = list.v[i];
        struct item *m = arena_new(&p->arena, struct item);
        m->parent = &p->root;
        m->name = s->path;
        m->entry = *s->entry;
        if (s->error)
            item_fault(m, (struct fault){FAULT_READ, 0, 0, (uint64_t)s->error});
        if (last)
            last->next = m;
        else
            item_more_make(&p->root)->child = m;
        last = m;
        p->root.more->children++;
        m->split = m->entry.type == ENTRY_FILE && split_is_archive(p->fd, m->name);
        m->volume = m->entry.type == ENTRY_FILE && split_is_zip_last(p->fd, m->name);
    }
    stored_list_release(&list);
}

static void walk_directory(struct workers *workers, struct walk *w)
{
    struct item *root = &w->package->root;
    list_directory(w);
    identify_folders(root, w->options->overrides);
    submit_all(workers, w, item_more(root)->child);
    workers_wait(workers);
    submit_later(workers, w);
    workers_wait(workers);
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
    if (p->is_directory) {
        walk_directory(workers, &w);
    } else {
        add_later(&w, &root, 1);
        submit_later(workers, &w);
    }
    workers_free(workers);
    if (w.has_parts && !w.error) {
        hashing_wait(w.hashing);
        struct walk_job *j = new_job(&w, 1);
        j->error = walk_joins(j);
        finish_job(&j->job);
    }
    free(w.later);
    hashing_free(w.hashing);
    pthread_mutex_destroy(&w.telling);
    check_recalled(p, options->memory);
    package_number(p);
    identify_exports(p);
    package_link(p);
    package_index(p);
    return w.error;
}
