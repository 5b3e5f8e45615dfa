/* Digests besides the walk's SHA-256: from memory, or by reading again. */
#include <stdlib.h>

#include "formats/base/memory.h"
#include "formats/base/workers.h"
#include "verify/check.h"
#include "verify/lanes.h"
#include "verify/package_private.h"
#include "verify/visit.h"

bool item_digest_known(const struct item *item, enum digest_algorithm algorithm,
                       struct digest *out)
{
    const struct digest *d =
        item_more(item)->digests
            ? digest_state_result(item_more(item)->digests, algorithm)
            : NULL;
    if (algorithm == DIGEST_SHA256 && item->hashed) {
        *out = (struct digest){.algorithm = DIGEST_SHA256};
        memcpy(out->octets, item->sha256, sizeof item->sha256);
        return true;
    }
    if (d)
        *out = *d;
    return d;
}

static bool is_whole(const struct source *s)
{
    return s->fault.code == FAULT_NONE || s->fault.code == FAULT_TRAILING;
}

/* A manifest can list one file a million times, by several algorithms: what was computed
 * once stays. */
static void keep_digest(struct item *item, const struct digest *d)
{
    struct item_more *more = item_more_make(item);
    if (!digest_state_result(more->digests, d->algorithm))
        more->digests = digest_state_with(more->digests, d);
}

static void keep_digests(struct item *item, const struct digest_state *state)
{
    for (unsigned a = 0; a < DIGEST_COUNT; a++) {
        const struct digest *d = digest_state_result(state, (enum digest_algorithm)a);
        if (d)
            keep_digest(item, d);
    }
}

/* *out: the digests, or NULL when not all of it was read. */
static int digest_source(struct source *s, digest_set set, struct digest_state **out)
{
    struct digest_state *state = digest_state_new(set);
    struct bytes block;
    int more;
    while ((more = source_next(s, &block)) > 0)
        digest_state_update(state, block);
    digest_state_final(state);
    bool whole = more == 0 && is_whole(s);
    if (!whole)
        digest_state_free(state);
    *out = whole ? state : NULL;
    return more;
}

static int digest_wished(struct source *s, const struct digest_wish *wish)
{
    struct digest_state *state;
    int more = digest_source(s, wish->set, &state);
    if (state)
        keep_digests(wish->item, state);
    digest_state_free(state);
    return more < 0 ? more : 0;
}

static bool read_digest(const struct package *p, const struct item *item,
                        enum digest_algorithm algorithm, struct digest *out)
{
    struct source *s = item_source_open(p, item);
    if (!s)
        return false;
    struct digest_state *state;
    digest_source(s, DIGEST_BIT(algorithm), &state);
    item_source_close(s);
    if (!state)
        return false;
    *out = *digest_state_result(state, algorithm);
    digest_state_free(state);
    return true;
}

bool item_digest(const struct package *p, const struct item *item,
                 enum digest_algorithm algorithm, struct digest *out)
{
    /* Only what is remembered of it changes. */
    struct item *content = (struct item *)(uintptr_t)package_linked(item);
    if (item_digest_known(content, algorithm, out))
        return true;
    if (content->kept)
        *out = digest_bytes(algorithm, item_more(content)->content);
    else if (!read_digest(p, content, algorithm, out))
        return false;
    keep_digest(content, out);
    return true;
}

/* What of it is not there yet. */
static digest_set lacking(const struct digest_wish *wish)
{
    digest_set set = 0;
    for (unsigned a = 0; a < DIGEST_COUNT; a++) {
        struct digest d;
        if (wish->set & DIGEST_BIT(a) && !wish->item->kept &&
            !item_digest_known(wish->item, (enum digest_algorithm)a, &d))
            set |= DIGEST_BIT(a);
    }
    return set;
}

/* -- files of a directory: beside each other, on all threads ------------------------- */

/* So many go to a worker together. */
#define BATCH_FILES 64

struct digest_job {
    struct job job;
    const struct package *package;
    const struct digest_wish *wishes;
    size_t n;
    int *error; /* of all jobs */
    int own_error;
};

/* Wishes on their way through lanes; lanes[i] is of the job's wish i. */
struct wish_lanes {
    const struct digest_job *job;
    enum digest_algorithm algorithm; /* all of them wish this one */
    struct lane *lanes;
    size_t next;
};

static struct lane *next_wish(void *context, size_t active)
{
    struct wish_lanes *w = context;
    (void)active;
    while (w->next < w->job->n) {
        struct lane *l = &w->lanes[w->next];
        l->from = item_source_open(w->job->package, w->job->wishes[w->next++].item);
        if (l->from)
            return l;
    }
    return NULL;
}

static void close_wish(struct lane *l)
{
    item_source_close(l->from);
    l->from = NULL;
}

