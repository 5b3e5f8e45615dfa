#include "analyze/process/checkpoint.h"

#include <stdlib.h>

#include "formats/base/limits.h"
#include "formats/base/memory.h"

struct bytes process_comm(const struct process *p)
{
    const Criu__TaskCoreEntry *t = process_task(p);
    struct bytes comm = t && t->has_comm ? criu_bytes(t->comm) : BYTES_NONE;
    return bytes_sub(comm, 0, bytes_find_byte(comm, 0));
}

/* CRIU reads the vector in words of its own size: of a 32-bit task each of them holds a
 * whole pair. Types are small numbers, so that a large one tells it. */
bool process_auxv_pair(const struct process *p, size_t i, uint64_t pair[2])
{
    size_t n = p->mm ? p->mm->n_mm_saved_auxv : 0;
    const uint64_t *v = n ? p->mm->mm_saved_auxv : NULL;
    bool packed = n && v[0] > UINT32_MAX;
    if (i >= (packed ? n : n / 2))
        return false;
    pair[0] = packed ? v[i] & UINT32_MAX : v[2 * i];
    pair[1] = packed ? v[i] >> 32 : v[2 * i + 1];
    return pair[0] || pair[1];
}

bool process_auxv(const struct process *p, uint64_t type, uint64_t *out)
{
    uint64_t pair[2];
    for (size_t i = 0; process_auxv_pair(p, i, pair); i++)
        if (pair[0] == type) {
            *out = pair[1];
            return true;
        }
    return false;
}

struct process *checkpoint_process(const struct checkpoint *c, uint32_t pid)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->processes[i].pid == pid)
            return &c->processes[i];
    return NULL;
}

const struct vma *process_vma(const struct process *p, uint64_t address)
{
    for (size_t i = 0; i < p->vma_count; i++)
        if (address >= p->vmas[i].entry->start && address < p->vmas[i].entry->end)
            return &p->vmas[i];
    return NULL;
}

/* A message of an image when it is of the type that its name promises. */
static const void *first_of(struct image *image, enum criu_type type, struct span *span)
{
    if (!image || image->state != IMAGE_READ || image->data.frame.type->type != type)
        return NULL;
    if (span)
        *span = image_span(image, 0);
    return criu_message(&image->data, 0);
}

/* -- the tree -------------------------------------------------------------------------
 */

static void add_thread(struct checkpoint *c, struct process *p, uint32_t tid)
{
    struct thread *t = &p->threads[p->thread_count++];
    *t = (struct thread){.tid = tid, .span = p->span};
    t->core = first_of(dump_numbered(c->dump, "core", tid), CRIU_CORE, &t->span);
    if (tid == p->pid)
        p->leader = t;
}

/* A dead task lists one thread whose number CRIU never set (0 or whatever stood in its
 * memory); its core is under its pid all the same. */
static void add_threads(struct checkpoint *c, struct process *p,
                        const Criu__PstreeEntry *e)
{
    p->threads = arena_array(&c->arena, struct thread, e->n_threads + 1);
    add_thread(c, p, p->pid);
    if (!process_is_alive(p))
        return;
    for (size_t i = 0; i < e->n_threads; i++)
        if (e->threads[i] != p->pid && e->threads[i] != 0)
            add_thread(c, p, e->threads[i]);
}

static void add_process(struct checkpoint *c, const Criu__PstreeEntry *e,
                        struct span span)
{
    struct process *p = &c->processes[c->count];
    *p = (struct process){.pid = e->pid,
                          .ppid = e->ppid,
                          .pgid = e->pgid,
                          .sid = e->sid,
                          .span = span,
                          .page_size = c->page_size};
    p->duplicate = checkpoint_process(c, e->pid) != NULL;
    c->count++;
    add_threads(c, p, e);
}

/* True when the tree was read to its end, so that there are no other processes. */
static bool load_tree(struct checkpoint *c)
{
    struct image *image = dump_image(c->dump, "pstree.img");
    if (!image || image->state != IMAGE_READ ||
        image->data.frame.type->type != CRIU_PSTREE)
        return false;
    size_t n = image->data.count;
    if (n > LIMIT_CRIU_PROCESSES) {
        faults_add(&image->faults,
                   (struct fault){FAULT_LIMIT, 0, LIMIT_CRIU_PROCESSES, n});
        n = LIMIT_CRIU_PROCESSES;
    }
    for (size_t i = 0; i < n; i++) {
        const void *e = criu_message(&image->data, i);
        if (e)
            add_process(c, e, image_span(image, i));
    }
    return image_is_whole(image);
}

static bool is_thread(const struct checkpoint *c, uint64_t tid)
{
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->processes[i].thread_count; k++)
            if (c->processes[i].threads[k].tid == tid)
                return true;
    return false;
}

/* What the tree lost the cores still name; only who started whom is not known. */
static void load_cores(struct checkpoint *c)
{
    for (size_t i = 0; i < c->dump->count && c->count < LIMIT_CRIU_PROCESSES; i++) {
        uint64_t pid;
        if (!image_number(c->dump->images[i].name, "core-", &pid) || pid > UINT32_MAX ||
            is_thread(c, pid))
            continue;
        struct image *image = dump_numbered(c->dump, "core", pid);
        const Criu__CoreEntry *core = first_of(image, CRIU_CORE, NULL);
        Criu__PstreeEntry e = CRIU__PSTREE_ENTRY__INIT;
        e.pid = (uint32_t)pid;
        if (core && core->tc)
            add_process(c, &e, image_span(image, 0));
    }
}

/* Of the tree's records and of the cores, each at most one process. */
static void load_processes(struct checkpoint *c)
{
    const struct image *tree = dump_image(c->dump, "pstree.img");
    size_t n = tree ? tree->data.count : 0;
    for (size_t i = 0; i < c->dump->count; i++)
        n += bytes_starts(c->dump->images[i].name, BYTES("core-"));
    c->processes = arena_array(&c->arena, struct process, n);
    if (!load_tree(c))
        load_cores(c);
}

/* Parents by pid. A chain longer than there are processes is a loop: it is cut. */
static void link_parents(struct checkpoint *c)
{
    for (size_t i = 0; i < c->count; i++) {
        struct process *p = &c->processes[i];
        struct process *parent = p->ppid ? checkpoint_process(c, p->ppid) : NULL;
        p->parent = parent == p ? NULL : parent;
    }
    for (size_t i = 0; i < c->count; i++) {
        struct process *p = &c->processes[i];
        size_t depth = 0;
        /* A parent stands before its children in all but hostile images. */
        if (p->parent && p->parent < p) {
            p->depth = p->parent->depth + 1;
            continue;
        }
        for (struct process *up = p->parent; up && depth <= c->count; up = up->parent)
            depth++;
        if (depth > c->count)
            p->parent = NULL, depth = 0;
        p->depth = (unsigned)depth;
    }
}

/* -- each process ---------------------------------------------------------------------
 */

static const Criu__CredsEntry *creds_of(struct checkpoint *c, const struct process *p)
{
    const Criu__CoreEntry *core = p->leader ? p->leader->core : NULL;
    if (core && core->thread_core && core->thread_core->creds)
        return core->thread_core->creds;
    return first_of(dump_numbered(c->dump, "creds", p->pid), CRIU_CREDS, NULL);
}

static const Criu__TaskKobjIdsEntry *ids_of(struct checkpoint *c, const struct process *p)
{
    const void *ids = first_of(dump_numbered(c->dump, "ids", p->pid), CRIU_IDS, NULL);
    if (ids)
        return ids;
    return p->leader && p->leader->core ? p->leader->core->ids : NULL;
}

static void load_process(struct checkpoint *c, struct process *p)
{
    p->ids = ids_of(c, p);
    p->creds = creds_of(c, p);
    p->mm = first_of(dump_numbered(c->dump, "mm", p->pid), CRIU_MM, &p->mm_span);
    p->fs = first_of(dump_numbered(c->dump, "fs", p->pid), CRIU_FS, &p->fs_span);
    if (p->mm)
        p->exe = checkpoint_file(c, p->mm->exe_file_id);
    if (p->fs) {
        p->cwd = checkpoint_file(c, p->fs->cwd_id);
        p->root = checkpoint_file(c, p->fs->root_id);
    }
    checkpoint_memory(c, p);
    checkpoint_descriptors(c, p);
}

/* The page size stands nowhere but in the auxiliary vectors; one machine has one. */
static uint64_t page_size_of(struct dump *d)
{
    for (size_t i = 0; i < d->count; i++) {
        struct bytes name = d->images[i].name;
        if (!bytes_starts(name, BYTES("mm-")))
            continue;
        struct image *image = dump_image(d, (const char *)name.p);
        struct process p = {.mm = first_of(image, CRIU_MM, NULL)};
        uint64_t page;
        if (process_auxv(&p, 6 /* AT_PAGESZ */, &page) && page >= 4096 &&
            page <= 1 << 16 && (page & (page - 1)) == 0)
            return page;
    }
    return 4096;
}

/* Runtimes move the statistics out of the images' folder. */
static void load_stats(struct checkpoint *c)
{
    struct image *image = dump_image(c->dump, "stats-dump");
    const Criu__StatsEntry *stats = first_of(image, CRIU_STATS, &c->stats_span);
    if (stats) {
        c->stats = stats->dump;
        return;
    }
    const struct item *item = dump_beside(c->dump, "stats-dump");
    if (!item)
        item = dump_in_work(c->dump, "stats-dump");
    if (!item || !item->kept)
        return;
    struct image *beside = arena_new(&c->dump->arena, struct image);
    beside->item = item;
    beside->name = BYTES("stats-dump");
    if (criu_image_read(&beside->data, item_more(item)->content, &beside->faults)) {
        beside->state = IMAGE_READ;
        stats = first_of(beside, CRIU_STATS, &c->stats_span);
        c->stats = stats ? stats->dump : NULL;
    }
    c->dump->stats = beside;
}

void checkpoint_load(struct dump *dump, struct checkpoint *out)
{
    *out = (struct checkpoint){.dump = dump};
    out->inventory = first_of(dump_image(dump, "inventory.img"), CRIU_INVENTORY, NULL);
    out->page_size = page_size_of(dump);
    load_stats(out);
    checkpoint_files(out);
    checkpoint_objects(out);
    load_processes(out);
    link_parents(out);
    for (size_t i = 0; i < out->count; i++)
        load_process(out, &out->processes[i]);
    checkpoint_holders(out);
}

static void release_layer(struct layer *layer)
{
    for (; layer; layer = layer->parent)
        criu_pagemap_release(&layer->map);
}

void checkpoint_release(struct checkpoint *c)
{
    for (size_t i = 0; i < c->count; i++)
        release_layer(c->processes[i].layer);
    for (size_t i = 0; i < c->object_count; i++)
        release_layer(c->objects[i].layer);
    free(c->files);
    free(c->objects);
    arena_release(&c->arena);
    *c = (struct checkpoint){0};
}