static void wish_done(void *context, struct lane *l)
{
    const struct wish_lanes *w = context;
    struct digest d = {.algorithm = w->algorithm};
    memcpy(d.octets, l->digest, digest_size(w->algorithm));
    if (is_whole(l->from))
        keep_digest(w->job->wishes[l - w->lanes].item, &d);
    close_wish(l);
}

static int digest_in_lanes(const struct digest_job *j, enum digest_algorithm algorithm)
{
    struct wish_lanes w = {j, algorithm, memory_new(j->n, sizeof *w.lanes), 0};
    const struct lane_supply supply = {&w, next_wish, wish_done};
    int error = lanes_hash(&supply, algorithm);
    for (size_t i = 0; i < j->n; i++)
        close_wish(&w.lanes[i]);
    free(w.lanes);
    return error;
}

static int digest_each(const struct digest_job *j)
{
    int error = 0;
    for (size_t i = 0; i < j->n && error == 0; i++) {
        struct source *s = item_source_open(j->package, j->wishes[i].item);
        if (s)
            error = digest_wished(s, &j->wishes[i]);
        item_source_close(s);
    }
    return error;
}

static void run_digests(struct job *job)
{
    struct digest_job *j = (struct digest_job *)job;
    digest_set set = j->wishes->set;
    enum digest_algorithm first = (enum digest_algorithm)__builtin_ctz(set);
    bool only = set == DIGEST_BIT(first) && lanes_know(first);
    j->own_error = only ? digest_in_lanes(j, first) : digest_each(j);
}

static void finish_digests(struct job *job)
{
    struct digest_job *j = (struct digest_job *)job;
    if (j->own_error < 0 && *j->error == 0)
        *j->error = j->own_error;
    free(j);
}

/* The same algorithms together, files of like size beside each other. */
static int by_set_and_size(const void *pa, const void *pb)
{
    const struct digest_wish *a = pa, *b = pb;
    if (a->set != b->set)
        return a->set < b->set ? -1 : 1;
    if (a->item->size != b->item->size)
        return a->item->size > b->item->size ? -1 : 1;
    return a->item->id < b->item->id ? -1 : a->item->id > b->item->id;
}

static int digest_files(struct package *p, struct digest_wish *wishes, size_t n)
{
    struct workers *workers = workers_new(p->threads, 0);
    size_t share = n / p->threads + 1, most = share < BATCH_FILES ? share : BATCH_FILES;
    int error = 0;
    if (n)
        qsort(wishes, n, sizeof *wishes, by_set_and_size);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && end - i < most && wishes[end].set == wishes[i].set;)
            end++;
        struct digest_job *j = memory_new(1, sizeof *j);
        *j = (struct digest_job){
            {run_digests, finish_digests}, p, wishes + i, end - i, &error, 0};
        workers_submit(workers, &j->job);
    }
    workers_free(workers);
    return error;
}

/* -- members of archives: as they come ----------------------------------------------- */

static int digest_one(void *context, size_t which, struct source *content)
{
    const struct digest_wish *wish = (const struct digest_wish *)context + which;
    return digest_wished(content, wish);
}

static int digest_members(struct package *p, struct digest_wish *wishes, size_t n)
{
    const struct item **items = memory_new(n + 1, sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[i] = wishes[i].item;
    int status = items_visit(p, items, n, digest_one, wishes);
    free(items);
    return status;
}

/* -- all ------------------------------------------------------------------------------
 */

static bool is_file(const struct item *item)
{
    return !item->parent || item->parent->container == CONTAINER_DIRECTORY;
}

/* Files first. */
static int by_place(const void *pa, const void *pb)
{
    const struct digest_wish *a = pa, *b = pb;
    bool fa = is_file(a->item), fb = is_file(b->item);
    if (fa != fb)
        return fa ? -1 : 1;
    return a->item->id < b->item->id ? -1 : a->item->id > b->item->id;
}

/* Several manifests wish something of the same item. */
static size_t merge(struct digest_wish *v, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept && v[kept - 1].item == v[i].item)
            v[kept - 1].set |= v[i].set;
        else
            v[kept++] = v[i];
    }
    return kept;
}

int items_digest(struct package *p, const struct digest_wish *wishes, size_t n)
{
    struct digest_wish *lacks = memory_new(n + 1, sizeof *lacks);
    size_t used = 0, files = 0;
    for (size_t i = 0; i < n; i++) {
        struct digest_wish wish = wishes[i];
        wish.set = lacking(&wish);
        if (wish.set)
            lacks[used++] = wish;
    }
    if (used)
        qsort(lacks, used, sizeof *lacks, by_place);
    used = merge(lacks, used);
    while (files < used && is_file(lacks[files].item))
        files++;
    int status = digest_files(p, lacks, files);
    if (status == 0)
        status = digest_members(p, lacks + files, used - files);
    free(lacks);
    return status;
}
